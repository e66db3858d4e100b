"""Which steps of a clock are to be recorded now: each firing once, in the order of their moments (R13, R14)."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.calendars.local_time import MICROSECOND
from app.domain.clocks.course import breached, passed, planned, resumed_by_itself
from app.domain.clocks.state import ClockState
from app.domain.clocks.steps import ClockStep, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Firing `n` of a step, due at `moment` exactly. `skipped` is only recorded (R9); `breach` records the breach."""

    step: ClockStep
    n: int
    moment: datetime
    skipped: bool
    breach: bool


def due_firings(
    state: ClockState, terms: Terms, now: datetime, *, inclusive: bool = True, newest: bool = False
) -> tuple[list[Firing], ClockState]:
    """What a clock owes at `now` and the state after it; not `inclusive`: only what was due before `now`.

    Of each repeating step at most 1,000 at a time, and `next_fire_at` is not after `now` while some are left; with
    `newest` the last 100, and none is left. A clock that is not running owes nothing; one whose pause has ended by
    itself runs again.
    """
    state = resumed_by_itself(state, now, terms)
    if state.status != "running" or state.since is None:
        return [], state
    reached, owed = passed(state, now, terms, inclusive=inclusive, newest=newest)
    firings = []
    for one in sorted((*state.owed, *owed), key=lambda one: one.moment):
        step = terms.steps[one.step]
        firings.append(Firing(step=step, n=one.n, moment=one.moment, skipped=one.skipped, breach=step.breach))
    # A step at exactly due fires at due, when no stop has come before it in the same microsecond.
    noted = replace(breached(state, now + MICROSECOND if inclusive else now), reached=reached, owed=())
    if noted.breached_at and not state.breached_at:
        noted = replace(noted, detected_at=now)
    return firings, planned(noted, terms)


def next_fire_at(state: ClockState, terms: Terms) -> datetime | None:
    """When the scheduler must look at the clock next; None where nothing comes of itself."""
    return planned(state, terms).next_fire_at
