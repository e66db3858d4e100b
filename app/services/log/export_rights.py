"""Who may export which part of the tenant's log: `case:export` on the case types of it, or on all for all of it."""

from collections.abc import Sequence
from typing import Final

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import AUDIT
from app.domain.expressions.view import View
from app.domain.policy.verdict import Verdict
from app.services.definitions.definitions import Definitions
from app.services.policy.policies import Policies
from app.services.policy.tenant_admin import TENANT_WIDE, without

EXPORT: Final = "case:export"


class ExportRights:
    """Nothing is asked about a single case: a condition over `case` or `data` allows nothing, and denies."""

    def __init__(self, policies: Policies, definitions: Definitions) -> None:
        self._policies = policies
        self._definitions = definitions

    def verdict(self, actor: Actor, case_types: Sequence[str]) -> tuple[Verdict, str]:
        """Whether an actor may, and on what it was asked. The caller has caught up with the policy. No case types: the
        whole log, which takes the act on all of them; who has it on each that is declared has to audit all besides."""
        if case_types:
            return self._all_of(actor, EXPORT, case_types)
        everywhere = self._on(actor, EXPORT, TENANT_WIDE)
        declared = sorted(self._definitions.current)
        if everywhere.allowed or not declared or not self._on(actor, AUDIT, TENANT_WIDE).allowed:
            return everywhere, "all case types"
        verdict, _ = self._all_of(actor, EXPORT, declared)
        return verdict, "all case types"

    def _all_of(self, actor: Actor, act: str, case_types: Sequence[str]) -> tuple[Verdict, str]:
        for name in case_types:
            verdict = self._on(actor, act, name)
            if not verdict.allowed:
                break
        return verdict, name

    def _on(self, actor: Actor, act: str, case_type: str) -> Verdict:
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles)
        view = View({"actor": {"id": actor.id, "roles": sorted(roles), "on_behalf_of": None}})
        verdict = self._policies.engine.decide(actor.tenant, roles, case_type, act, lambda: view)
        if actor.scope is None or actor.scope.covers(case_type, act):
            return verdict
        return without(verdict, actor.scope.reason(case_type, act))
