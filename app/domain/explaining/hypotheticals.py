"""The same situation with one thing otherwise: another person, one more role, another state."""

from dataclasses import replace

from app.domain.case.attempt import ANYONE, Actor
from app.domain.deciding.rounds import rounds_begun
from app.domain.deciding.situation import OnCase


def as_subject(here: OnCase, subject: str, roles: frozenset[str] = frozenset()) -> OnCase:
    """Somebody else asks, with these roles beside its own, and stands to the case as it does."""
    actor = Actor(tenant=here.attempt.tenant, id=subject, roles=roles, authenticated=here.attempt.actor.authenticated)
    return replace(here, attempt=replace(here.attempt, actor=actor))


def with_role(here: OnCase, role: str) -> OnCase | None:
    """The one who asks has one more role; None where nobody can be given it, as that of the creator."""
    actor = here.attempt.actor
    if role == ANYONE:
        return here
    if role == "[creator]":
        return None
    if role == "[assignee]":
        return replace(here, case=replace(here.case, assignee=actor.id))
    if role.startswith("["):
        given = here.around.roles.get(actor.id, frozenset()) | {role}
        return replace(here, around=replace(here.around, roles={**here.around.roles, actor.id: given}))
    return as_subject(here, actor.id, actor.roles | {role})


def in_state(here: OnCase, state: str) -> OnCase:
    """The case is where it would be if it had been opened in that state."""
    configuration = here.machine.graph.enter(state)
    rounds = rounds_begun(here.machine, here.case, configuration)
    state = "+".join(configuration)
    return replace(here, case=replace(here.case, state=state, memory={}, rounds=rounds, closed_at=None))
