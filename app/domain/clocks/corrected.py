"""What a clock is once a calendar is corrected for a time that has passed: its past is counted anew (R15)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.calendars.port import Calendars
from app.domain.calendars.timeline import Timeline
from app.domain.clocks.course import elapsed, planned, working_time
from app.domain.clocks.explained import elapsed_by
from app.domain.clocks.history import ClockChange
from app.domain.clocks.recounted import promised, recounted
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.start_corrected import judged
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.clocks.steps import Terms
from app.domain.values.json import Data


def corrected(
    state: ClockState,
    rule: ClockRule,
    at: datetime,
    versions: Sequence[Timeline],
    changes: Sequence[ClockChange],
    calendars: Calendars,
    data: Data,
) -> ClockState:
    """The clock as it would be had it counted by the last of `versions` all along; the same where nothing differs.

    It holds from `at` on: what has fired has fired, and a due that has passed by now is a breach of now, as with a
    target that is exceeded when it changes (R10). A breach that would not have been is taken back while it runs.
    """
    if state.status not in ACTIVE or state.since is None:
        return state
    now, newest = max(at, state.since), versions[-1]
    total = elapsed_by(rule, changes, state, calendars, now)
    early = state.breached_at is not None and state.target is not None and total < state.target
    if total == elapsed(state, newest, now) and recounted(state, rule, at, versions, data) == state and not early:
        return state
    due = promised(state, rule, versions, data) if state.fixed_due else None
    since = now if state.status == "running" else state.since
    counted = replace(state, counted=total, fixed_due=due, since=since)
    if due is not None:
        counted = replace(counted, target=total + working_time(newest, since, due))
    return planned(judged(counted, now, newest), Terms(newest, rule.steps))
