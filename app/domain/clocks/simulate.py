"""What a clock would do: a pure fold over moments that answers due, breach, steps and every stretch of time (R17)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from app.domain.calendars.business_time import Segment
from app.domain.calendars.timeline import Timeline
from app.domain.clocks import transitions
from app.domain.clocks.course import elapsed, moment_of, reached_of
from app.domain.clocks.due_moment import due_by_field, due_moment
from app.domain.clocks.firing import due_firings
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.simulate_input import (
    MOST_FIRINGS,
    CalendarReader,
    SimulatedClock,
    SimulatedHappening,
    inline_calendar,
    read_calendar,
    read_clock,
    read_moments,
    read_now,
)
from app.domain.clocks.simulate_spans import Span, counting_on, segments_of, spans_between, spans_of_the_past
from app.domain.clocks.state import STOPPED, ClockState
from app.domain.clocks.steps import ClockStep, Terms
from app.domain.values.errors import invalid
from app.domain.values.rfc3339 import rfc3339, rfc3339_or_none

MOST_SEGMENTS: Final = 10_000
_CLOCK: Final = "simulated"


def simulate(
    clock: Any, calendar: Any, moments: Any, now: Any = None, *, calendar_of: CalendarReader = inline_calendar
) -> dict[str, Any]:
    """The answer of POST /api/v1/sla/simulate, for its parts as JSON; `now` left out is the last of the moments.

    `calendar_of` reads a calendar given as JSON or by name. Times are answered in UTC, of the last cycle. What is wrong
    in the input raises Invalid with the fields.
    """
    declared = read_clock(clock)
    timeline = read_calendar(calendar, "calendar", calendar_of)
    happenings = read_moments(moments, calendar_of)
    until = read_now(now, happenings)
    course = _Course(declared, ClockState(name=_CLOCK), timeline)
    for happening in happenings:
        course.happen(happening)
    if until is not None:
        course.pass_until(until, inclusive=True)
    return _answer(course)


@dataclass
class _Course:
    """A clock on its way through the moments."""

    clock: SimulatedClock
    state: ClockState
    timeline: Timeline
    fired: dict[tuple[int, int], tuple[datetime, bool]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    seen: datetime | None = None

    @property
    def terms(self) -> Terms:
        return Terms(self.timeline, self.clock.steps)

    def happen(self, happening: SimulatedHappening) -> None:
        self.pass_until(happening.at)
        before = self.state
        self.state = _DOINGS[happening.do](self, happening)
        if self.state.cycle > before.cycle:
            self.fired, self.spans = {}, []
        if before.status in STOPPED and self.state.cycle == before.cycle and self.state.status == "running":
            continued = (happening.mode or self.clock.reopen) == "continue"
            self.spans = counting_on(self.spans) if continued else self.spans
        elif before.status == "pending" and self.state.started_at:
            past = spans_of_the_past(before, self.state.started_at, happening.at, self.timeline)
            self.spans = list(past)

    def pass_until(self, at: datetime, *, inclusive: bool = False) -> None:
        """Time passes, and the steps fire whose moment has come."""
        since = max(self.seen or at, self.state.started_at or at)
        if since < at:
            self.spans += spans_between(self.state, since, at, self.timeline)
        self.seen = at
        while True:
            firings, self.state = due_firings(self.state, self.terms, at, inclusive=inclusive)
            self.fired |= {(firing.step.number, firing.n): (firing.moment, firing.skipped) for firing in firings}
            if len(self.fired) > MOST_FIRINGS:
                raise invalid("clock.steps", f"fire more than {MOST_FIRINGS} times")
            if not firings:
                return

    def due_from(self, at: datetime) -> datetime | None:
        due = self.clock.due
        if due is None:
            return self.clock.due_at
        try:
            if due.field is not None:
                return due_by_field(due, ClockRule.data_field(due.field, self.clock.data), self.timeline)
            return due_moment(due, at, self.timeline)
        except (ValueError, OverflowError) as error:
            raise invalid("clock.due", str(error)) from None


def _start(course: _Course, happening: SimulatedHappening) -> ClockState:
    if course.state.status != "pending":
        return _reopen(course, happening)
    due = course.due_from(happening.start_at or happening.at)
    started_at = happening.start_at
    return transitions.start(
        course.state, happening.at, course.terms, target=course.clock.target, due=due, started_at=started_at
    )


def _reopen(course: _Course, happening: SimulatedHappening) -> ClockState:
    mode = happening.mode or course.clock.reopen
    target = course.state.given or course.clock.target
    due = course.due_from(happening.at)
    return transitions.reopen(course.state, happening.at, course.terms, mode, target=target, due=due)


def _retarget(course: _Course, happening: SimulatedHappening) -> ClockState:
    mode = happening.mode or course.clock.retarget
    target, due = happening.target, happening.due_at
    if mode == "restart":
        return transitions.reset(course.state, happening.at, course.terms, target=target, due=due)
    return transitions.retarget(course.state, happening.at, course.terms, target=target, due=due, mode=mode)


def _handover(course: _Course, happening: SimulatedHappening) -> ClockState:
    before, course.timeline = course.terms, happening.timeline or course.timeline
    mode = happening.mode or course.clock.retarget
    # Every inline calendar is another one, so none has a name that could be the same.
    moved = transitions.handover(course.state, happening.at, before, happening.place, course.terms, mode)
    return replace(moved, calendar=course.state.calendar)


def _stop(course: _Course, happening: SimulatedHappening) -> ClockState:
    stopped = transitions.stop(course.state, happening.at, course.terms)
    if not course.clock.periodic or stopped is course.state:
        return stopped
    return transitions.next_cycle(stopped, happening.at, course.terms, sequential=course.clock.sequential)


def _pause(course: _Course, happening: SimulatedHappening) -> ClockState:
    longest = happening.longest or course.clock.pause_max
    return transitions.pause(course.state, happening.at, course.terms, reason=happening.reason, longest=longest)


_DOINGS: Final[dict[str, Callable[[_Course, SimulatedHappening], ClockState]]] = {
    "start": _start,
    "pause": _pause,
    "resume": lambda course, happening: transitions.resume(course.state, happening.at, course.terms),
    "retarget": _retarget,
    "handover": _handover,
    "stop": _stop,
    "cancel": lambda course, happening: transitions.cancel(course.state, happening.at, course.terms),
    "reset": lambda course, happening: transitions.reset(course.state, happening.at, course.terms),
    "reopen": _reopen,
}


def _answer(course: _Course) -> dict[str, Any]:
    state = course.state
    counted = elapsed(state, course.timeline, course.seen) if course.seen else timedelta(0)
    segments = list(islice(segments_of(course.spans, state.status in STOPPED), MOST_SEGMENTS + 1))
    if len(segments) > MOST_SEGMENTS:
        raise invalid("now", f"would have more than {MOST_SEGMENTS} segments before it")
    return {
        "state": state.status,
        "due_at": rfc3339_or_none(state.due_at),
        "breached_at": rfc3339_or_none(state.breached_at),
        "breach_reason": state.breach_reason,
        "elapsed_seconds": counted.total_seconds() if counted.microseconds else int(counted.total_seconds()),
        "steps": steps_json(state, course.clock.steps, course.timeline, course.fired),
        "segments": [segment_json(segment) for segment in segments],
    }


Fired = Mapping[tuple[int, int], tuple[datetime, bool]]
"""When a firing (step, n) came, and whether it was skipped."""


def steps_json(state: ClockState, steps: Sequence[ClockStep], timeline: Timeline, fired: Fired) -> list[dict[str, Any]]:
    """The declared steps with their firings that have been and those to come, of one that repeats for ever the next.

    Of each at most the last 1,000 that have been, and the next 1,000.
    """
    known = {**fired, **{(owed.step, owed.n): (owed.moment, owed.skipped) for owed in state.owed}}
    return [one for step in steps if step.does for one in _step(state, step, timeline, known)]


def _step(state: ClockState, step: ClockStep, timeline: Timeline, fired: Fired) -> Iterator[dict[str, Any]]:
    past = reached_of(state, step)
    last = past + 1 if step.most is None else min(step.most, past + MOST_FIRINGS)
    for n in range(max(past - MOST_FIRINGS, 0) + 1, last + 1):
        moment, skipped = fired.get((step.number, n), (None, n <= past))
        if n > past and state.status == "running":
            moment = moment_of(state, step, n, timeline)
        yield {"at": step.at, "fires_at": rfc3339_or_none(moment), "skipped": skipped}


def segment_json(segment: Segment) -> dict[str, Any]:
    """A stretch as `explain` and the simulator answer it."""
    return {
        "from": rfc3339(segment.since),
        "to": rfc3339(segment.until),
        "counted": segment.counted,
        "why": segment.why,
    }
