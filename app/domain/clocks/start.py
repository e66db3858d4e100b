"""How a clock starts, also in the past: its pauses are left out, and its past steps skipped (R9)."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.calendars.local_time import MICROSECOND
from app.domain.clocks.course import (
    MOST_SKIPPED,
    breached,
    brought,
    firing_order,
    going,
    has_come,
    paused_from,
    planned,
    resumed_by_itself,
    working_time,
)
from app.domain.clocks.state import ClockState, Owed, PastPause
from app.domain.clocks.steps import Terms


def start(
    state: ClockState,
    at: datetime,
    terms: Terms,
    *,
    target: timedelta | None = None,
    due: datetime | None = None,
    started_at: datetime | None = None,
) -> ClockState:
    """A pending clock runs: for `target`, until `due`, or (neither) without a due that is yet to be known.

    Counts from `started_at` (if before `at`), its past pauses left out. Steps before `at` are owed as skipped, but for
    the last of them, which acts (R9).
    """
    if state.status != "pending":
        return state
    begin = min(started_at or at, at)
    length = working_time(terms.timeline, begin, due) if due else target
    running = ClockState(
        name=state.name,
        cycle=state.cycle,
        calendar=state.calendar,
        started_at=begin,
        given=target,
        target=length,
        fixed_due=due,
    )
    running = going(running, begin, terms.timeline)
    running = _behind(breached(replace(running, due_at=due or running.due_at), begin), terms)
    for past in state.pauses:
        running = _replayed(running, past, at, terms)
    return planned(_skipping(brought(running, at, terms, newest=True), at), terms)


def _behind(state: ClockState, terms: Terms) -> ClockState:
    """At the start: the firings whose moment would lie before it are owed from the start on."""
    if state.target is None or state.started_at is None:
        return state
    found, reached = [], []
    for step in terms.steps:
        count = has_come(state, step, -MICROSECOND, state.started_at - MICROSECOND, terms.timeline)
        numbers = range(max(count - MOST_SKIPPED, 0) + 1, count + 1)
        owed = [Owed(step.number, n, state.started_at) for n in numbers]
        found += [(firing_order(state, step, one.n, terms.timeline), one) for one in owed]
        reached.append(count)
    return replace(state, reached=tuple(reached), owed=tuple(owed for _, owed in sorted(found, key=lambda one: one[0])))


def _replayed(state: ClockState, past: PastPause, at: datetime, terms: Terms) -> ClockState:
    """The clock after a pause of the time before the event that starts it."""
    if state.since is None or (past.until and past.until <= state.since):
        return state
    first = min(max(past.since, state.since), at)
    paused = paused_from(brought(state, first, terms, newest=True), first, past.reason, past.until)
    return resumed_by_itself(paused, at, terms)


def _skipping(state: ClockState, at: datetime) -> ClockState:
    """All that is owed is past, and only the last of it acts."""
    if state.breached_at:
        state = replace(state, detected_at=at)
    if not state.owed:
        return state
    *others, last = state.owed
    skipped = tuple(count - (number == last.step) for number, count in enumerate(state.reached))
    return replace(state, skipped=skipped, owed=(*(replace(owed, skipped=True) for owed in others), last))
