"""What a clock is once it is said that it had started at another time (R18)."""

from dataclasses import replace
from datetime import datetime

from app.domain.calendars.business_time import NO_TIME
from app.domain.calendars.timeline import Timeline
from app.domain.clocks.course import brought, due_after, planned, working_time
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.clocks.steps import Terms


def started_anew(
    state: ClockState, at: datetime, terms: Terms, *, started_at: datetime, due: datetime | None
) -> ClockState:
    """The clock as it would be had it started then (R18): with the working time from there to where it was said to have
    started, or without what lies before. It holds from `at` on, as with a calendar."""
    if state.status not in ACTIVE or state.since is None or state.started_at is None:
        return state
    now = max(at, state.since)
    here, begin = brought(state, now, terms), min(started_at, now)
    counted = max(here.counted + working_time(terms.timeline, begin, state.started_at), NO_TIME)
    moved = replace(here, started_at=begin, counted=counted, fixed_due=due)
    if due is not None:
        moved = replace(moved, target=counted + working_time(terms.timeline, now, due))
    return planned(judged(moved, now, terms.timeline), terms)


def judged(state: ClockState, now: datetime, timeline: Timeline) -> ClockState:
    """With its due, and whether that has passed."""
    if state.target is None:
        return state
    if state.target - state.counted <= NO_TIME:
        if state.breached_at:
            return state
        return replace(state, due_at=now, breached_at=now, breach_reason="retarget", detected_at=now)
    unbroken = replace(state, breached_at=None, breach_reason=None, detected_at=None, due_at=None)
    return replace(unbroken, due_at=due_after(unbroken, now, timeline)) if state.status == "running" else unbroken
