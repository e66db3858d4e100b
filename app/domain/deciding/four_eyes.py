"""Four eyes: who has to be somebody else than those who acted before on a case, or one of them."""

from app.domain.deciding.rounds import in_this_round
from app.domain.deciding.situation import OnCase
from app.domain.deciding.whose_eyes import caller_counts, eyes
from app.domain.definition import titles
from app.domain.machine.machine import Arc
from app.domain.values.errors import Reason
from app.domain.values.json import Json


def four_eyes_reasons(here: OnCase, arc: Arc) -> tuple[Reason, ...]:
    """What four eyes says no to: who acted before, or did not."""
    reasons = []
    who = eyes(here.attempt)
    too = ", not for somebody else either" if caller_counts(here.attempt) else ""
    since = arc.unless_since
    mine = [event for event in arc.unless_actor_of if any(_acted(here, one, event, since) for one in who)]
    if mine:
        message = (
            f"whoever fired {_either(here, mine)} on this case{_since(here, since)} may not {_do(here, arc.event)}{too}"
        )
        reasons.append(Reason("four_eyes", message, "someone else has to do it", {"events": mine, **_detail(since)}))
    only, since = list(arc.only_actor_of), arc.only_since
    if only and not all(any(_acted(here, one, event, since) for event in only) for one in who):
        fired, others = f"who fired {_either(here, only)}", too and ", for somebody else too"
        message = f"only {fired} on this case{_since(here, since)} may {_do(here, arc.event)}{others}"
        remedy = f"{fired}{_since(here, since)} has to do it"
        reasons.append(Reason("four_eyes", message, remedy, {"events": only, **_detail(since)}))
    return tuple(reasons)


def _acted(here: OnCase, who: str, event: str, since: str | None) -> bool:
    return who in here.around.acted.get(event, frozenset()) and in_this_round(here.case, who, event, since)


def _since(here: OnCase, state: str | None) -> str:
    return f" since it last came into {titles.of_state(here.machine.case_type, state)}" if state else ""


def _do(here: OnCase, event: str) -> str:
    doing = titles.fire(here.machine.case_type, event)
    return f"{event} it" if doing == event else doing


def _detail(since: str | None) -> dict[str, Json]:
    return {"since": since} if since else {}


def _either(here: OnCase, names: list[str]) -> str:
    return " or ".join(titles.of_event(here.machine.case_type, name) for name in names)
