"""The living policy and the definitions, kept by version."""

import asyncio
from dataclasses import replace

import pytest

from app.services.store.failures import Refused
from app.services.store.stored import PolicyChange, PolicyFile, PolicyLine
from tests.factories import TENANTS

CLERK = PolicyLine(
    kind="p", role="role:clerk", tenant="*", obj="expense_claim", act="triage", when='data.kind == "a, b"', eft="allow"
)
DENY = PolicyLine(kind="p", role="*", tenant="acme", obj="*", act="pay", eft="deny", source="expense_claim.csv")
ALICE = PolicyLine(kind="g", role="user:alice", tenant="acme", obj="role:clerk")


async def change(store, **values) -> int:
    async with store.transaction(*TENANTS, "*") as tx:
        return await tx.change_policy(PolicyChange(**values))


async def test_a_policy_starts_empty_at_version_zero(store):
    assert (await store.policy_version(), await store.policy_lines(), await store.policy_files()) == (0, [], [])


async def test_each_change_is_one_version(store):
    assert await change(store, add=[CLERK, DENY]) == 1
    first, second = await store.policy_lines()
    assert (replace(first, id=0), replace(second, id=0)) == (replace(CLERK, added=1), replace(DENY, added=1))
    assert await change(store, add=[ALICE], remove=[first.id]) == 2
    assert [line.role for line in await store.policy_lines()] == ["*", "user:alice"]
    assert await store.policy_version() == 2


async def test_since_a_version_come_the_lines_added_or_removed_after_it(store):
    await change(store, add=[CLERK, DENY])
    gone = (await store.policy_lines())[0]
    await change(store, add=[ALICE])
    await change(store, remove=[gone.id])
    assert [(line.added, line.removed) for line in await store.policy_lines(since=1)] == [(1, 3), (2, None)]
    assert [line.id for line in await store.policy_lines(since=2)] == [gone.id]
    assert await store.policy_lines(since=3) == []


async def test_a_line_that_is_not_in_force_cannot_be_removed(store):
    await change(store, add=[CLERK])
    (line,) = await store.policy_lines()
    await change(store, remove=[line.id])
    with pytest.raises(Refused, match="not in force"):
        await change(store, remove=[line.id], add=[ALICE])
    assert await store.policy_version() == 2


async def test_a_file_is_remembered_with_its_last_hash(store):
    await change(store, file=PolicyFile("a.csv", "1" * 64))
    await change(store, file=PolicyFile("b.csv", "2" * 64))
    await change(store, file=PolicyFile("a.csv", "3" * 64))
    assert await store.policy_files() == [PolicyFile("a.csv", "3" * 64), PolicyFile("b.csv", "2" * 64)]


async def test_changes_at_once_get_versions_of_their_own(store):
    versions = await asyncio.gather(*(change(store, add=[CLERK]) for _ in range(6)))
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]
    assert sorted(line.added for line in await store.policy_lines()) == [1, 2, 3, 4, 5, 6]


async def test_thousands_of_lines_are_one_change(store):
    await change(store, add=[replace(CLERK, obj=f"type_{n}") for n in range(3000)])
    lines = await store.policy_lines()
    assert [line.obj for line in lines] == [f"type_{n}" for n in range(3000)]
    await change(store, remove=[line.id for line in lines])
    assert await store.policy_lines() == []


async def define(store, case_type: str, digest: str):
    async with store.transaction() as tx:
        stored, _ = await tx.add_definition(case_type, digest, f'{{"case_type":"{case_type}"}}')
    return stored


async def test_a_definition_gets_the_next_version_of_its_case_type(store):
    made = [await define(store, *of) for of in (("claim", "a"), ("claim", "b"), ("permit", "c"))]
    assert [(d.case_type, d.version) for d in made] == [("claim", 1), ("claim", 2), ("permit", 1)]
    assert await store.definitions() == made
    assert await store.definitions(["b", "c", "z"]) == made[1:]
    assert await store.definitions([]) == []


async def test_the_same_definition_again_changes_nothing(store):
    first = await define(store, "claim", "a")
    await define(store, "claim", "b")
    assert await define(store, "claim", "a") == first
    assert len(await store.definitions()) == 2


async def test_definitions_added_at_once_get_versions_of_their_own(store):
    made = await asyncio.gather(*(define(store, "claim", digest) for digest in "abcabc"))
    assert sorted({d.version for d in made}) == [1, 2, 3]
    assert len(await store.definitions()) == 3
