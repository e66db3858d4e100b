"""Who stands how to a case."""

from collections.abc import Sequence

from app.domain.deciding.situation import OnCase


def standing(here: OnCase) -> Sequence[tuple[str, str]]:
    """(subject, role): the creator, the assignee, then everybody who was given a role, by name."""
    own = ((here.case.creator, "[creator]"), (here.case.assignee, "[assignee]"))
    held = [(subject, role) for subject, role in own if subject is not None]
    given = sorted((subject, role) for subject, roles in here.around.roles.items() for role in roles)
    return [*held, *given]
