"""Whether an attempt would apply, whatever stands in the payload that nobody has sent yet."""

from enum import StrEnum

from app.domain.decide import assigned
from app.domain.errors import Invalid
from app.domain.four_eyes import four_eyes_reasons
from app.domain.guard import Expression
from app.domain.machine import Arc
from app.domain.refusing import is_open
from app.domain.situation import Situation


class Could(StrEnum):
    NO = "no"
    YES = "yes"
    WITH_PAYLOAD = "payload"


def could_fire(here: Situation) -> Could:
    """YES with any payload that its schema takes (and a reason where one is required); WITH_PAYLOAD where it tells."""
    assert here.case is not None
    if here.event not in here.machine.case_type.events or not here.allows(here.event):
        return Could.NO
    arcs, told_later = open_arcs(here)
    if not arcs:
        return Could.NO
    assignments = here.machine.event_sets[here.event] + tuple(pair for arc in arcs for pair in arc.set)
    if told_later or any(payload_tells(expression) for _, expression in assignments):
        return Could.WITH_PAYLOAD
    try:
        assigned(here, assignments)
    except Invalid:
        return Could.NO
    return Could.YES


def open_arcs(here: Situation) -> tuple[list[Arc], bool]:
    """The transitions that the event takes as far as is known, and whether the payload may tell otherwise."""
    assert here.case is not None
    told_later = False

    def enabled(arc: Arc) -> bool:
        nonlocal told_later
        if not payload_tells(arc.guard):
            return is_open(here, arc)
        told_later = told_later or not four_eyes_reasons(here, arc)
        return not four_eyes_reasons(here, arc)

    return here.machine.select(here.case.states, here.case.memory, here.event, enabled), told_later


def payload_tells(expression: Expression | None) -> bool:
    """Whether an expression reads the payload."""
    return expression is not None and any(path.split(".")[0] == "payload" for path in expression.reads)
