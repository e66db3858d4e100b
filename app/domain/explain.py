"""What may be fired on a case now, and for everything else what says no and who could."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.case import Json
from app.domain.completing import NeverRests
from app.domain.could_fire import payload_tells
from app.domain.errors import Reason
from app.domain.four_eyes import four_eyes_reasons
from app.domain.machine import Arc
from app.domain.refusing import arc_reasons, circle_reason, state_reason
from app.domain.situation import Situation
from app.domain.ways import Way, ways


@dataclass(frozen=True, slots=True)
class PossibleEvent:
    """An event that may be fired now. `to` is the state it leads to, or None where a guard needs the payload
    to tell; `needs` is `payload` in that case."""

    event: str
    title: str | None
    to: str | None
    payload_schema: Json | None
    reason: str | None
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that may not be fired now: what says no, the roles that could, and what would allow it.

    Each of `ways` is enough: all that it names has to be so.
    """

    event: str
    title: str | None
    reasons: tuple[Reason, ...]
    who_could: tuple[str, ...]
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Possible:
    events: Sequence[PossibleEvent]
    refused: Sequence[RefusedEvent] = ()


def possible(here: Situation, explain: bool) -> Possible:
    """Every event of the definition, as the actor of `here` stands to it."""
    events, refused = [], []
    for name in here.machine.case_type.events:
        asked = replace(here, attempt=replace(here.attempt, event=name))
        answer = _event(asked)
        if isinstance(answer, PossibleEvent):
            events.append(answer)
        elif explain:
            refused.append(answer)
    return Possible(tuple(events), tuple(refused))


def _event(here: Situation) -> PossibleEvent | RefusedEvent:
    assert here.case is not None
    verdict = here.decide(here.event)
    reasons = list(verdict.reasons if not verdict.allowed else ())
    if not here.machine.candidates(here.case.states, here.event):
        return _refused(here, [*reasons, state_reason(here)])
    refused: dict[Arc, tuple[Reason, ...]] = {}
    open_question = False

    def enabled(arc: Arc) -> bool:
        nonlocal open_question
        if payload_tells(arc.guard) and not four_eyes_reasons(here, arc):
            open_question = True
            return True
        refused[arc] = arc_reasons(here, arc)
        return not refused[arc]

    arcs = here.machine.select(here.case.states, here.case.memory, here.event, enabled)
    if not arcs:
        reasons += [reason for found in refused.values() for reason in found]
    if reasons:
        return _refused(here, reasons)
    if open_question:
        return _possible(here, None)
    try:
        return _possible(here, here.machine.rest(here.case.states, here.case.memory, arcs).state)
    except NeverRests as circle:
        return _refused(here, [circle_reason(here, circle)])


def _possible(here: Situation, to: str | None) -> PossibleEvent:
    event = here.machine.case_type.events[here.event]
    needs = "payload" if to is None else None
    return PossibleEvent(here.event, event.title, to, event.payload, event.reason, needs)


def _refused(here: Situation, reasons: list[Reason]) -> RefusedEvent:
    event = here.machine.case_type.events[here.event]
    who = here.policy.who_could(here.attempt.tenant, here.machine.case_type.case_type, here.event)
    return RefusedEvent(here.event, event.title, tuple(reasons), who, ways(here))
