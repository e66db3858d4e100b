"""Nobody takes the last administrator from a tenant, himself least of all, nor locks everybody out by a line."""

import asyncio

import pytest

from app.domain.values.errors import GuardRefused
from app.services.assembly import Assembly
from app.services.policy.policies import PolicySource
from app.services.policy.requests import AskedChange
from app.services.store.stored import PolicyFile, PolicyLine
from tests.house import ADMIN, actor
from tests.rulebook import add, member, remove, rule

ROSA, ROLF = actor("rosa"), actor("rolf")


async def test_the_last_administrator_cannot_remove_himself_nor_be_removed(house: Assembly) -> None:
    rosa = await add(house, ADMIN, member("rosa", "admin"))
    for who in (ROSA, ADMIN):
        with pytest.raises(GuardRefused, match="nobody to administer"):
            await remove(house, who, rosa.added[0].id)
    rolf = await add(house, ROSA, member("rolf", "admin"))
    await remove(house, ROSA, rosa.added[0].id)
    with pytest.raises(GuardRefused):
        await remove(house, ROLF, rolf.added[0].id)


async def test_an_administrator_by_token_does_not_count(house: Assembly) -> None:
    rosa = await add(house, ADMIN, member("rosa", "admin"))
    with pytest.raises(GuardRefused) as refused:
        await remove(house, ADMIN, rosa.added[0].id)
    assert {reason.detail["case_type"] for reason in refused.value.reasons} == {
        "*", "expense_claim", "incident", "permit",
    }  # fmt: skip


async def test_a_role_that_includes_the_administrator_s_counts(house: Assembly) -> None:
    """And whoever is given another role in the same step is an administrator after it."""
    await house.policies.apply(_operators_file(PolicyLine(kind="g", role="role:head", tenant="*", obj="role:admin")))
    rosa = await add(house, ADMIN, member("rosa", "head"))
    with pytest.raises(GuardRefused):
        await remove(house, ROSA, rosa.added[0].id)
    swapped = AskedChange(add=[member("rolf", "head")], remove=[rosa.added[0].id])
    assert (await house.policy_changes.change(ROSA, swapped)).removed == 1


async def test_two_last_administrators_who_remove_each_other_at_once_leave_one(house: Assembly) -> None:
    both = await add(house, ADMIN, member("rosa", "admin"), member("rolf", "admin"))
    first, second = (line.id for line in both.added)
    answers = await asyncio.gather(remove(house, ROSA, second), remove(house, ROLF, first), return_exceptions=True)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1


@pytest.mark.parametrize("role", ["*", "role:admin"])
@pytest.mark.parametrize("case_type", ["*", "permit"])
@pytest.mark.parametrize("when", ["", "data.anything", "actor.id != 'user:nobody'"])
async def test_a_deny_that_locks_everybody_out_is_refused(
    house: Assembly, role: str, case_type: str, when: str
) -> None:
    """Also where all administrators come by token."""
    if case_type == "permit" and when == "data.anything":
        when = "data.protected_area"
    with pytest.raises(GuardRefused, match="nobody to administer"):
        await add(house, ADMIN, rule(role, "case:admin", case_type, when=when, eft="deny"))


async def test_a_deny_that_leaves_somebody_is_a_line_like_any_other(house: Assembly) -> None:
    await add(house, ADMIN, rule("role:keeper", "case:admin", "*"), member("rosa", "keeper"))
    await add(house, ADMIN, rule("role:admin", "case:admin", "*", eft="deny"))
    with pytest.raises(GuardRefused):
        await add(house, ROSA, rule("role:keeper", "case:admin", "incident", eft="deny"))


async def test_a_role_that_brings_a_deny_does_not_reach_the_last_administrator(house: Assembly) -> None:
    await add(house, ADMIN, member("rosa", "admin"), rule("role:banned", "case:admin", "*", eft="deny"))
    with pytest.raises(GuardRefused):
        await add(house, ADMIN, member("rosa", "banned"))


def _operators_file(*lines: PolicyLine) -> PolicySource:
    return PolicySource(PolicyFile("operator.csv", "0" * 64), lines)
