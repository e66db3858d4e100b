"""The course of a running clock: what it has counted, which steps it has passed, and what comes next."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.domain.calendars.business_time import NO_TIME
from app.domain.calendars.timeline import Timeline
from app.domain.clocks.business_days import business_days_from, same_time
from app.domain.clocks.state import ClockState, Owed
from app.domain.clocks.steps import ClockStep, Terms
from app.domain.definition.durations import LONGEST

MOST_OWED: Final = 1000
"""Firings of one repeating step that a state remembers at a time; of a longer delay the others come later."""
MOST_SKIPPED: Final = 100
"""Of those skipped at a start in the past, the last that are listed one by one."""


def elapsed(state: ClockState, timeline: Timeline, now: datetime) -> timedelta:
    """The working time that the clock has counted until `now`."""
    if state.status != "running" or state.since is None:
        return state.counted
    return state.counted + timeline.worked(state.since, now)


def brought(state: ClockState, at: datetime, terms: Terms, *, newest: bool = False) -> ClockState:
    """The state at `at` (never before its last moment), before anything that happens then.

    A pause that ends by itself has ended; a due moment before `at` is a breach; steps with a moment before it are owed.
    With `newest` the last ones of a repeating step are remembered, and not its first ones.
    """
    state = resumed_by_itself(state, at, terms)
    if state.status != "running" or state.since is None or at <= state.since:
        return state
    reached, owed = passed(state, at, terms, newest=newest)
    return replace(
        breached(state, at),
        counted=elapsed(state, terms.timeline, at),
        since=at,
        reached=reached,
        owed=(*state.owed, *owed),
    )


def resumed_by_itself(state: ClockState, at: datetime, terms: Terms) -> ClockState:
    if state.status == "paused" and state.resume_at is not None and state.resume_at <= at:
        return planned(going(state, state.resume_at, terms.timeline), terms)
    return state


def going(state: ClockState, at: datetime, timeline: Timeline) -> ClockState:
    """The clock runs from `at` on. Unless due has passed, it is advance(at, remaining) (R8)."""
    running = replace(state, status="running", since=at, stopped_at=None, pause_reason=None, resume_at=None)
    return running if state.due_at else replace(running, due_at=due_after(running, at, timeline))


def due_after(state: ClockState, at: datetime, timeline: Timeline) -> datetime | None:
    """When the target is reached if the clock runs from `at` on; a pause brings no fixed due forward."""
    if state.target is None:
        return None
    due = reachable(timeline, at, state.target - state.counted)
    return max(due, state.fixed_due) if due and state.fixed_due else due


def reachable(timeline: Timeline, at: datetime, length: timedelta) -> datetime | None:
    """None where the calendar has no such moment, or after more than ten years: the clock then runs without one."""
    if length > LONGEST:
        return None
    try:
        return timeline.advance(at, length)
    except ValueError:
        return None


def breached(state: ClockState, at: datetime) -> ClockState:
    """With the fact, once due lies before `at`; never before the clock started."""
    if state.breached_at or state.due_at is None or state.started_at is None or state.due_at >= at:
        return state
    moment = max(state.due_at, state.started_at)
    return replace(state, breached_at=moment, breach_reason="due", detected_at=at)


def passed(
    state: ClockState, until: datetime, terms: Terms, *, newest: bool = False, inclusive: bool = False
) -> tuple[tuple[int, ...], list[Owed]]:
    """The firings that have come before `until` (or then) since those that `reached` counts, in order."""
    total = elapsed(state, terms.timeline, until)
    reached, found = [], []
    for step in terms.steps:
        before = reached_of(state, step)
        count = max(has_come(state, step, total, until, terms.timeline), before)
        first = max(before, count - MOST_SKIPPED) if newest else before
        last = count if newest else min(count, before + MOST_OWED)
        moments = [(n, moment_of(state, step, n, terms.timeline) or until) for n in range(first + 1, last + 1)]
        kept = [(n, moment) for n, moment in moments if moment < until or inclusive]
        reached.append(last - len(moments) + len(kept))
        found += [
            (moment, firing_order(state, step, n, terms.timeline), Owed(step.number, n, moment)) for n, moment in kept
        ]
    return tuple(reached), [owed for _, _, owed in sorted(found, key=lambda item: item[:2])]


def moment_of(state: ClockState, step: ClockStep, n: int, timeline: Timeline) -> datetime | None:
    """When a running clock comes to firing n; what a change has put behind it comes at that change."""
    if state.since is None or state.target is None:
        return None
    if step.at_due:
        return max(state.due_at, state.since) if state.due_at else None
    comes = threshold(state, step, n, timeline)
    return None if comes is None else reachable(timeline, state.since, max(comes - state.counted, NO_TIME))


def threshold(state: ClockState, step: ClockStep, n: int, timeline: Timeline) -> timedelta | None:
    """The elapsed time of firing n; None where it follows from a due that is not known."""
    assert state.target is not None
    if step.days is None:
        return step.first(state.target) + step.again(n)
    if state.due_at is None:
        return None
    try:
        day = business_days_from(timeline.local(state.due_at).date(), step.days, timeline)
        moment = same_time(day, timeline.local(state.due_at))
    except (ValueError, OverflowError):
        return None
    return state.target + working_time(timeline, state.due_at, moment) + step.again(n)


def planned(state: ClockState, terms: Terms) -> ClockState:
    """With the moment at which the scheduler must look at it next: the next step, or the end of a pause."""
    if state.status == "running":
        return replace(state, next_fire_at=min(_coming(state, terms), default=None))
    return replace(state, next_fire_at=state.resume_at if state.status == "paused" else None)


def reached_of(state: ClockState, step: ClockStep) -> int:
    return state.reached[step.number] if step.number < len(state.reached) else 0


def _coming(state: ClockState, terms: Terms) -> Iterator[datetime]:
    """The next moment by elapsed time, that of due, and those that are owed."""
    yield from (owed.moment for owed in state.owed)
    if state.target is None:
        return
    following = [(step, reached_of(state, step) + 1) for step in terms.steps]
    following = [(step, n) for step, n in following if step.has(n)]
    if state.due_at and state.since and any(step.at_due for step, _ in following):
        yield max(state.due_at, state.since)
    comes = [(threshold(state, step, n, terms.timeline), step.number, n) for step, n in following if not step.at_due]
    if others := [(after, number, n) for after, number, n in comes if after is not None]:
        _, number, n = min(others)
        moment = moment_of(state, terms.steps[number], n, terms.timeline)
        if moment:
            yield moment


def has_come(state: ClockState, step: ClockStep, total: timedelta, until: datetime, timeline: Timeline) -> int:
    if state.target is None:
        return 0
    if step.at_due:
        return int(state.due_at is not None and state.due_at <= until)
    first = threshold(state, step, 1, timeline)
    return 0 if first is None else step.count(first, total)


def firing_order(state: ClockState, step: ClockStep, n: int, timeline: Timeline) -> tuple[timedelta, int]:
    """Of firings at one moment: that of less elapsed time first, then as declared."""
    comes = threshold(state, step, n, timeline) if state.target is not None else None
    return comes or NO_TIME, step.number


def paused_from(state: ClockState, at: datetime, reason: str | None, until: datetime | None) -> ClockState:
    return replace(with_passed_due(state, at), status="paused", pause_reason=reason, resume_at=until)


def with_passed_due(state: ClockState, at: datetime) -> ClockState:
    """Due is kept only where it has passed: else it depends on when the clock runs again."""
    return state if has_passed(state, at) else replace(state, due_at=None)


def has_passed(state: ClockState, at: datetime) -> bool:
    if state.due_at is None or state.target is None:
        return False
    return state.due_at < at or state.counted > state.target


def working_time(timeline: Timeline, at: datetime, due: datetime) -> timedelta:
    """The working time from `at` to `due`, negative where that lies before.

    What lies beyond ten years (somebody's `9999-12-31`) is taken as all working time rather than walked through.
    """
    near = min(max(due, at - LONGEST), at + LONGEST) if abs(due - at) > LONGEST else due
    return timeline.worked(at, near) - timeline.worked(near, at) + (due - near)
