"""Who did it, as the entries that services write name them: a caller, or who runs the service on its machine."""

from collections.abc import Set

from app.domain.case.attempt import Actor
from app.domain.values.json import Json

UNNAMED = "operator:unnamed"


def actor_json(actor: Actor, roles: Set[str]) -> Json:
    """Somebody who called, with the roles by which it was decided."""
    return {
        "reference": actor.id,
        "roles": sorted(roles - {"*"}),
        "authenticated": actor.authenticated,
        "on_behalf_of": None,
    }


def operator_json(reference: str) -> Json:
    """Who runs a command: there is no token, and no right that could be asked."""
    return {"reference": reference, "roles": [], "authenticated": "process", "on_behalf_of": None}
