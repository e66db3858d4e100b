"""The log only grows: whatever the service's role, or a writer of the file, tries."""

import sqlite3
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.db import open_store
from app.db.tables import ENTRY
from app.db.walls import SETTING
from app.services.stored import Changed, Record
from tests.clocks import a_clock, firing
from tests.databases import Database
from tests.factories import OPENED, TENANT, a_case, entry_of, moved, moving, opening


async def with_a_case(url: str) -> None:
    store = open_store(url)
    case = a_case(reference="R-1")
    later = moved(case)
    async with store.transaction(TENANT) as tx:
        await tx.record(Record([Changed(None, case)], [entry_of(case, fields={"/data/iban": "DE00"})]))
        await tx.record(moving((case, later)))
        await tx.record(opening(a_case()))
        await tx.record(Record(clocks=[a_clock(case)]))
        await tx.record(firing(a_clock(case), case))
        await tx.add_calendar("de", "a" * 64, "{}", OPENED)
    await store.sequence(100)
    await store.close()


async def connected(url: str) -> "asyncpg.Connection":
    parsed = make_url(url)
    return await asyncpg.connect(host=parsed.query["host"], user=parsed.username, database=parsed.database)


@pytest.fixture
async def service(postgres: Database) -> AsyncIterator["asyncpg.Connection"]:
    """A connection as the service has it."""
    await with_a_case(postgres.url)
    connection = await connected(postgres.url)
    await connection.execute(f"SET ROLE stateward_service; SET {SETTING} = '{{{TENANT}}}'")
    yield connection
    await connection.close()


@pytest.fixture
async def superuser(postgres: Database) -> AsyncIterator["asyncpg.Connection"]:
    await with_a_case(postgres.url)
    connection = await connected(postgres.admin_url)
    yield connection
    await connection.close()


FORBIDDEN = [
    "UPDATE audit_entry SET entry = 'x'",
    "UPDATE audit_payload SET value = 'null'",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_payload",
    "TRUNCATE audit_entry CASCADE",
    "TRUNCATE audit_payload",
    "INSERT INTO audit_entry SELECT * FROM audit_entry ON CONFLICT (tenant, entry_id) DO UPDATE SET entry = 'x'",
    "MERGE INTO audit_entry a USING audit_entry b ON a.entry_id = b.entry_id WHEN MATCHED THEN DELETE",
    "SELECT * FROM audit_entry FOR UPDATE",
    "ALTER TABLE audit_entry ADD COLUMN x int",
    "ALTER TABLE audit_entry DISABLE TRIGGER append_only",
    "ALTER TABLE cases DISABLE TRIGGER ALL",
    "ALTER TABLE cases DROP CONSTRAINT every_state_is_audited",
    "ALTER TABLE audit_entry OWNER TO stateward_service",
    "DROP TABLE audit_payload",
    "DROP TRIGGER append_only ON audit_entry",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE RULE quiet AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON audit_entry EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE TABLE mine (x int)",
    "GRANT stateward_owner TO stateward_service",
    "SET ROLE stateward_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "DELETE FROM cases",
    "TRUNCATE cases",
    "UPDATE sla_firing SET n = 9",
    "DELETE FROM sla_firing",
    "DELETE FROM clock",
    "UPDATE calendar SET applies_from = now()",
    "DELETE FROM calendar",
    "INSERT INTO audit_leaf SELECT tenant, 99, entry_id FROM audit_entry",
    "UPDATE audit_leaf SET leaf_index = 99",
    "DELETE FROM audit_leaf",
    "TRUNCATE audit_leaf",
    "DELETE FROM audit_pending",
    "DELETE FROM case_actor",
    "UPDATE case_actor SET subject = 'user:nobody'",
    "UPDATE definition SET text = 'x'",
    "DELETE FROM policy_line",
    "UPDATE alembic_version SET version_num = 'x'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_services_role_may_not(service, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(statement)


async def test_the_login_role_alone_may_not_either(service):
    await service.execute("RESET ROLE")
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)


