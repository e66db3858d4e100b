"""What an event would do to a case if it were fired now, as far as that is sure without firing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.clocks.after_event import Clocks
from app.domain.clocks.state import STOPPED
from app.domain.deciding.case_after import moved
from app.domain.deciding.clocks_after import clocks_after
from app.domain.deciding.decide import fire, permit
from app.domain.deciding.outcome import Refusal
from app.domain.deciding.refusal_reasons import arc_reasons, circle_reason, state_reason
from app.domain.deciding.situation import OnCase
from app.domain.explaining.could_fire import entry_is_written, open_arcs
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc, Resting
from app.domain.values.errors import CaseError, GuardRefused, WrongState

Turn = Literal["starts", "pauses", "goes on", "ends", "is cancelled"]


@dataclass(frozen=True, slots=True)
class Ahead:
    """`to` is the state it leads to, None where what is entered tells; `clocks` what happens to which of them.

    `refused` where it would not apply: then nothing else is said.
    """

    to: str | None = None
    closes: bool = False
    clocks: Sequence[tuple[str, Turn]] = ()
    refused: CaseError | None = None


def ahead_of_form(here: OnCase) -> Ahead:
    """Before anything is entered."""
    try:
        permit(here)
        arcs, told_later = _open(here)
        resting = here.machine.rest(here.case.states, here.case.memory, arcs)
    except CaseError as error:
        return Ahead(refused=error)
    except NeverRests as circle:
        return Ahead(refused=_wrong_state(here, circle))
    if told_later:
        return Ahead()
    return Ahead(resting.state, resting.closed, () if entry_is_written(here, arcs) else _turns(here, resting))


def ahead_of_event(here: OnCase) -> Ahead:
    """Once it is entered: what the decision itself would be now."""
    decision = fire(here)
    if isinstance(decision, Refusal):
        return Ahead(refused=decision.error)
    case = decision.case
    after = decision.clocks.current if decision.clocks else here.clocks
    return Ahead(case.state, case.closed_at is not None, _changes(here.clocks, after))


def _open(here: OnCase) -> tuple[list[Arc], bool]:
    """The transitions that it takes as far as is known. Raises WrongState or GuardRefused where there is none."""
    candidates = here.machine.candidates(here.case.states, here.event)
    if not candidates:
        reason = state_reason(here)
        raise WrongState(reason.message, reasons=(reason,))
    arcs, told_later = open_arcs(here)
    if not arcs:
        asked = dict.fromkeys(arc for found in candidates for arc in found)
        reasons = tuple(reason for arc in asked for reason in arc_reasons(here, arc))
        raise GuardRefused(reasons[0].message, reasons=reasons)
    return arcs, told_later


def _wrong_state(here: OnCase, circle: NeverRests) -> WrongState:
    reason = circle_reason(here, circle)
    return WrongState(reason.message, reasons=(reason,))


def _turns(here: OnCase, resting: Resting) -> Sequence[tuple[str, Turn]]:
    if not here.machine.clocks:
        return ()
    try:
        after = clocks_after(here, moved(here, resting, here.case.data), here.event)
    except CaseError:
        return ()
    return _changes(here.clocks, after.current)


def _changes(before: Clocks, after: Clocks) -> Sequence[tuple[str, Turn]]:
    """When a clock is due, and whether it was met in time, its calendar says: that is not looked at here."""
    found: list[tuple[str, Turn]] = []
    for name, state in after.items():
        was = before[name].status if name in before else "pending"
        now = _standing(state.status)
        if now != _standing(was) and now in _TURNS:
            found.append((name, "goes on" if now == "running" and was == "paused" else _TURNS[now]))
    return tuple(found)


def _standing(status: str) -> str:
    return "ended" if status in STOPPED else status


_TURNS: Mapping[str, Turn] = {
    "running": "starts",
    "paused": "pauses",
    "ended": "ends",
    "cancelled": "is cancelled",
}
