"""Words for tests that change the policy of a tenant as its administrators do."""

from typing import Any

from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from app.services.policy.requests import AskedChange, ChangedPolicy
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import PolicyLine
from tests.factories import TENANT


def rule(role: str, act: str, case_type: str = "expense_claim", when: str = "", eft: str = "allow") -> PolicyLine:
    """A line of the tenant's own."""
    return PolicyLine(kind="p", role=role, tenant=TENANT, obj=case_type, act=act, when=when, eft=eft)


def member(user: str, role: str, tenant: str = TENANT) -> PolicyLine:
    return PolicyLine(kind="g", role=f"user:{user}", tenant=tenant, obj=f"role:{role}")


async def add(house: Assembly, by: Actor, *lines: PolicyLine, **asked: Any) -> ChangedPolicy:
    return await house.policy_changes.change(by, AskedChange(add=lines, **asked))


async def remove(house: Assembly, by: Actor, *ids: int, **asked: Any) -> ChangedPolicy:
    return await house.policy_changes.change(by, AskedChange(remove=ids, **asked))


async def lines(house: Assembly, by: Actor, **query: Any) -> list[PolicyLine]:
    return list((await house.policy_changes.find(by, LineQuery(tenant=by.tenant, **{"limit": 200} | query))).lines)
