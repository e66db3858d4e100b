"""What somebody reads of a log: asked of the policy once, as long as it stays as it is."""

from dataclasses import dataclass

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import ADMIN, AUDIT
from app.domain.expressions.expression import View
from app.services.cases.visibility import scoped
from app.services.policy.policies import Policies
from app.services.store.may_see import CaseStanding, sees
from app.services.store.stored import Visible

ANY_CASE_TYPE = "*"
MOST = 1_000
"""Readers whose rights are remembered."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose entries somebody reads: of the cases that they see, of those that they audit, and of no case."""

    visible: Visible
    audits: Visible | None
    oversees: bool

    @property
    def blind(self) -> bool:
        return not self.oversees and self.audits is None and not _sees_any(self.visible)

    def shows(self, standing: CaseStanding | None) -> bool:
        return sees(self.visible, standing) or (self.audits is not None and sees(self.audits, standing))


class KnownRights:
    """Whoever has fifty streams would ask fifty times for each entry."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._known: dict[Actor, Rights] = {}
        self._version = -1

    def of(self, actor: Actor) -> Rights:
        if not self.knows(actor):
            self._known[actor] = self._asked(actor)
        return self._known[actor]

    def knows(self, actor: Actor) -> bool:
        """Whether nothing is asked for this reader; what was known by another version of the policy is forgotten."""
        version = self._policies.engine.version
        if self._version != version or len(self._known) > MOST:
            self._known, self._version = {}, version
        return actor in self._known

    def _asked(self, actor: Actor) -> Rights:
        engine = self._policies.engine
        roles = engine.closure(actor.tenant, actor.id, actor.roles)
        visible = scoped(engine.visible(actor.tenant, actor.id, roles), actor.scope)
        audits = scoped(engine.auditable(actor.tenant, actor.id, roles), actor.scope, AUDIT)
        oversees = any(self._may_all(actor, roles, act) for act in (ADMIN, AUDIT))
        return Rights(visible, audits if _sees_any(audits) else None, oversees)

    def _may_all(self, actor: Actor, roles: frozenset[str], act: str) -> bool:
        if actor.scope is not None and not actor.scope.covers(ANY_CASE_TYPE, act):
            return False

        def see() -> View:
            asking = {"id": actor.id, "roles": sorted(roles), "on_behalf_of": None}
            return View({"data": {}, "payload": {}, "case": {}, "actor": asking, "now": None})

        return self._policies.engine.decide(actor.tenant, roles, ANY_CASE_TYPE, act, see).allowed


def _sees_any(visible: Visible) -> bool:
    return not visible.denied_all and bool(visible.all_types or visible.types or visible.by_role)
