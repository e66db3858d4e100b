"""What locking a case means, and what an idempotency key holds."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.db import open_store
from app.services.store.failures import Refused
from app.services.store.stored import Acted, AnswerKey, CaseKey, PolicyChange, PolicyLine, Record
from tests.databases import Database
from tests.factories import ALICE, BOB, TENANT, TENANTS, a_case, an_answer, moved, moving, opening

LINE = PolicyLine(kind="p", role="role:clerk", tenant="*", obj="expense_claim", act="submit", eft="allow")


async def record(store, *records):
    async with store.transaction(*TENANTS) as tx:
        for each in records:
            await tx.record(each)


def key_of(case):
    return CaseKey(case.tenant, case.id)


async def waits(url: str, task: asyncio.Task) -> None:
    """Return once `task` waits for a lock of the database (PostgreSQL) or of its process (SQLite)."""
    if not url.startswith("postgresql"):
        return
    import asyncpg
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    watch = await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)
    try:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        while not await watch.fetchval(waiting) and not task.done():
            pass
    finally:
        await watch.close()


async def test_a_lock_reads_cases_by_id_and_by_reference(store):
    named, other = a_case(reference="R-1"), a_case()
    acted = Acted(TENANT, named.id, "submit", ALICE)
    await record(store, opening(named, other), Record(acted=[acted]))
    by_reference = CaseKey(TENANT, case_type="expense_claim", reference="R-1")
    absent = [CaseKey(TENANT, "none"), CaseKey(TENANT, case_type="expense_claim", reference="R-2")]
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([key_of(named), by_reference, key_of(other), *absent], [])
    assert locked.cases == {key_of(named): named, by_reference: named, key_of(other): other}
    assert locked.surroundings[named.id].acted == {"submit": {ALICE}}
    assert locked.surroundings[other.id].acted == {}
    assert (locked.answers, locked.busy) == ({}, frozenset())
    assert locked.at.tzinfo is not None


async def test_a_lock_of_nothing_tells_the_time_and_the_policy_version(store):
    before = datetime.now(UTC)
    async with store.transaction("*") as tx:
        await tx.change_policy(PolicyChange(add=[LINE]))
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([], [])
    assert before - timedelta(seconds=1) < locked.at < datetime.now(UTC) + timedelta(seconds=1)
    assert (locked.policy_version, locked.cases) == (1, {})


async def test_the_second_waits_and_sees_all_that_the_first_did(store, database):
    """Also who acted, the new policy and the kept answer: a statement that waited would not see them."""
    case = a_case()
    await record(store, opening(case))
    later, answer = moved(case), an_answer(answer={"ok": 1})

    async def second():
        async with store.transaction(TENANT) as tx:
            return await tx.lock([key_of(case)], [answer.key])

    async with store.transaction(TENANT, "*") as tx:
        await tx.lock([key_of(case)], [])
        task = asyncio.create_task(second())
        await waits(database.url, task)
        assert not task.done()
        await tx.record(moving((case, later)))
        await tx.record(Record(acted=[Acted(TENANT, case.id, "submit", ALICE)], answers=[answer]))
        await tx.change_policy(PolicyChange(add=[LINE]))
        last = await tx.lock([key_of(case)], [])
    locked = await task
    assert locked.cases == {key_of(case): later}
    assert locked.surroundings[case.id].acted == {"submit": {ALICE}}
    assert locked.policy_version == 1
    assert locked.at > last.at
    assert list(locked.answers) == [answer.key] or locked.busy == {answer.key}


async def test_locks_in_opposite_order_do_not_deadlock(store):
    cases = [a_case() for _ in range(6)]
    await record(store, opening(*cases))

    async def move_all(order):
        async with store.transaction(TENANT) as tx:
            locked = await tx.lock([key_of(case) for case in order], [])
            pairs = [(was, moved(was, state="draft")) for was in locked.cases.values()]
            await tx.record(moving(*pairs))

    await asyncio.gather(*(move_all(order) for order in (cases, cases[::-1]) * 4))
    assert {(await store.case(key_of(case))).case.seq for case in cases} == {9}


async def test_an_answer_is_kept_until_it_expires(store):
    kept, expired = an_answer("kept", {"n": 1e16}), an_answer("expired", {}, lives=timedelta(seconds=-1))
    await record(store, Record(answers=[kept, expired]))
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([], [kept.key, expired.key, AnswerKey(TENANT, BOB, "kept")])
    assert locked.answers == {kept.key: kept}


async def test_another_tenants_or_subjects_key_is_another_key(store):
    answers = [an_answer("k", {"of": who}, subject=who, tenant=t) for who in (ALICE, BOB) for t in ("acme", "globex")]
    await record(store, Record(answers=answers))
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([], [answers[0].key])
    assert locked.answers == {answers[0].key: answers[0]}


async def test_a_kept_answer_is_not_replaced(store):
    await record(store, Record(answers=[an_answer(answer={"first": True})]))
    with pytest.raises(Refused):
        await record(store, Record(answers=[an_answer(answer={"first": False})]))


@pytest.mark.parametrize("old", [an_answer(answer={}, lives=timedelta(seconds=-1)), an_answer(answer=None)])
async def test_an_expired_or_merely_remembered_answer_is_replaced(store, old):
    new = an_answer(answer={"new": True}, fingerprint="n" * 64)
    await record(store, Record(answers=[old]), Record(answers=[new]))
    async with store.transaction(TENANT) as tx:
        assert (await tx.lock([], [new.key])).answers == {new.key: new}


async def test_one_key_twice_in_a_record_is_refused(store):
    with pytest.raises(Refused):
        await record(store, Record(answers=[an_answer(answer=1), an_answer(answer=2)]))


async def test_expired_answers_are_forgotten(store):
    old = [an_answer(f"k{n}", {}, lives=timedelta(seconds=-n)) for n in (1, 2)]
    await record(store, Record(answers=[*old, an_answer("kept", {})]))
    assert await store.forget_answers() == 2
    assert await store.forget_answers() == 0


async def test_a_key_that_another_transaction_uses_is_busy(postgres: Database):
    """Two stores, as two processes have."""
    one, other = open_store(postgres.url), open_store(postgres.url)
    used, free = an_answer("used").key, an_answer("free").key
    async with one.transaction(TENANT) as first, other.transaction(TENANT) as second:
        assert (await first.lock([], [used])).busy == frozenset()
        assert (await second.lock([], [used, free])).busy == {used}
    async with other.transaction(TENANT) as second:
        assert (await second.lock([], [used])).busy == frozenset()
    await one.close()
    await other.close()


async def test_on_sqlite_no_key_is_ever_busy(tmp_path, sqlite_template):
    store = open_store(f"sqlite+aiosqlite:///{sqlite_template}")
    async with store.transaction(TENANT) as tx:
        assert (await tx.lock([], [an_answer().key])).busy == frozenset()
    await store.close()


async def test_a_reader_does_not_wait_for_a_writer(store):
    case = a_case()
    await record(store, opening(case))
    async with store.transaction(TENANT) as tx:
        await tx.lock([key_of(case)], [])
        await tx.record(moving((case, moved(case))))
        assert (await store.case(key_of(case))).case == case


async def test_a_cancelled_transaction_gives_its_locks_back(store):
    case = a_case()
    await record(store, opening(case))
    holds = asyncio.Event()

    async def hold():
        async with store.transaction(TENANT) as tx:
            await tx.lock([key_of(case)], [])
            holds.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await holds.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await record(store, moving((case, moved(case))))
