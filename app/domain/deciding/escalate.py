"""What the clocks of a case owe now: which steps fire next, what they make of the case, and the entry that says so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.calendars.port import Calendars
from app.domain.case.attempt import Actor
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.sealing import seal
from app.domain.clocks.after_event import Clocks, earliest_due
from app.domain.clocks.course import planned, resumed_by_itself
from app.domain.clocks.firing import Firing, due_firings
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.state import ClockState, Owed
from app.domain.clocks.steps import Terms
from app.domain.deciding.case_after import chained
from app.domain.deciding.clocks_after import calendar_versions
from app.domain.deciding.entry_draft import firing_json, named, sla_draft
from app.domain.deciding.situation import OnCase
from app.domain.deciding.step_effects import CHANGES, effects_of
from app.domain.definition.case_type import Step
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339_or_none

SYSTEM: Final = "system:sla"
ROLES: Final = frozenset({"role:system"})


@dataclass(frozen=True, slots=True)
class ClockDue:
    """The next thing that one clock owes, and its state once that is recorded: a firing, or that a pause has ended.

    `skipped` are firings that were past before anybody knew of the clock, and are only told beside it.
    """

    after: ClockState
    firing: Firing | None = None
    skipped: tuple[Firing, ...] = ()
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that fired: the case after it (an event that it fires comes after) and its entry."""

    case: Case
    entry: AuditEntry


def system_actor(tenant: str) -> Actor:
    """Who fires the events of steps; policy decides what it may, as of anybody."""
    return Actor(tenant=tenant, id=SYSTEM, roles=ROLES, authenticated="process")


def first_due(rules: Mapping[str, ClockRule], clocks: Clocks, calendars: Calendars, at: datetime) -> ClockDue | None:
    """What has been owed longest, or None where nothing is at `at`.

    One at a time, the others of its moment stay owed: what it does may stop or pause the clock.
    """
    owing = [(state.next_fire_at, name) for name, state in clocks.items() if name in rules and state.next_fire_at]
    if not owing or (moment := min(owing)[0]) > at:
        return None
    state, rule = clocks[min(owing)[1]], rules[min(owing)[1]]
    terms = Terms(calendars.timeline(state.calendar), rule.steps)
    if state.status == "paused":
        return ClockDue(resumed_by_itself(state, moment, terms), resumed=True)
    return _first_of(state, terms, moment, at)


def _first_of(state: ClockState, terms: Terms, moment: datetime, at: datetime) -> ClockDue:
    """What lies before the entry that told of a clock is past: only the last of that acts (R9)."""
    past = state.known_since is not None and moment < state.known_since
    until = min(state.known_since, at) if past and state.known_since else moment
    firings, after = due_firings(state, terms, until, newest=past)
    if after.breached_at and not state.breached_at:
        after = replace(after, detected_at=at)
    last = len(firings) - 1
    acts = last if past else next((place for place, firing in enumerate(firings) if not firing.skipped), last)
    if acts < 0:
        return ClockDue(after)
    owed = tuple(Owed(one.step.number, one.n, one.moment, one.skipped) for one in firings[acts + 1 :])
    skipped = tuple(replace(firing, skipped=True) for firing in firings[:acts])
    return ClockDue(planned(replace(after, owed=owed), terms), firings[acts], skipped)


def step(here: OnCase, state: ClockState, firing: Firing, skipped: tuple[Firing, ...]) -> Stepped:
    """Record a firing in the chain of its case, with what it makes of the case."""
    case = _affected(here, here.case, firing.step.does)
    sla = {**named(state), **firing_json(here, firing, skipped), "becomes": _becomes(here.case, case)}
    return _chained(here, case, sla)


def resumed(here: OnCase, state: ClockState) -> Stepped:
    """Record that a pause has ended by itself."""
    return _chained(here, here.case, {**named(state), "resumed": True})


def recalculated(
    here: OnCase,
    before: ClockState,
    after: ClockState,
    calendar: Mapping[str, Json],
    counted_by: Collection[str],
    *,
    kind: str = "sla",
) -> Stepped:
    """Record that a clock counts by another version of its calendar; `here` has the clock as it is `after`.

    `counted_by` are the calendars by which its past was counted anew.
    """
    moments = {"old": before.due_at, "new": after.due_at}
    due_at = {name: rfc3339_or_none(moment) for name, moment in moments.items()}
    return _chained(here, here.case, {**named(after), "calendar": calendar, "due_at": due_at}, kind, counted_by)


def _chained(
    here: OnCase, case: Case, sla: Mapping[str, Json], kind: str = "sla", counted_by: Collection[str] = ()
) -> Stepped:
    case = chained(here, case, due_at=earliest_due(here.clocks))
    names = {*counted_by, *(state.calendar for state in here.clocks.values())}
    if case.team and case.team != here.case.team:
        names.add(case.team)  # clocks that follow the team go over to its calendar
    entry = seal(sla_draft(here, case, sla, calendar_versions(here.calendars, names), kind), here.new_salt)
    return Stepped(replace(case, last_hash=entry.entry_hash), entry)


def moved(before: Case, after: Case) -> bool:
    """Whether clocks have to look at the case again."""
    return bool(_becomes(before, after))


def _becomes(before: Case, after: Case) -> dict[str, Json]:
    """What else of the case is another one now."""
    return {name: getattr(after, name) for name in CHANGES if getattr(after, name) != getattr(before, name)}


def _affected(here: OnCase, case: Case, does: Step | None) -> Case:
    for effect, value in effects_of(does):
        case = effect.case_after(here, case, value)
    return case