@pytest.mark.parametrize("seq", [1, 2])
async def test_the_services_role_cannot_let_seq_stand_or_fall(service, seq):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only grows"):
        await service.execute(f"UPDATE cases SET seq = {seq}, state = 'draft' WHERE reference = 'R-1'")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = 'x'",
        "UPDATE audit_entry SET entry = 'x' WHERE false",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_payload",
        "TRUNCATE audit_entry CASCADE",
        "TRUNCATE audit_payload",
        "DELETE FROM sla_firing",
        "UPDATE calendar SET text = 'x'",
        "DELETE FROM audit_leaf",
    ],
)
async def test_the_triggers_stop_even_a_superuser_that_plays_replica(superuser, statement):
    await superuser.execute("SET session_replication_role = replica")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await superuser.execute(statement)


async def test_a_store_warns_of_a_login_role_that_is_too_strong(postgres: Database):
    for url, warned in ((postgres.url, False), (postgres.admin_url, True)):
        store = open_store(url)
        assert bool(await store.warnings()) is warned
        assert await store.problems() == []
        await store.close()


@pytest.fixture
async def file(tmp_path, sqlite_template) -> AsyncIterator[sqlite3.Connection]:
    """A connection that was told nothing: `recursive_triggers` is off, as any tool has it."""
    copy = tmp_path / "log.db"
    copy.write_bytes(sqlite_template.read_bytes())
    await with_a_case(f"sqlite+aiosqlite:///{copy}")
    connection = sqlite3.connect(copy)
    yield connection
    connection.close()


def columns(**values: str) -> Iterator[str]:
    return (values.get(column.name, column.name) for column in ENTRY.columns)


def replacing(**values: str) -> str:
    return f"INSERT OR REPLACE INTO audit_entry SELECT {', '.join(columns(**values))} FROM audit_entry"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = 'x'",
        "UPDATE OR REPLACE audit_entry SET entry_hash = 'x'",
        "UPDATE audit_payload SET value = 'null'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_payload",
        replacing(entry="'forged'"),
        replacing(entry_id="'other' || entry_id", entry_hash="'other' || entry_hash", entry="'forged'"),
        replacing(entry_id="'other' || entry_id", case_id="'other'", entry="'forged'"),
        "INSERT OR REPLACE INTO audit_payload SELECT tenant, entry_id, path, salt, 'null' FROM audit_payload",
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE true ON CONFLICT DO UPDATE SET entry = 'x'",
        "UPDATE sla_firing SET n = 9",
        "DELETE FROM sla_firing",
        "INSERT OR REPLACE INTO sla_firing SELECT * FROM sla_firing",
        "UPDATE calendar SET text = 'x'",
        "DELETE FROM calendar",
        "UPDATE audit_leaf SET leaf_index = 99",
        "DELETE FROM audit_leaf",
        "INSERT OR REPLACE INTO audit_leaf SELECT tenant, leaf_index, entry_id FROM audit_leaf",
        "INSERT OR REPLACE INTO audit_leaf SELECT tenant, leaf_index + 99, entry_id FROM audit_leaf",
        "INSERT OR REPLACE INTO calendar SELECT name, version, hash, applies_from, 'x' FROM calendar",
        "UPDATE cases SET seq = 1, state = 'draft' WHERE reference = 'R-1'",
        "INSERT OR REPLACE INTO cases SELECT * FROM cases",
    ],
)
async def test_a_writer_of_the_file_may_not(file, statement):
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|only grows|has that key"):
        file.execute(statement)


@pytest.mark.parametrize("table", ["audit_entry", "cases", "calendar"])
async def test_no_row_can_be_replaced_by_its_hidden_row_number(file, table):
    names = [name for _, name, *_ in file.execute(f"PRAGMA table_info({table})")]
    others = ", ".join(
        "'other' || " + n if n in ("id", "entry_id", "case_id", "reference", "entry_hash", "name") else n for n in names
    )
    with pytest.raises(sqlite3.IntegrityError, match="has that key"):
        file.execute(f"INSERT OR REPLACE INTO {table} (rowid, {', '.join(names)}) SELECT rowid, {others} FROM {table}")
