"""The sequencer gives every entry its place: without gaps, in case order, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.db import open_store
from app.db.connections.sqlite_library import sqlite3
from app.db.sqlite import sequencing
from app.services.entries.identity import new_id
from app.services.store.failures import Refused
from app.services.store.ports import Store
from app.services.store.stored import Changed, Record
from tests.databases import Database
from tests.factories import OPENED, TENANT, TENANTS, a_case, denied, entry_of, moved, opening
from tests.house import connect
from tests.sequenced import check_the_order, leaves, waiting


async def record(store: Store, *records: Record) -> None:
    for one in records:
        async with store.transaction(*TENANTS) as tx:
            await tx.record(one)


def story(length: int, ids: list[str] | None = None, **values) -> list[Record]:
    """The life of a case, a transaction per entry; `ids` are those of its entries."""
    case, records = a_case(**values), []
    for number in range(length):
        now = case if number == 0 else moved(case, changed_at=case.changed_at + timedelta(microseconds=1))
        entry = entry_of(now, entry_id=ids[number] if ids else new_id())
        now = replace(now, last_hash=entry.entry_hash)
        records.append(Record(cases=[Changed(None if number == 0 else case.seq, now)], entries=[entry]))
        case = now
    return records


async def test_entries_get_indexes_from_0_and_wait_no_more(store, database):
    await record(store, *story(3))
    assert await store.sequence(100) == 3
    assert [leaf["leaf_index"] for leaf in await leaves(database)] == [0, 1, 2]
    assert await waiting(database) == 0
    assert await store.sequence(100) == 0


async def test_every_tenant_is_counted_by_itself(store, database):
    await record(store, *story(3, tenant="acme"), *story(2, tenant="zeta"), *story(1, tenant="beta"))
    assert await store.sequence(100) == 6
    placed = [(leaf["tenant"], leaf["leaf_index"]) for leaf in await leaves(database)]
    assert placed == [("acme", 0), ("acme", 1), ("acme", 2), ("beta", 0), ("zeta", 0), ("zeta", 1)]
    await record(store, *story(1, tenant="zeta"), *story(1, tenant="globex"))
    assert await store.sequence(100) == 2
    placed = [(leaf["tenant"], leaf["leaf_index"]) for leaf in await leaves(database)]
    assert placed[3:] == [("beta", 0), ("globex", 0), ("zeta", 0), ("zeta", 1), ("zeta", 2)]


async def test_a_busy_tenant_does_not_keep_another_waiting(store, database):
    await record(store, *story(9, tenant="acme"), *story(1, tenant="zeta"))
    await store.sequence(2)
    assert ("zeta", 0) in [(leaf["tenant"], leaf["leaf_index"]) for leaf in await leaves(database)]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_case_keeps_its_order_though_its_ids_run_backwards(store, database, limit):
    """Another process gave the earlier entry its id, by a clock that is ahead."""
    ids = sorted((new_id() for _ in range(5)), reverse=True)
    await record(store, *story(5, ids))
    while await store.sequence(limit):
        pass
    assert await check_the_order(database) == 5


async def test_cases_are_placed_by_time_and_not_by_id(store, database):
    late, early = new_id(), new_id()
    [first] = story(1, [late], changed_at=OPENED + timedelta(hours=1))
    [second] = story(1, [early], changed_at=OPENED)
    await record(store, first, second)
    await store.sequence(100)
    assert [leaf["entry_id"] for leaf in await leaves(database)] == [early, late]


async def test_refused_attempts_have_their_place_too(store, database):
    case = a_case()
    await record(store, opening(case), Record(entries=[denied(case), denied(case)]))
    assert await store.sequence(100) == 3
    assert [leaf["case_seq"] for leaf in await leaves(database)].count(None) == 2


async def test_two_sequencers_at_once_place_every_entry_once(store, database):
    others = [open_store(database.url) for _ in range(3)]
    await record(store, *(one for _ in range(10) for one in story(4)))
    moved = await asyncio.gather(*(one.sequence(3) for one in (store, *others) for _ in range(10)))
    assert sum(moved) + await waiting(database) == 40
    while await store.sequence(3):
        pass
    assert await check_the_order(database) == 40
    for other in others:
        await other.close()


async def test_only_one_of_several_sequences_at_a_time(postgres: Database):
    store = open_store(postgres.url)
    await record(store, *story(2))
    other = await connect(postgres)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("SELECT sequence_log(100)")
    assert await store.sequence(100) == 0
    await transaction.rollback()
    assert await store.sequence(100) == 2
    await other.close()
    await store.close()


async def test_one_that_dies_in_the_middle_leaves_nothing_behind(postgres: Database):
    store = open_store(postgres.url)
    await record(store, *story(3))
    other = await connect(postgres)
    await other.execute("BEGIN")
    assert await other.fetchval("SELECT sequence_log(2)") == 2
    other.terminate()
    async with asyncio.timeout(10):
        while await store.sequence(100) == 0:
            pass
    assert await check_the_order(postgres) == 3
    assert await waiting(postgres) == 0
    await store.close()


async def test_what_is_not_committed_yet_gets_its_place_later_and_leaves_no_gap(postgres: Database):
    """The entry with the smaller id comes later: who reads by id would never see it."""
    store = open_store(postgres.url)
    [slow], [quick] = story(1), story(1)
    async with store.transaction(TENANT) as tx:
        await tx.record(slow)
        await record(store, quick)
        assert await store.sequence(100) == 1
    assert await store.sequence(100) == 1
    placed = [leaf["entry_id"] for leaf in await leaves(postgres)]
    assert placed == sorted(placed, reverse=True)
    assert await check_the_order(postgres) == 2
    await store.close()


async def test_the_next_entry_of_a_case_cannot_be_written_before_the_one_before_is_committed(postgres: Database):
    """It compares the case's `seq` with the one before, which nobody sees until it is committed, and so cannot be
    committed without it: who sees an entry sees all before it in its case."""
    store, other = open_store(postgres.url), open_store(postgres.url)
    first, second, third = story(3)
    await record(store, first)
    async with store.transaction(TENANT) as tx:
        await tx.record(second)
        with pytest.raises(Refused):
            await record(other, third)
        assert await store.sequence(100) == 1
    await record(other, third)
    assert await store.sequence(100) == 2
    assert await check_the_order(postgres) == 3
    await store.close()
    await other.close()


async def test_a_queue_that_is_twice_as_long_takes_twice_the_work_on_a_file(tmp_path, sqlite_template):
    """Counted in steps of SQLite's machine: going through all that waits for each that is taken would be four times."""
    steps = [await steps_to_place(tmp_path / f"{length}.db", sqlite_template, length) for length in (200, 400)]
    assert steps[1] < 2.5 * steps[0]


async def steps_to_place(file, template, length: int) -> int:
    file.write_bytes(template.read_bytes())
    store, case = open_store(f"sqlite+aiosqlite:///{file}"), a_case()
    async with store.transaction(TENANT) as tx:
        await tx.record(Record(entries=[denied(case) for _ in range(length)]))
    await store.close()
    steps, raw = [0], sqlite3.connect(file)
    raw.set_progress_handler(lambda: steps.append(1), 100)
    raw.execute(sequencing._PLACE.text, {"tenant": TENANT, "size": 0, "most": 5_000})
    raw.close()
    return len(steps)
