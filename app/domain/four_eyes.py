"""Four eyes: who has to be somebody else than those who acted before on a case, or one of them."""

from app.domain.case import Attempt
from app.domain.errors import Reason
from app.domain.machine import Arc
from app.domain.situation import Situation


def caller_counts(attempt: Attempt) -> bool:
    """Whether the caller counts beside the one acted for: people do, a service that imports a history does not."""
    return attempt.on_behalf_of is not None and attempt.actor.id.startswith("user:")


def eyes(attempt: Attempt) -> tuple[str, ...]:
    """Those who act, each of whom four eyes is asked for."""
    return (attempt.acting, attempt.actor.id) if caller_counts(attempt) else (attempt.acting,)


def four_eyes_reasons(here: Situation, arc: Arc) -> tuple[Reason, ...]:
    """What four eyes says no to: who acted before, or did not."""
    reasons = []
    who = eyes(here.attempt)
    too = ", not for somebody else either" if caller_counts(here.attempt) else ""
    mine = [event for event in arc.unless_actor_of if any(_acted(here, one, event) for one in who)]
    if mine:
        message = f"whoever fired {_either(mine)} on this case may not {arc.event} it{too}"
        reasons.append(Reason("four_eyes", message, "someone else has to do it", {"events": mine}))
    only = list(arc.only_actor_of)
    if only and not all(any(_acted(here, one, event) for event in only) for one in who):
        message = f"only who fired {_either(only)} on this case may {arc.event} it{too and ', for somebody else too'}"
        reasons.append(Reason("four_eyes", message, f"who fired {_either(only)} has to do it", {"events": only}))
    return tuple(reasons)


def _acted(here: Situation, who: str, event: str) -> bool:
    return who in here.around.acted.get(event, frozenset())


def _either(names: list[str]) -> str:
    return " or ".join(names)
