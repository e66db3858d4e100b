"""What may be fired on a case now, and for everything else what says no and who could."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from app.domain.deciding.refusal_reasons import arc_reasons, circle_reason, state_reason
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import PossibleAct
from app.domain.explaining.could_fire import open_arcs
from app.domain.explaining.what_would_help import Way, what_would_help
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc
from app.domain.values.errors import Reason
from app.domain.values.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleEvent:
    """An event that may be fired now. `to` is the state it leads to, or None where a guard needs the payload
    to tell; `needs` is `payload` in that case."""

    event: str
    title: str | None
    to: str | None
    payload_schema: Json | None
    reason: str | None
    needs: str | None = None
    form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """`acts` are what may be done besides events."""

    events: Sequence[PossibleEvent]
    refused: Sequence[RefusedEvent] = ()
    acts: Sequence[PossibleAct] = ()


def widely(here: OnCase) -> OnCase:
    """The same where much is asked at once; the roles stay, and what is seen is made anew."""
    asked = replace(here, wide=True)
    asked.__dict__.update(roles=here.roles)
    return asked


def possible(here: OnCase, explain: bool) -> Generator[None, None, Possible]:
    """Every event of the definition, as the actor of `here` stands to it. Yields where others may have a turn.

    What an event that is not possible lacks is looked for where somebody wants to see it only.
    """
    here = widely(here)
    events, refused = [], []
    for name, declared in here.machine.case_type.events.items():
        if not declared.transitions:  # it only opens cases
            continue
        answer = _possible(here, name)
        if answer is not None:
            events.append(answer)
        elif explain:
            refused.append((yield from _refused(here.asking(name))))
        yield
    return Possible(tuple(events), tuple(refused))


def _possible(here: OnCase, name: str) -> PossibleEvent | None:
    if not here.machine.candidates(here.case.states, name) or not here.allows(name):
        return None
    arcs, told_later = open_arcs(here.asking(name))
    if not arcs:
        return None
    event = here.machine.case_type.events[name]
    try:
        state = here.machine.rest(here.case.states, here.case.memory, arcs).state
    except NeverRests:
        return None
    to, needs = (None, "payload") if told_later else (state, None)
    return PossibleEvent(
        event=name,
        title=event.title,
        to=to,
        payload_schema=event.payload,
        reason=event.reason,
        needs=needs,
        form=event.form is not None,
    )


def _refused(here: OnCase) -> Generator[None, None, RefusedEvent]:
    event = here.machine.case_type.events[here.event]
    who = here.policy.who_could(here.attempt.tenant, here.machine.case_type.case_type, here.event)
    reasons = why_not(here)
    yield
    return RefusedEvent(
        event=here.event, title=event.title, reasons=reasons, who_could=who, ways=(yield from what_would_help(here))
    )


def why_not(here: OnCase) -> tuple[Reason, ...]:
    """What says no to the event of `here`, which is not possible now."""
    verdict = here.decide(here.event)
    said = verdict.reasons if not verdict.allowed else ()
    candidates = here.machine.candidates(here.case.states, here.event)
    if not candidates:
        return (*said, state_reason(here))
    arcs, _ = open_arcs(here)
    if arcs:
        return said or _circle(here, arcs)
    asked = dict.fromkeys(arc for arcs in candidates for arc in arcs)
    return (*said, *(reason for arc in asked for reason in arc_reasons(here, arc)))


def _circle(here: OnCase, arcs: list[Arc]) -> tuple[Reason, ...]:
    """Nothing else says no."""
    try:
        here.machine.rest(here.case.states, here.case.memory, arcs)
    except NeverRests as circle:
        return (circle_reason(here, circle),)
    return ()
