"""What only those may do who administer a whole tenant: asked of the policy in force, and logged where it says no."""

from datetime import datetime

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import ADMIN
from app.domain.expressions.view import View
from app.domain.policy.verdict import Verdict
from app.domain.values.errors import Denied, Reason
from app.domain.values.json import Json, JsonObject
from app.services.entries.actors import actor_json
from app.services.entries.refusals import CountedRefusal, Refusals
from app.services.entries.writing import entry_of, write
from app.services.policy.policies import Policies
from app.services.store.transactions import Recording

TENANT_WIDE = "*"
"""The case type that only lines over all case types are about."""


def verdict_on(policies: Policies, actor: Actor, at: datetime) -> Verdict:
    """Whether an actor administers its tenant. The caller has caught up with the policy."""
    roles = policies.engine.closure(actor.tenant, actor.id, actor.roles)
    seen = {"id": actor.id, "roles": sorted(roles), "on_behalf_of": None}
    view = View({"actor": seen, "now": at})
    verdict = policies.engine.decide(actor.tenant, roles, TENANT_WIDE, ADMIN, lambda: view)
    if actor.scope is None or actor.scope.covers(TENANT_WIDE, ADMIN):
        return verdict
    return without(verdict, actor.scope.reason(TENANT_WIDE, ADMIN))


def without(verdict: Verdict, reason: Reason) -> Verdict:
    """A verdict that one more thing says no to, beside the policy."""
    return Verdict(False, None if verdict.allowed else verdict.rule, verdict.policy, (*verdict.reasons, reason))


async def log_refusal(
    tx: Recording,
    policies: Policies,
    refusals: Refusals,
    actor: Actor,
    at: datetime,
    attempted: JsonObject,
    verdict: Verdict,
    act: str = ADMIN,
    on: str = "all case types",
) -> Denied:
    """Record a `denied` entry, or count it, and return the error to raise once it is committed."""
    denied = Denied(f"this needs {act} on {on}", reasons=verdict.reasons)
    if not refusals.singly((actor.tenant, actor.id)):
        refusals.count([CountedRefusal((actor.tenant, actor.id), Denied.code, act, at)])
        return denied
    says = {
        **attempted,
        "act": act,
        "policy": {"hash": verdict.policy, "rule": verdict.rule},
        "code": Denied.code,
        "refused_by": [_named(reason) for reason in verdict.reasons],
    }
    who = actor_json(actor, policies.engine.closure(actor.tenant, actor.id, actor.roles))
    await write(tx, entry_of("denied", actor.tenant, at, actor=who, says=says))
    return denied


def _named(reason: Reason) -> Json:
    return {"code": reason.code, **({"rule": reason.detail["rule"]} if "rule" in reason.detail else {})}
