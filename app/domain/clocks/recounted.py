"""When a clock is due by a new version of its calendar, which applies from a moment to come (R15)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.calendars.timeline import Timeline
from app.domain.clocks.course import brought, due_after, planned, working_time
from app.domain.clocks.due_moment import due_moment
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.clocks.steps import Terms


def recounted(state: ClockState, rule: ClockRule, at: datetime, versions: Sequence[Timeline]) -> ClockState:
    """The clock by the last of `versions`; the others are those that it may have counted by.

    A due that followed from the working time that was left follows from it again. One that was kept, or that the data
    names, stays; its steps move with the working time until it. What has passed stays as it was.
    """
    if state.status not in ACTIVE:
        return state
    terms = Terms(versions[-1], rule.steps)
    if not state.breached_at:
        state = _due_anew(state, versions) if state.fixed_due is None else _promised_anew(state, rule, at, versions)
    return planned(state, terms)


def _due_anew(state: ClockState, versions: Sequence[Timeline]) -> ClockState:
    if state.status != "running" or state.since is None or state.due_at is None:
        return state
    if not any(due_after(state, state.since, version) == state.due_at for version in versions):
        return state
    return replace(state, due_at=due_after(state, state.since, versions[-1]))


def _promised_anew(state: ClockState, rule: ClockRule, at: datetime, versions: Sequence[Timeline]) -> ClockState:
    """A clock that is due at a moment of the data, or so many business days after its start."""
    assert state.fixed_due is not None
    assert state.since is not None
    due, newest = promised(state, rule, versions), versions[-1]
    if max(due, state.due_at or due) <= at:
        return state
    if state.due_at not in (None, state.fixed_due):  # a pause put it off: what was left then is left now
        put_off = replace(state, fixed_due=due)
        return replace(put_off, due_at=due_after(put_off, state.since, newest))
    if (due, state.counted + working_time(newest, state.since, due)) == (state.fixed_due, state.target):
        return state
    here = brought(state, at, Terms(newest, rule.steps))
    assert here.since is not None
    length = here.counted + working_time(newest, here.since, due)
    return replace(here, fixed_due=due, target=length, due_at=due if state.due_at else None)


def promised(state: ClockState, rule: ClockRule, versions: Sequence[Timeline]) -> datetime:
    """The due of a clock that counts business days, by the last version; any other stays."""
    assert state.fixed_due is not None
    due, start = rule.declared.due, state.started_at
    if due is None or due.field is not None or start is None:
        return state.fixed_due
    try:
        follows = any(due_moment(due, start, version) == state.fixed_due for version in versions)
        moment = due_moment(due, start, versions[-1]) if follows else None
    except ValueError:
        return state.fixed_due
    return moment or state.fixed_due
