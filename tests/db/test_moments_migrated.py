"""A database of the release before, which knew one moment for both uses, and that release beside this one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db import open_store
from app.db.schema.migrate import migrate
from app.domain.case.case import Case
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.services.assembly import Assembly
from app.services.store.ports import Store
from app.services.store.stored import CaseKey, Changed, Record
from tests.cases.test_moments import DAY, IMPORTER, THEN, imported
from tests.databases import Database
from tests.factories import TENANT, a_case, entry_of
from tests.house import ALICE, another_process, change, entries, fired, open_claim, rows, state
from tests.working import comment

OF_LAST_MOVE = "e.kind IN ('opened', 'transition') ORDER BY case_seq DESC LIMIT 1"
AT = "(SELECT e.at FROM audit_entry e WHERE e.tenant = cases.tenant AND e.case_id = cases.id AND {})"
AS_BEFORE = f"""UPDATE cases SET opened_at = {AT.format("case_seq = 1")}, changed_at = {AT.format("case_seq = seq")},
    closed_at = CASE WHEN closed_at IS NOT NULL THEN {AT.format(OF_LAST_MOVE)} END"""
GUARD = "SELECT sql FROM sqlite_master WHERE name = 'cases_seq_grows'"


async def behind_its_back(database: Database, sql: str) -> None:
    """Write cases as no trigger would let us."""
    if database.kind == "sqlite":
        [guard] = await rows(database, GUARD)
        for statement in ("DROP TRIGGER cases_seq_grows", sql, guard["sql"]):
            await change(database, statement)
        return
    off, on = (f"ALTER TABLE cases {word} TRIGGER seq_grows" for word in ("DISABLE", "ENABLE ALWAYS"))
    await change(database, f"{off}; {sql}; {on}")


async def go_back(database: Database) -> None:
    """To what the release before made and wrote."""
    await behind_its_back(database, AS_BEFORE)
    await change(database, "ALTER TABLE cases DROP COLUMN recorded_at")
    await change(database, "UPDATE alembic_version SET version_num = '0008'")
    if database.kind == "postgres":
        for name in ("read_within", "lock_due", "lock_cases", "read_cases"):
            await change(database, f"DROP FUNCTION {name}_3")


async def every_case(store: Store, ids: Sequence[str]) -> list[Case]:
    found = [await store.case(CaseKey(TENANT, case_id)) for case_id in ids]
    return [one.case for one in found if one is not None]


async def test_a_migration_fills_the_moments_from_the_entries(database: Database) -> None:
    async with another_process(database) as house:
        ids = [await imported(house, THEN, "pay"), await imported(house, THEN + DAY, "triage")]
        ids += [await open_claim(house), await imported(house, datetime.now(UTC) + DAY)]
        await comment(house, ids[0], IMPORTER, "Found it")
        await fired(house, ids[1], "add_note", IMPORTER, occurred_at=THEN - 99 * DAY)
        before = await every_case(house.store, ids)
    await go_back(database)
    [opened] = await rows(database, f"SELECT opened_at FROM cases WHERE id = '{ids[0]}'")
    await migrate(database.url, database.admin_url)
    [filled] = await rows(database, f"SELECT opened_at FROM cases WHERE id = '{ids[0]}'")
    assert opened != filled
    async with another_process(database) as house:
        assert await every_case(house.store, ids) == before
        await fired(house, ids[2], "add_note", ALICE)
    with pytest.raises(Exception, match="only grows"):
        await change(database, "UPDATE cases SET opened_at = changed_at")


async def test_what_is_imported_while_the_migration_looks_is_filled_too(postgres: Database) -> None:
    recorded = datetime(2026, 11, 20, 8, tzinfo=UTC)
    case = a_case(opened_at=recorded, changed_at=recorded)
    told = {"definition": {"hash": case.definition}, "occurred_at": rfc3339(THEN)}
    entry = entry_of(case, body=told)
    case = replace(case, last_hash=entry.entry_hash)
    await change(postgres, "UPDATE alembic_version SET version_num = '0008'")
    waits = """SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
        AND query LIKE 'ALTER TABLE cases%' AND wait_event_type = 'Lock'"""
    store = open_store(postgres.url)
    async with asyncio.timeout(60), store.transaction(TENANT) as tx:
        await tx.record(Record(cases=[Changed(None, case)], entries=[entry]))
        migrating = asyncio.create_task(migrate(postgres.url, postgres.admin_url))
        while not (await rows(postgres, waits))[0]["n"]:
            assert not migrating.done()
    await migrating
    [now] = await every_case(store, [case.id])
    await store.close()
    assert (now.opened_at, now.changed_at, now.recorded_at) == (THEN, THEN, recorded)


async def test_what_the_release_before_leaves_of_a_case_keeps_its_entries_in_order(
    house: Assembly, database: Database
) -> None:
    """It has one moment for both, and leaves the column empty or as it was. Its clock was ahead of ours."""
    ahead = "changed_at + 3600000000" if database.kind == "sqlite" else "changed_at + interval '1 hour'"
    for left in ("NULL", "recorded_at"):
        case_id = await open_claim(house)
        opened = await state(house, case_id)
        written = f"UPDATE cases SET changed_at = {ahead}, recorded_at = {left} WHERE id = '{case_id}'"
        await behind_its_back(database, written)
        moved = await state(house, case_id)
        assert moved.recorded_at == moved.changed_at == opened.recorded_at + timedelta(hours=1)
        await fired(house, case_id, "add_note", ALICE)
        at = parse_rfc3339((await entries(database))[-1]["at"])
        assert at == (await state(house, case_id)).recorded_at > moved.recorded_at


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_the_release_before_goes_on_from_when_the_newest_entry_was_recorded(
    house: Assembly, database: Database
) -> None:
    """It calls the functions of its version, and takes `changed_at` for that."""
    case_id = await imported(house, until="triage")
    keys = f"ARRAY['{TENANT}'], ARRAY['{case_id}'], '{{}}', '{{}}', '{{}}'"
    for function in (f"read_cases_2({keys}, NULL, NULL, NULL)", f"read_within_2(ARRAY['{TENANT}'], {keys})"):
        [row] = await rows(database, f"SELECT opened_at, changed_at FROM {function}")
        assert row["opened_at"] == THEN
        assert row["changed_at"] == (await state(house, case_id)).recorded_at
