"""Whether an attempt would apply, whatever stands in the payload that nobody has sent yet."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice

from app.domain.clocks.dates import check_dates
from app.domain.deciding.data_after import assigned
from app.domain.deciding.four_eyes import four_eyes_reasons
from app.domain.deciding.refusal_reasons import is_open
from app.domain.deciding.situation import OnCase
from app.domain.expressions.expression import Expression
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc
from app.domain.values.errors import CaseError

MOST_SELECTIONS = 64
"""What a payload may tell, for one event: that is looked at."""


class Could(StrEnum):
    NO = "no"
    YES = "yes"
    WITH_PAYLOAD = "payload"


def could_fire(here: OnCase) -> Could:
    """YES with any payload that its schema takes (and a reason where one is required); WITH_PAYLOAD where it tells."""
    if here.event not in here.machine.case_type.events or not here.allows(here.event):
        return Could.NO
    for arcs, told_later in _looked_at(here):
        could = _taking(here, arcs) if arcs else Could.NO
        if could is not Could.NO:
            return Could.WITH_PAYLOAD if told_later else could
    return Could.NO


def open_arcs(here: OnCase) -> tuple[list[Arc], bool]:
    """The transitions that the event takes as far as is known, and whether the payload may tell otherwise. Where it
    tells, those after which the case comes to rest, if there are any."""
    first: tuple[list[Arc], bool] | None = None
    for arcs, told_later in _looked_at(here):
        if arcs and rests(here, arcs):
            return arcs, told_later
        first = first or (arcs, told_later)
    assert first is not None
    return first


def rests(here: OnCase, arcs: list[Arc]) -> bool:
    """Whether a case comes to rest once these are taken: completions may lead round in a circle."""
    try:
        here.machine.rest(here.case.states, here.case.memory, arcs)
    except NeverRests:
        return False
    return True


def payload_tells(expression: Expression | None) -> bool:
    """Whether an expression reads the payload."""
    return expression is not None and any(path.split(".")[0] == "payload" for path in expression.reads)


def entry_tells(here: OnCase, guard: Expression | None) -> bool:
    """Whether what somebody has still to enter tells what a guard says."""
    if guard is None or not guard.of_after:
        return payload_tells(guard)
    return payload_tells(guard) or entry_is_written(here)


def entry_is_written(here: OnCase, arcs: Iterable[Arc] = ()) -> bool:
    """Whether what somebody has still to enter becomes data, by the event or by these transitions."""
    sets = (*here.machine.event_sets[here.event], *(pair for arc in arcs for pair in arc.set))
    return here.form is not None or any(payload_tells(expression) for _, expression in sets)


def _taking(here: OnCase, arcs: list[Arc]) -> Could:
    """What comes of an event that takes these, but for the payload's own faults."""
    if not rests(here, arcs):
        return Could.NO
    if entry_is_written(here, arcs):
        return Could.WITH_PAYLOAD
    try:
        check_dates(here.machine.clocks, here.case.data, assigned(here, arcs))
    except CaseError:
        return Could.NO
    return Could.YES


def _looked_at(here: OnCase) -> Iterator[tuple[list[Arc], bool]]:
    return islice(_selections(here), MOST_SELECTIONS)


def _selections(here: OnCase) -> Iterator[tuple[list[Arc], bool]]:
    """What the event takes, and whether the payload tells: one for each way in which it may answer the guards that are
    asked, all of them with yes first."""
    assumed: dict[str, bool] = {}

    def enabled(arc: Arc) -> bool:
        if arc.guard is None or not entry_tells(here, arc.guard):
            return is_open(here, arc)
        return not four_eyes_reasons(here, arc) and assumed.setdefault(arc.guard.text, True)

    while True:
        arcs = here.machine.select(here.case.states, here.case.memory, here.event, enabled)
        yield arcs, bool(assumed)
        while assumed and not assumed[last := next(reversed(assumed))]:
            del assumed[last]
        if not assumed:
            return
        assumed[last] = False
