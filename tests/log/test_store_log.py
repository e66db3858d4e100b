"""The log only grows: whatever the service's role, or a writer of the file, tries."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from app.db import open_store
from app.db.connections.row_security import SETTING
from app.db.connections.sqlite_library import sqlite3
from app.db.tables.every_table import TABLES as ALL
from app.db.tables.tables import ENTRY
from app.services.store.stored import Changed, Record
from tests.clock_making import a_clock, firing
from tests.databases import Database
from tests.factories import OPENED, TENANT, a_case, denied, entry_of, moved, moving, opening


async def with_a_case(url: str) -> None:
    store = open_store(url)
    case = a_case(reference="R-1")
    later = moved(case)
    async with store.transaction(TENANT) as tx:
        await tx.record(Record(cases=[Changed(None, case)], entries=[entry_of(case, fields={"/data/iban": "DE00"})]))
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
    *(f"UPDATE {table} SET root = ''" for table in ("audit_tile", "audit_checkpoint")),
    *(f"DELETE FROM {table}" for table in ("audit_tile", "audit_checkpoint", "log_signer", "log_check")),
    *(f"TRUNCATE {table}" for table in ("audit_tile", "audit_checkpoint", "log_signer")),
    "INSERT INTO log_signer (id) VALUES (2)",
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


@pytest.fixture(scope="module")
def filled(tmp_path_factory, sqlite_template) -> Path:
    """A file with something in every table, for all tests to copy."""
    file = tmp_path_factory.mktemp("filled") / "log.db"
    file.write_bytes(sqlite_template.read_bytes())
    asyncio.run(with_a_refusal(f"sqlite+aiosqlite:///{file}"))
    connection = sqlite3.connect(file)
    fill(connection)
    connection.commit()
    connection.close()
    return file


async def with_a_refusal(url: str) -> None:
    await with_a_case(url)
    store = open_store(url)
    async with store.transaction(TENANT) as tx:
        await tx.record(Record(entries=[denied(a_case())]))
    await store.close()


@pytest.fixture
def file(tmp_path, filled) -> Iterator[sqlite3.Connection]:
    """A connection that was told nothing: `recursive_triggers` is off, as any tool has it."""
    copy = tmp_path / "log.db"
    copy.write_bytes(filled.read_bytes())
    connection = sqlite3.connect(copy)
    yield connection
    connection.close()


TABLES = sorted(ALL - {"log_turn", "blob_usage"})
"""But for what is always empty, and what triggers count."""


SAMPLES = {"INTEGER": "7", "BLOB": "x'07'"}
WORDS = {
    ("blob_scan", "state"): "'clean'",
    ("export_job", "state"): "'done'",
    ("person", "keys"): "1",
    ("saved_view", "shared"): "1",
    ("saved_view", "preferred"): "1",
}
"""Where a value must be one of a few."""


def fill(connection: sqlite3.Connection) -> None:
    """Let each table have a row, and a clock an earlier cycle."""
    for table in TABLES:
        if not connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
            columns = [(name, kind) for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(WORDS.get((table, name)) or SAMPLES.get(kind, "'7'") for name, kind in columns)
            connection.execute(f"INSERT INTO {table} VALUES ({values})")
    earlier = replacing_in("clock", cycle="0", current="0", next_fire_at="NULL")
    connection.execute(earlier)
    connection.commit()


def replacing_in(table: str, **values: str) -> str:
    chosen = ", ".join(values.get(column.name, column.name) for column in SQLModel.metadata.tables[table].columns)
    return f"INSERT OR REPLACE INTO {table} SELECT {chosen} FROM {table}"


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
        *(f"UPDATE {table} SET root = x'00'" for table in ("audit_tile", "audit_checkpoint")),
        *(f"DELETE FROM {table}" for table in ("audit_tile", "audit_checkpoint", "log_signer", "log_check")),
        *(replacing_in(table, root="x'00'") for table in ("audit_tile", "audit_checkpoint")),
        replacing_in("log_signer", holder="'me'"),
        replacing_in("log_check", holder="'me'"),
        "INSERT OR REPLACE INTO calendar SELECT name, version, hash, applies_from, 'x' FROM calendar",
        "UPDATE cases SET seq = 1, state = 'draft' WHERE reference = 'R-1'",
        "INSERT OR REPLACE INTO cases SELECT * FROM cases",
        "UPDATE OR REPLACE cases SET id = (SELECT max(id) FROM cases), seq = seq + 1",
        "UPDATE OR REPLACE cases SET reference = 'R-1', seq = seq + 1",
        "UPDATE OR REPLACE cases SET rowid = 1, seq = seq + 1 WHERE rowid = 2",
        "UPDATE OR REPLACE cases SET tenant = 'globex', seq = seq + 1",
        "UPDATE cases SET seq = seq + 1, data = '{}'",
        replacing_in("cases", id="'another' || id", reference="NULL"),
        "DELETE FROM cases",
        "DELETE FROM audit_pending",
        "DELETE FROM audit_pending WHERE entry_id > ''",
        "UPDATE audit_pending SET entry_id = 'x'",
        "INSERT INTO audit_pending VALUES ('acme', 'of no entry')",
        "INSERT OR REPLACE INTO audit_pending SELECT tenant, entry_id FROM audit_leaf",
        "UPDATE case_actor SET subject = 'user:nobody'",
        "DELETE FROM case_actor",
        "UPDATE definition SET text = 'x'",
        "DELETE FROM definition",
        replacing_in("definition", text="'x'"),
        replacing_in("definition", version="99", text="'x'"),
        "DELETE FROM clock",
        "UPDATE OR REPLACE clock SET cycle = 1 WHERE cycle = 0",
        "UPDATE OR REPLACE clock SET current = 1 WHERE cycle = 0",
        replacing_in("clock", cycle="cycle + 7", current="1"),
        *(f"DELETE FROM {table}" for table in ("policy_line", "policy_file", "policy_state", "case_text", "api_key")),
        replacing_in("policy_line", eft="'allow'"),
        "UPDATE OR REPLACE policy_line SET id = 1",
        "INSERT OR REPLACE INTO policy_state VALUES (1, 0)",
        "UPDATE OR REPLACE policy_file SET name = 'x.csv'",
        "UPDATE OR REPLACE policy_state SET id = 2",
        replacing_in("api_key", revoked_at="NULL", revoked_by="NULL"),
        "UPDATE OR REPLACE api_key SET id = 'one'",
        "UPDATE OR REPLACE case_text SET case_id = 'x'",
        *(replacing_in(table, author="'user:nobody'") for table in ("comment", "attachment")),
        *(replacing_in(table, id="id || 'x'", author="'user:nobody'") for table in ("comment", "attachment")),
        "UPDATE blob_chunk SET content = x'00'",
        replacing_in("blob_chunk", content="x'00'"),
        "DELETE FROM blob",
        "UPDATE OR REPLACE blob SET sha256 = 'x'",
    ],
)
async def test_a_writer_of_the_file_may_not(file, statement):
    table = next(word for word in statement.replace(",", " ").split() if word in TABLES)
    before = file.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    words = r"append-only|only grows|has that key|stay|refers|wait|current|says"
    with pytest.raises(sqlite3.IntegrityError, match=words):
        file.execute(statement)
    assert file.execute(f"SELECT * FROM {table}").fetchall() == before


async def test_a_link_that_is_there_already_stays_as_it_was(file):
    before = file.execute("SELECT * FROM case_link").fetchall()
    assert len(before) == 1
    file.execute(replacing_in("case_link", author="'user:nobody'"))
    assert file.execute("SELECT * FROM case_link").fetchall() == before


async def test_what_rights_refuse_on_postgresql_triggers_refuse_in_a_file(service, file):
    """No table gets a right less there without a trigger here."""
    for table in TABLES:
        for right in ("UPDATE", "DELETE"):
            asked = "has_any_column_privilege" if right == "UPDATE" else "has_table_privilege"
            may = await service.fetchval(f"SELECT {asked}($1, $2)", table, right)
            refused = file.execute(
                "SELECT count(*) FROM sqlite_master WHERE tbl_name = ? AND type = 'trigger' AND sql LIKE ?",
                (table, f"%BEFORE {right} ON%"),
            ).fetchone()[0]
            assert may or refused, (table, right)


HIDDEN = (
    "audit_entry",
    "audit_tile",
    "audit_checkpoint",
    "cases",
    "calendar",
    "definition",
    "api_key",
    "clock",
    "case_text",
    "blob_chunk",
)


@pytest.mark.parametrize("table", HIDDEN)
async def test_no_row_can_be_replaced_by_its_hidden_row_number(file, table):
    names = [name for _, name, *_ in file.execute(f"PRAGMA table_info({table})")]
    others = ", ".join(
        "'other' || " + n
        if n in ("id", "entry_id", "case_id", "reference", "entry_hash", "name", "upload", "case_type", "hash")
        else n
        for n in names
    )
    with pytest.raises(sqlite3.IntegrityError, match="has that key"):
        file.execute(f"INSERT OR REPLACE INTO {table} (rowid, {', '.join(names)}) SELECT rowid, {others} FROM {table}")
