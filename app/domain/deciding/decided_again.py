"""Decide again what a log tells: whether each opening and each transition follows from the definition that it names.

The entries of a case come in their order, each with the values of it that are known. What cannot be decided for lack of
one, or of a definition, is counted by its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from app.domain.case.case import Case, Surroundings
from app.domain.deciding.entry_told import (
    Entry,
    Values,
    after,
    attempt_of,
    lacking_of,
    opened_as,
    told_after,
    unknown,
)
from app.domain.deciding.fold import CORRECTED
from app.domain.deciding.refusal_reasons import is_open
from app.domain.deciding.rounds import rounds_after
from app.domain.deciding.situation import OnCase, Situation
from app.domain.deciding.whose_eyes import eyes
from app.domain.machine.completing import NeverRests
from app.domain.machine.form import Entered
from app.domain.machine.machine import Arc, Machine, Resting
from app.domain.policy.port import Policy
from app.domain.values.rfc3339 import parse_rfc3339

NO_DEFINITION = "the definition is not enclosed, or of another release"
NO_BEGINNING = "entries of its case are not enclosed"
NO_VALUES = "values that a guard reads are not enclosed"
NO_SENSE = "the entry is written as no release writes it"


Permits = Callable[[Entry, Situation, bool], bool | None]


class Otherwise(Exception):
    """What was recorded does not follow from the definition; str() says how."""


@dataclass(frozen=True, slots=True)
class Known:
    """A case as its entries told it so far; `lacking`: what of its data nobody knows."""

    machine: Machine
    case: Case
    acted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()


@dataclass
class DecidedAgain:
    """`whole`: every entry of every case comes. Open cases alone are kept in mind. `permits` says whether the policy of
    an entry allows it, None where that cannot be said; `lacking` says that values of the case are not known."""

    machine_of: Callable[[str], Machine | None]
    permits: Permits = lambda entry, here, lacking: None
    whole: bool = True
    decided: int = 0
    permitted: int = 0
    not_permitted: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    _cases: dict[str, Known] = field(default_factory=dict)

    def take(self, entry: Entry, values: Values) -> str | None:
        """The next entry; returns what is wrong about it."""
        if "case_seq" not in entry or "case_id" not in entry:
            return None
        try:
            return self._take(entry, values)
        except Otherwise as otherwise:
            self._cases.pop(entry["case_id"], None)
            return str(otherwise)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._cases.pop(str(entry["case_id"]), None)
            self.undecided[NO_SENSE] += 1
            return None

    def _take(self, entry: Entry, values: Values) -> str | None:
        kind, case_id = entry["kind"], entry["case_id"]
        if kind == "opened":
            self._keep(self._opened(entry, values), case_id)
        elif kind == "transition":
            self._keep(self._moved(entry, values), case_id)
        elif (known := self._before(entry)) is not None:
            self._cases[case_id] = _corrected(known, entry, values)
        return None

    def _keep(self, known: Known | None, case_id: str) -> None:
        if known is None or known.machine.graph.closed(known.case.states):
            self._cases.pop(case_id, None)
        else:
            self._cases[case_id] = known

    def _before(self, entry: Entry) -> Known | None:
        """The case as it was, where nothing lacks in between."""
        known = self._cases.get(entry["case_id"])
        return known if known is not None and known.case.seq + 1 == entry["case_seq"] else None

    def _opened(self, entry: Entry, values: Values) -> Known | None:
        machine = self.machine_of(entry["definition"]["hash"])
        if machine is None:
            self.undecided[NO_DEFINITION] += 1
            return None
        event = entry["event"]
        if event not in machine.case_type.opening:
            raise Otherwise(f"{event} opens no {machine.case_type.case_type}")
        resting = _rests(lambda: machine.opened(event))
        _ends(entry, resting)
        self.decided += 1
        case = opened_as(entry, values)
        here = Situation(attempt=attempt_of(entry, values), at=case.recorded_at, **_around(machine))
        here.__dict__.update(roles=_roles(entry), entered=Entered(case.data))
        self._permit(entry, here, lacking_of(entry, values))
        case = replace(case, memory=resting.memory, rounds=rounds_after(here, resting.began, 1))
        acted = {event: frozenset(eyes(here.attempt))} if event in machine.four_eyes else {}
        return Known(machine, case, acted, lacking_of(entry, values))

    def _moved(self, entry: Entry, values: Values) -> Known | None:
        known = self._before(entry)
        if known is None and self.whole and entry["case_id"] not in self._cases:
            raise Otherwise("the case was closed, or never opened")
        if known is None:
            self.undecided[NO_BEGINNING] += 1
            return None
        if entry["source"] != known.case.state:
            raise Otherwise(f"the case was {known.case.state}, not {entry['source']}")
        here = _here(known, entry, values)
        lacking_now = lacking_of(entry, values) | known.lacking
        not_told = frozenset[str]()
        if here.event in known.machine.sees_after:
            here.__dict__["set_by_event"], not_told = told_after(known.machine, known.case, entry, values)
        resting = self._resting(known, here, entry, lacking_now | not_told)
        self._permit(entry, here, lacking_now)
        case = after(known.case, entry, values)
        if resting is not None:
            case = replace(case, memory=resting.memory, rounds=rounds_after(here, resting.began, case.seq))
        fired = known.acted.get(here.event, frozenset()) | frozenset(eyes(here.attempt))
        acted = {**known.acted, here.event: fired} if here.event in known.machine.four_eyes else known.acted
        return Known(known.machine, case, acted, _lacking(known, entry, values))

    def _permit(self, entry: Entry, here: Situation, lacking: frozenset[str]) -> None:
        allowed = self.permits(entry, here, bool(lacking))
        if allowed is False:
            raise Otherwise(f"the policy of then does not allow {entry['event']} to {', '.join(sorted(here.roles))}")
        self.permitted += allowed is True
        self.not_permitted += allowed is None

    def _resting(self, known: Known, here: OnCase, entry: Entry, lacking: frozenset[str]) -> Resting | None:
        """Where the event takes the case; None where that cannot be said, which is counted."""
        machine, case = known.machine, known.case
        found = machine.candidates(case.states, here.event)
        if not found:
            raise Otherwise(f"nothing takes {here.event} from {case.state}")
        if any(unknown(arc, lacking) for arcs in found for arc in arcs):
            one = self._some_edge(known, entry, [arc for arcs in found for arc in arcs])
            if one is None and len(found) == 1:
                raise Otherwise(f"no transition of {here.event} leads from {case.state} to {entry['target']}")
            self.undecided[NO_VALUES] += 1
            return one
        arcs = machine.select(
            case.states, case.memory, here.event, lambda arc: not arc.conditional or is_open(here, arc)
        )
        if not arcs:
            raise Otherwise(f"no guard of {here.event} holds")
        resting = _rests(lambda: machine.rest(case.states, case.memory, arcs))
        _ends(entry, resting)
        self.decided += 1
        return resting

    def _some_edge(self, known: Known, entry: Entry, arcs: Iterable[Arc]) -> Resting | None:
        for arc in arcs:
            resting = _rests(partial(known.machine.rest, known.case.states, known.case.memory, [arc]))
            if resting.state == entry["target"]:
                return resting
        return None


def _rests(rest: Callable[[], Resting]) -> Resting:
    try:
        return rest()
    except NeverRests:
        raise Otherwise("it would lead round in a circle") from None


def _ends(entry: Entry, resting: Resting) -> None:
    if resting.state != entry["target"]:
        raise Otherwise(f"{entry['event']} leads to {resting.state}, not to {entry['target']}")


def _corrected(known: Known, entry: Entry, values: Values) -> Known:
    """After an entry that moves nothing: only a correction gives data."""
    told = values if entry["kind"] == CORRECTED else {}
    lacking = _lacking(known, entry, values) if entry["kind"] == CORRECTED else known.lacking
    return replace(known, case=after(known.case, entry, told), lacking=lacking)


def _lacking(known: Known, entry: Entry, values: Values) -> frozenset[str]:
    now_known = {path for path in (*values, *entry.get("removed", ())) if path.startswith("/data/")}
    return (known.lacking - now_known) | {path for path in lacking_of(entry, values) if path.startswith("/data/")}


def _here(known: Known, entry: Entry, values: Values) -> OnCase:
    at = parse_rfc3339(entry["at"])
    around = Surroundings(acted=known.acted)
    here = OnCase(attempt=attempt_of(entry, values), at=at, case=known.case, around=around, **_around(known.machine))
    here.__dict__["roles"] = _roles(entry)
    return here


def _roles(entry: Entry) -> frozenset[str]:
    """As they were, those on the case too."""
    return frozenset(entry["actor"]["roles"]) | {"*"}


def _around(machine: Machine) -> dict[str, Any]:
    """Nobody asks the policy, and nothing is sealed."""
    return {"machine": machine, "policy": cast(Policy, None), "new_salt": bytes}
