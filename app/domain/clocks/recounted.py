"""When a clock is due by a new version of its calendar, which applies from a moment to come (R15)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.calendars.timeline import Timeline
from app.domain.clocks.course import brought, due_after, planned, working_time
from app.domain.clocks.due_moment import due_by_field, due_moment
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.clocks.steps import Terms
from app.domain.values.json import Data


def recounted(state: ClockState, rule: ClockRule, at: datetime, versions: Sequence[Timeline], data: Data) -> ClockState:
    """The clock by the last of `versions`; the others are those that it may have counted by. `data` is the case's.

    A due that followed from the working time that was left follows from it again. One that was kept, or that the data
    names, stays; its steps move with the working time until it. What has passed stays as it was.
    """
    if state.status not in ACTIVE:
        return state
    terms = Terms(versions[-1], rule.steps)
    if not state.breached_at:
        state = (
            _due_anew(state, versions) if state.fixed_due is None else _promised_anew(state, rule, at, versions, data)
        )
    return planned(state, terms)


def _due_anew(state: ClockState, versions: Sequence[Timeline]) -> ClockState:
    if state.status != "running" or state.since is None or state.due_at is None:
        return state
    if not any(due_after(state, state.since, version) == state.due_at for version in versions):
        return state
    return replace(state, due_at=due_after(state, state.since, versions[-1]))


def _promised_anew(
    state: ClockState, rule: ClockRule, at: datetime, versions: Sequence[Timeline], data: Data
) -> ClockState:
    """A clock that is due at a moment of the data, or so many days after it or after its start."""
    assert state.fixed_due is not None
    assert state.since is not None
    due, newest = promised(state, rule, versions, data), versions[-1]
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


def promised(state: ClockState, rule: ClockRule, versions: Sequence[Timeline], data: Data) -> datetime:
    """The due of a clock that counts days on its calendar, by the last version; any other stays."""
    assert state.fixed_due is not None
    due, start = rule.declared.due, state.started_at
    value = rule.data_field(due.field, data) if due else None
    if due is None or start is None or (due.field is not None and (value is None or not due.counts)):
        return state.fixed_due

    def by(version: Timeline) -> datetime | None:
        return due_moment(due, start, version) if due.field is None else due_by_field(due, value, version)

    try:
        follows = any(by(version) == state.fixed_due for version in versions)
        moment = by(versions[-1]) if follows else None
    except (ValueError, OverflowError):
        return state.fixed_due
    return moment or state.fixed_due
