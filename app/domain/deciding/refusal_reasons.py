"""Why an attempt is refused, in sentences: what said no, with the values it saw, and what would say yes."""

from app.domain.deciding.four_eyes import four_eyes_reasons
from app.domain.deciding.situation import OnCase, Situation
from app.domain.definition import titles
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc
from app.domain.values.errors import Reason

MOST_NAMED = 3


def state_reason(here: OnCase) -> Reason:
    """No transition takes the event from where the case is."""
    sources = sorted(here.machine.arcs.get(here.event, {}))
    closed = here.machine.graph.closed(here.case.states)
    remedy = "a closed case takes no event" if closed else _leave_from(here, sources)
    case_type = here.machine.case_type
    state, can = titles.of_states(case_type, here.case.states), titles.cannot(case_type, here.event)
    of = " a case that" if can == f"cannot {here.event}" else " while the case"
    return Reason(
        code="state",
        message=f"{can}{of} is {state}",
        remedy=remedy,
        detail={"states": list(here.case.states), "open_states": [] if closed else sources},
    )


def circle_reason(here: Situation, circle: NeverRests) -> Reason:
    """The event could be taken, but no case would ever come to rest after it."""
    done = " and ".join(circle.sources[:MOST_NAMED])
    cannot = titles.cannot(here.machine.case_type, here.event)
    return Reason(
        code="state",
        message=f"{cannot} now: `on_done` of {done} would lead round in a circle without end",
        remedy=f"whoever declares {here.machine.case_type.case_type} has to let it lead to a state that waits",
        detail={"states": list(here.case.states) if here.case else [], "open_states": []},
    )


def is_open(here: OnCase, arc: Arc) -> bool:
    """Whether one transition may be taken; why not costs more than the answer, and is asked only where none may."""
    if (arc.unless_actor_of or arc.only_actor_of) and four_eyes_reasons(here, arc):
        return False
    return arc.guard is None or arc.guard.is_true(here.view)


def arc_reasons(here: OnCase, arc: Arc) -> tuple[Reason, ...]:
    """What says no to one transition; empty where it may be taken."""
    return (*four_eyes_reasons(here, arc), *_guard(here, arc))


def _guard(here: OnCase, arc: Arc) -> tuple[Reason, ...]:
    if arc.guard is None:
        return ()
    truth = arc.guard.holds(here.view)
    if truth.value:
        return ()
    why = f"could not be evaluated ({truth.error})" if truth.error else "does not hold"
    return (
        Reason(
            code="guard",
            message=f"the guard `{arc.guard.text}` {why}",
            remedy=f"`{arc.guard.text}` has to hold",
            detail={"guard": arc.guard.text, "saw": arc.guard.saw(here.view), "to": arc.move.target},
        ),
    )


def _leave_from(here: OnCase, sources: list[str]) -> str:
    states = titles.of_states(here.machine.case_type, sources, " or ")
    if sources:
        return f"it takes a case that is {states}"
    named = titles.of_event(here.machine.case_type, here.event)
    return f"{f'`{named}`' if named == here.event else named} only opens a case"
