"""API keys and rate limits as the stores keep them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.policy.scope import Scope
from app.services.store.callers import Spending, StoredKey
from app.services.store.failures import Refused
from tests.factories import OPENED, TENANT, new_id
from tests.house import change

HOUR_US = 3_600_000_000


def a_key(**values) -> StoredKey:
    made = StoredKey(
        tenant=TENANT,
        id=new_id(),
        title="Import",
        subject="service:import",
        roles=frozenset({"role:clerk"}),
        scope=Scope(),
        hash="ab" * 32,
        created_by="user:root",
        created_at=OPENED,
    )
    return replace(made, **values)


async def added(store, *keys: StoredKey) -> None:
    async with store.transaction(TENANT) as tx:
        for key in keys:
            await tx.add_api_key(key)


async def revoked(store, key: StoredKey):
    async with store.transaction(TENANT) as tx:
        return await tx.revoke_api_key(key.tenant, key.id, "user:root", OPENED)


async def live(store, *keys: StoredKey):
    found, _ = await store.live_api_keys([(key.tenant, key.id) for key in keys])
    return found


async def test_a_key_is_kept_as_it_was_made(store):
    narrow = a_key(scope=Scope(frozenset({"submit"}), frozenset()), expires_at=OPENED + timedelta(days=36_500))
    wide = a_key()
    await added(store, narrow, wide)
    assert await live(store, narrow, wide) == {(TENANT, key.id): key for key in (narrow, wide)}
    assert await store.api_keys(TENANT, None, 10) == [narrow, wide]
    assert await store.api_keys(TENANT, narrow.id, 10) == [wide]
    assert await store.api_keys(TENANT, None, 1) == [narrow]
    assert await store.api_keys("globex", None, 10) == []


async def test_neither_an_expired_key_nor_a_revoked_nor_an_unknown_one_is_live(store):
    expired, gone, good = a_key(expires_at=OPENED - timedelta(days=3000)), a_key(), a_key()
    await added(store, expired, gone, good)
    await revoked(store, gone)
    assert set(await live(store, expired, gone, good, a_key())) == {(TENANT, good.id)}
    found, at = await store.live_api_keys([("globex", good.id)])
    assert (found, at.tzinfo is not None) == ({}, True)


async def test_a_key_is_revoked_once(store):
    key = a_key()
    await added(store, key)
    first, changed = await revoked(store, key)
    assert (first.revoked_by, first.revoked_at, changed) == ("user:root", OPENED, True)
    assert await revoked(store, key) == (first, False)
    assert await revoked(store, a_key()) == (None, False)


async def test_nobody_makes_a_revoked_key_good_again(store, database):
    key = a_key()
    await added(store, key)
    await revoked(store, key)
    with pytest.raises(Exception, match="stays revoked"):
        await change(database, "UPDATE api_key SET revoked_at = NULL, revoked_by = NULL")


async def test_two_keys_with_one_id_are_refused(store):
    key = a_key()
    await added(store, key)
    with pytest.raises(Refused):
        await added(store, key)


async def test_when_a_key_was_last_used_only_grows(store):
    key = a_key()
    await added(store, key)
    for days in (1, 2, 1):
        await store.note_api_key_uses({(TENANT, key.id): OPENED + timedelta(days=days)})
    (kept,) = await store.api_keys(TENANT, None, 10)
    assert kept.last_used_at == OPENED + timedelta(days=2)
    await store.note_api_key_uses({})


async def test_what_processes_spend_adds_up(store):
    told = [Spending(TENANT, "user:alice", HOUR_US, 3), Spending(TENANT, "user:bob", 0, 1)]
    first = {one.subject: one for one in await store.settle_rates(told)}
    assert (first["user:alice"].backlog_us, first["user:alice"].asked) == (HOUR_US, 3)
    assert first["user:bob"].backlog_us <= 0
    (second,) = await store.settle_rates(told[:1])
    assert second.asked == 6
    assert HOUR_US * 1.9 < second.backlog_us <= HOUR_US * 2
    assert await store.settle_rates([]) == []


async def test_many_subjects_are_settled_at_once_from_many_sides(store):
    told = [Spending(TENANT, f"user:u{n}", HOUR_US, 1) for n in range(1500)]
    await asyncio.gather(*(store.settle_rates(told[::step]) for step in (1, -1)))
    settled = await store.settle_rates(told)
    assert {one.subject for one in settled} == {one.subject for one in told}
    assert {one.asked for one in settled} == {3}


async def test_full_buckets_are_forgotten(store):
    await store.settle_rates([Spending(TENANT, "user:full", 0, 5), Spending(TENANT, "user:busy", HOUR_US, 5)])
    await store.forget_rates()
    told = [Spending(TENANT, name, 0, 1) for name in ("user:full", "user:busy")]
    assert {one.subject: one.asked for one in await store.settle_rates(told)} == {"user:full": 1, "user:busy": 6}
