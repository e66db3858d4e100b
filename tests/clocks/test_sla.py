"""What can happen to a clock, one rule at a time; tests/clocks/test_sla_minute_by_minute.py holds the arithmetic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.calendars.business_time import Calendar
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.clocks import transitions
from app.domain.clocks.due_moment import due_moment
from app.domain.clocks.firing import due_firings
from app.domain.clocks.state import ClockState
from app.domain.clocks.steps import Terms, compile_steps, steps_of
from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import Clock, Condition, Due, Step

HOUR = timedelta(hours=1)
OFFICE = Timeline.of(
    Calendar.compiled(CalendarFile.model_validate({"zone": "Europe/Berlin", "weekly": {"mon-fri": ["09:00-17:00"]}}))
)
MONDAY = datetime(2026, 6, 8, 7, tzinfo=UTC)
"""09:00 in Berlin."""
LIFE = ["start", "pause", "resume", "stop", "cancel", "reset", "reopen", "retarget", "handover", "next_cycle"]


def terms(*steps: Any, timeline: Timeline = OFFICE) -> Terms:
    return Terms(timeline, compile_steps([Step.model_validate(step) for step in steps]))


def started(on: Terms, target: timedelta = 8 * HOUR) -> ClockState:
    return transitions.start(ClockState(name="decision"), MONDAY, on, target=target)


def test_a_stop_at_exactly_due_is_met_and_one_microsecond_later_is_late() -> None:
    due = MONDAY + 8 * HOUR
    assert transitions.stop(started(terms()), due, terms()).status == "met"
    late = transitions.stop(started(terms()), due + timedelta(microseconds=1), terms())
    assert (late.status, late.breached_at) == ("met_late", due)


def test_a_stop_at_exactly_due_is_met_though_the_scheduler_was_there_first() -> None:
    due = MONDAY + 8 * HOUR
    firings, breached = due_firings(started(terms()), terms(), due)
    assert [firing.breach for firing in firings] == [True]
    assert breached.breached_at == due
    stopped = transitions.stop(breached, due, terms())
    assert (stopped.status, stopped.breached_at) == ("met", None)


def test_after_downtime_every_owed_step_fires_once_in_the_order_of_its_moment() -> None:
    on = terms({"at": "+2h", "every": "2h", "max": 3}, {"at": "50%"}, {"at": "100%"})
    now = MONDAY + timedelta(days=7)
    firings, after = due_firings(started(on), on, now)
    assert [(firing.step.at, firing.n) for firing in firings] == [
        ("50%", 1),
        ("100%", 1),
        ("+2h", 1),
        ("+2h", 2),
        ("+2h", 3),
    ]
    assert firings[2].moment == MONDAY + timedelta(days=1) + 2 * HOUR
    assert (after.breached_at, after.detected_at) == (MONDAY + 8 * HOUR, now)
    assert after.late_by == timedelta(days=7) - 8 * HOUR
    assert due_firings(after, on, now) == ([], after)
    assert after.next_fire_at is None


def test_an_undeclared_breach_step_is_there_without_being_declared() -> None:
    steps = steps_of(Clock(start=Condition(), target="8h", steps=[Step(at="50%")]))
    assert [(step.number, step.at, step.breach, step.does is None) for step in steps] == [
        (0, "50%", False, False),
        (1, "100%", True, True),
    ]


def test_a_percentage_is_rounded_up_to_the_next_microsecond() -> None:
    (step,) = compile_steps([Step(at="33%")], implicit=False)
    assert step.first(timedelta(microseconds=10)) == timedelta(microseconds=4)


def test_no_step_fires_while_paused_and_none_is_lost() -> None:
    on = terms({"at": "50%"})
    paused = transitions.pause(started(on), MONDAY + 5 * HOUR, on, reason="waiting")
    assert (paused.next_fire_at, paused.due_at, paused.pause_reason) == (None, None, "waiting")
    assert due_firings(paused, on, MONDAY + timedelta(days=9)) == ([], paused)
    resumed = transitions.resume(paused, MONDAY + 6 * HOUR, on)
    firings, _ = due_firings(resumed, on, MONDAY + 6 * HOUR)
    assert [firing.moment for firing in firings] == [MONDAY + 4 * HOUR]
    assert resumed.due_at == MONDAY + timedelta(days=1) + HOUR


def test_a_pause_of_at_most_so_long_ends_by_itself() -> None:
    paused = transitions.pause(started(terms()), MONDAY + HOUR, terms(), longest=2 * HOUR)
    assert paused.next_fire_at == MONDAY + 3 * HOUR
    _, running = due_firings(paused, terms(), MONDAY + 4 * HOUR)
    assert (running.status, running.due_at) == ("running", MONDAY + timedelta(days=1) + 2 * HOUR)


def test_a_deadline_outside_of_working_hours_is_due_at_its_moment() -> None:
    deadline, on = MONDAY + 11 * HOUR, terms({"at": "100%"}, {"at": "-1h"})
    clock = transitions.start(ClockState(name="x"), MONDAY, on, due=deadline)
    firings, _ = due_firings(clock, on, deadline)
    assert [(firing.step.at, firing.moment) for firing in firings] == [("-1h", MONDAY + 7 * HOUR), ("100%", deadline)]
    assert transitions.stop(clock, deadline, on).status == "met"


def test_a_deadline_of_the_year_9999_is_one() -> None:
    clock = transitions.start(ClockState(name="x"), MONDAY, terms(), due=datetime(9999, 12, 31, tzinfo=UTC))
    assert clock.due_at == datetime(9999, 12, 31, tzinfo=UTC)


def test_a_clock_without_a_due_gets_one_later() -> None:
    clock = transitions.start(ClockState(name="x"), MONDAY, terms())
    assert (clock.status, clock.due_at, clock.next_fire_at) == ("running", None, None)
    later = transitions.retarget(clock, MONDAY + HOUR, terms(), due=MONDAY + 5 * HOUR)
    assert (later.due_at, later.next_fire_at) == (MONDAY + 5 * HOUR, MONDAY + 5 * HOUR)
    assert transitions.retarget(later, MONDAY + 2 * HOUR, terms(), due=MONDAY + 5 * HOUR) is later


def test_a_deadline_put_into_the_past_is_breached_by_the_change() -> None:
    clock = transitions.start(ClockState(name="x"), MONDAY, terms(), due=MONDAY + 5 * HOUR)
    changed = transitions.retarget(clock, MONDAY + 2 * HOUR, terms(), due=MONDAY + HOUR)
    assert (changed.breached_at, changed.breach_reason) == (MONDAY + 2 * HOUR, "retarget")
    firings, _ = due_firings(changed, terms(), MONDAY + 3 * HOUR)
    assert [firing.moment for firing in firings] == [MONDAY + 2 * HOUR]


def test_a_target_that_is_just_reached_by_its_change_is_not_exceeded() -> None:
    changed = transitions.retarget(started(terms()), MONDAY + 4 * HOUR, terms(), target=4 * HOUR)
    assert (changed.due_at, changed.breached_at) == (MONDAY + 4 * HOUR, None)
    assert transitions.stop(changed, MONDAY + 4 * HOUR, terms()).status == "met"


@pytest.mark.parametrize(("sequential", "begins"), [(False, 2 * HOUR), (True, 8 * HOUR)])
def test_a_periodic_clock_begins_again(sequential: bool, begins: timedelta) -> None:
    stopped = transitions.stop(started(terms()), MONDAY + 2 * HOUR, terms())
    following = transitions.next_cycle(stopped, MONDAY + 2 * HOUR, terms(), sequential=sequential)
    assert (following.cycle, following.started_at) == (2, MONDAY + begins)


def test_a_new_cycle_leaves_the_old_one_as_it_was() -> None:
    clock = started(terms())
    reset = transitions.reset(clock, MONDAY + HOUR, terms())
    assert (reset.cycle, reset.started_at) == (2, MONDAY + HOUR)
    assert transitions.ended(clock, MONDAY + HOUR, terms()).status == "cancelled"
    stopped = transitions.stop(clock, MONDAY + HOUR, terms())
    assert transitions.ended(stopped, MONDAY + 2 * HOUR, terms()) is stopped


@pytest.mark.parametrize("status", ["pending", "running", "paused", "met", "met_late", "cancelled"])
def test_every_operation_is_defined_in_every_state_and_keeps_its_json(status: str) -> None:
    on, late = terms({"at": "50%"}, {"at": "+1h", "every": "1h"}), MONDAY + timedelta(days=2)
    states = {
        "pending": transitions.pause(ClockState(name="decision"), MONDAY, on, reason="early"),
        "running": started(on),
        "paused": transitions.pause(started(on), late, on, longest=HOUR),
        "met": transitions.stop(started(on), MONDAY + HOUR, on),
        "met_late": transitions.stop(started(on), late, on),
        "cancelled": transitions.cancel(started(on), late, on),
    }
    state = states[status]
    assert state.status == status
    for operation in LIFE:
        for at in (MONDAY - HOUR, MONDAY, late, late + 2 * HOUR):
            given = {"handover": ("other", terms(timeline=ALWAYS))}.get(operation, ())
            more = {"target": HOUR} if operation in ("start", "retarget") else {}
            after: ClockState = getattr(transitions, operation)(state, at, on, *given, **more)
            assert ClockState.from_json(after.to_json()) == after


@pytest.mark.parametrize(
    ("due", "start", "expected"),
    [
        ({"business_days": 2, "at": "16:00", "cutoff": "15:00"}, "2026-06-08T14:59:00+02:00", "2026-06-10T16:00+02:00"),
        ({"business_days": 2, "at": "16:00", "cutoff": "15:00"}, "2026-06-08T15:00:00+02:00", "2026-06-11T16:00+02:00"),
        ({"business_days": 2}, "2026-06-06T12:00:00+02:00", "2026-06-10T17:00+02:00"),
        ({"business_days": 0}, "2026-06-08T18:00:00+02:00", "2026-06-09T17:00+02:00"),
        ({"calendar_days": 60}, "2026-02-15T10:30:00+01:00", "2026-04-16T10:30+02:00"),
        ({"calendar_days": 1}, "2026-03-28T02:30:00+01:00", "2026-03-29T03:00+02:00"),
        ({"calendar_days": 60, "at": "24:00"}, "2026-02-15T10:30:00+01:00", "2026-04-17T00:00+02:00"),
    ],
)
def test_days_are_counted_in_local_time(due: dict[str, Any], start: str, expected: str) -> None:
    found = due_moment(Due.model_validate(due), datetime.fromisoformat(start), OFFICE)
    assert found == datetime.fromisoformat(expected)


def test_no_business_day_after_closing_is_the_next_one_and_never_before_the_start() -> None:
    evening = MONDAY + timedelta(hours=10)
    assert due_moment(Due(business_days=0), evening, OFFICE) == MONDAY + timedelta(hours=32)
    assert due_moment(Due(business_days=0), MONDAY, OFFICE) == MONDAY + timedelta(hours=8)
    assert due_moment(Due(business_days=0, at="10:00"), evening, OFFICE) == MONDAY + timedelta(hours=25)
    assert due_moment(Due(business_days=1), evening, OFFICE) == MONDAY + timedelta(hours=32)
