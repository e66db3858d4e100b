"""What can happen to an SLA clock: plain functions from a state to the next, defined for every state (R6 to R12, R16).

Each takes the moment of the event (one before the clock's last moment counts as that) and the terms the clock is on;
what means nothing in a state returns it unchanged. Where the answer has a greater `cycle`, a new cycle has begun, and
the row of the old one ends as `ended(old, at, terms)` says.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from app.domain.calendars.timeline import Timeline
from app.domain.clocks.course import (
    brought,
    due_after,
    going,
    has_passed,
    paused_from,
    planned,
    resumed_by_itself,
    with_passed_due,
    working_time,
)
from app.domain.clocks.start import start as start
from app.domain.clocks.state import ACTIVE, STOPPED, ClockState, PastPause
from app.domain.clocks.steps import Terms

RetargetMode = Literal["keep_elapsed", "restart", "keep_deadline"]
ReopenMode = Literal["ignore", "resume", "continue", "restart"]


def pause(
    state: ClockState, at: datetime, terms: Terms, *, reason: str | None = None, longest: timedelta | None = None
) -> ClockState:
    """Time stops counting until `resume`, or for `longest` at most. A pending clock remembers it for its start."""
    at = _moment(state, at)
    until = _later(at, longest) if longest else None
    if state.status == "pending":
        lasts = state.pauses and (state.pauses[-1].until is None or state.pauses[-1].until > at)
        return state if lasts else replace(state, pauses=(*state.pauses, PastPause(at, until, reason)))
    state = brought(state, at, terms)
    return planned(paused_from(state, at, reason, until), terms) if state.status == "running" else state


def resume(state: ClockState, at: datetime, terms: Terms) -> ClockState:
    """Time counts again; a due that had not passed is what remains of the target from here (R8)."""
    if state.status == "pending" and state.pauses:
        *others, last = state.pauses
        lasts = last.until is None or last.until > at
        return replace(state, pauses=(*others, replace(last, until=max(at, last.since)))) if lasts else state
    at = _moment(state, at)
    state = resumed_by_itself(state, at, terms)
    return planned(going(state, at, terms.timeline), terms) if state.status == "paused" else state


def stop(state: ClockState, at: datetime, terms: Terms) -> ClockState:
    """Met, also at exactly due (R6), or met late. What is still owed is kept, but no longer fires."""
    if state.status not in ACTIVE:
        return state
    at = _moment(state, at)
    state = brought(state, at, terms)
    late = bool(state.due_at and state.due_at < at) or state.breach_reason == "retarget"
    late = late or bool(state.breached_at and state.breached_at < at)
    if not late:
        state = replace(state, breached_at=None, breach_reason=None, detected_at=None)
    return _stopped(replace(state, status="met_late" if late else "met"), at)


def cancel(state: ClockState, at: datetime, terms: Terms) -> ClockState:
    if state.status not in ACTIVE:
        return state
    at = _moment(state, at)
    return _stopped(replace(brought(state, at, terms), status="cancelled"), at)


def ended(state: ClockState, at: datetime, terms: Terms) -> ClockState:
    """How a cycle ends that another follows: cancelled, unless it had stopped."""
    return cancel(state, at, terms)


def reset(
    state: ClockState, at: datetime, terms: Terms, *, target: timedelta | None = None, due: datetime | None = None
) -> ClockState:
    """A new cycle from nothing, for the same target or due if none is given; a pause goes on."""
    if state.status not in ACTIVE:
        return state
    at = _moment(state, at)
    state = resumed_by_itself(state, at, terms)
    new = _new_cycle(state, at, terms, target, due)
    return (
        planned(paused_from(new, at, state.pause_reason, state.resume_at), terms) if state.status == "paused" else new
    )


def next_cycle(state: ClockState, at: datetime, terms: Terms, *, sequential: bool = False) -> ClockState:
    """What follows a stopped cycle of a periodic clock (R12): from the event on, or from its due if that is later."""
    if state.status not in STOPPED:
        return state
    at = _moment(state, at)
    return _new_cycle(state, max(at, state.due_at or at) if sequential else at, terms)


def reopen(
    state: ClockState,
    at: datetime,
    terms: Terms,
    mode: ReopenMode = "resume",
    *,
    target: timedelta | None = None,
    due: datetime | None = None,
) -> ClockState:
    """What `start` does after a stop (R11). A cancelled clock has nothing to go on with: it begins a new cycle."""
    if mode == "ignore" or state.status not in {*STOPPED, "cancelled"}:
        return state
    at = _moment(state, at)
    if mode == "restart" or state.status == "cancelled":
        return _new_cycle(state, at, terms, target, due)
    stopped_at = state.stopped_at or at
    if mode == "continue":
        going_on = replace(state, status="running", stopped_at=None)
        due_at = state.due_at or due_after(state, stopped_at, terms.timeline)
        return planned(brought(replace(going_on, due_at=due_at), at, terms), terms)
    return planned(going(with_passed_due(state, stopped_at), at, terms.timeline), terms)


def retarget(
    state: ClockState,
    at: datetime,
    terms: Terms,
    *,
    target: timedelta | None = None,
    due: datetime | None = None,
    mode: RetargetMode = "keep_elapsed",
) -> ClockState:
    """Another target, or another due (neither: none is known any more). Nothing changes where it is the same (R10)."""
    if state.status not in ACTIVE or (target, due) == (state.given, state.fixed_due):
        return state
    at = _moment(state, at)
    if mode == "restart" and (target or due):
        return reset(state, at, terms, target=target, due=due)
    state = brought(state, at, terms)
    if mode == "keep_deadline" and state.target is not None:
        if state.fixed_due is None:
            state = replace(_measured(state, at, terms.timeline), given=target)
        return planned(state, terms)
    return planned(_retargeted(state, at, terms, target, due), terms)


def handover(
    state: ClockState, at: datetime, terms: Terms, calendar: str, after: Terms, mode: RetargetMode = "keep_elapsed"
) -> ClockState:
    """From here on it counts by the calendar of `after`; what it has counted by that of `terms` stays (R16)."""
    if calendar == state.calendar or state.status not in {*ACTIVE, "pending"}:
        return state
    at = _moment(state, at)
    moved = replace(brought(state, at, terms), calendar=calendar)
    if mode == "restart":
        return reset(moved, at, after)
    if moved.status != "running" or moved.target is None or has_passed(moved, at):
        return planned(moved, after)
    if moved.fixed_due or mode == "keep_deadline":
        return planned(_measured(moved, at, after.timeline), after)
    return planned(replace(moved, due_at=due_after(moved, at, after.timeline)), after)


def _retargeted(
    state: ClockState, at: datetime, terms: Terms, target: timedelta | None, due: datetime | None
) -> ClockState:
    length = state.counted + working_time(terms.timeline, at, due) if due else target
    new = replace(state, given=target, target=length, fixed_due=due, due_at=None)
    if length is not None and (due < at if due else state.counted > length):
        new = replace(new, due_at=due or at)
        return new if state.breached_at else replace(new, breached_at=at, breach_reason="retarget", detected_at=at)
    if state.status != "running":
        return new
    return replace(new, due_at=due or due_after(new, at, terms.timeline))


def _measured(state: ClockState, at: datetime, timeline: Timeline) -> ClockState:
    """Due stays, so the target is what has been counted and the working time left to due."""
    if state.status != "running" or state.due_at is None or has_passed(state, at):
        return state
    return replace(state, target=state.counted + timeline.worked(at, state.due_at))


def _new_cycle(
    state: ClockState, at: datetime, terms: Terms, target: timedelta | None = None, due: datetime | None = None
) -> ClockState:
    new = ClockState(name=state.name, cycle=state.cycle + 1, calendar=state.calendar)
    if target is None and due is None:
        target, due = state.given, state.fixed_due
    return start(new, at, terms, target=target, due=due)


def _stopped(state: ClockState, at: datetime) -> ClockState:
    return replace(state, since=at, stopped_at=at, pause_reason=None, resume_at=None, next_fire_at=None)


def _moment(state: ClockState, at: datetime) -> datetime:
    return max(at, state.since or at)


def _later(at: datetime, length: timedelta) -> datetime | None:
    try:
        return at + length
    except OverflowError:
        return None
