"""Who runs the service or a command on its machine, as the entries of what only they can do name them."""

from app.domain.values.json import Json

UNNAMED = "operator:unnamed"


def told_of_operator(reference: str) -> Json:
    """The actor of an entry: there is no token, and no right that could be asked."""
    return {"reference": reference, "roles": [], "authenticated": "process", "on_behalf_of": None}
