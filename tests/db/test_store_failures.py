"""What a database that is slow, busy or gone looks like to the services."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from app.db import open_store
from app.db.connections.engines import postgres_engine, sqlite_engine
from app.db.connections.failures import translated
from app.db.connections.sqlite_library import sqlite3
from app.services.store.failures import Refused, StoreUnavailable
from app.services.store.stored import CaseKey
from tests.databases import Database
from tests.factories import TENANT, a_case, moved, moving, opening


async def execute(engine, *statements: str) -> None:
    try:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


async def test_a_statement_that_takes_too_long_is_unavailable(postgres: Database):
    slow = ("SET LOCAL statement_timeout = '1ms'", "SELECT pg_sleep(30)")
    with pytest.raises(StoreUnavailable), translated():
        await execute(postgres_engine(make_url(postgres.url)), *slow)


async def test_a_file_that_another_process_writes_is_unavailable(tmp_path, sqlite_template):
    file = tmp_path / "busy.db"
    file.write_bytes(sqlite_template.read_bytes())
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = sqlite_engine(make_url(f"sqlite+aiosqlite:///{file}"), busy_seconds=0).execution_options(writes=True)
    with pytest.raises(StoreUnavailable, match="locked"), translated():
        await execute(engine, "SELECT 1")
    other.close()


async def test_a_fault_of_ours_goes_up_as_it_is(postgres: Database):
    with pytest.raises(ProgrammingError), translated():
        await execute(postgres_engine(make_url(postgres.url)), "SELECT nothing FROM nowhere")


async def test_deadlocks_and_lost_serializations_are_refused(postgres: Database):
    for code in ("40P01", "40001", "23514", "21000"):
        fault = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$"
        with pytest.raises(Refused), translated():
            await execute(postgres_engine(make_url(postgres.url)), fault)


async def test_a_connection_that_is_lost_fails_its_transaction_and_no_later_one(postgres_server, postgres: Database):
    store = open_store(postgres.url)
    case = a_case()
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))

    async def cut_off() -> None:
        async with store.transaction(TENANT) as tx:
            await tx.lock([CaseKey(case.tenant, case.id)], [])
            await _terminate_all(postgres_server, postgres)
            await tx.record(moving((case, moved(case))))

    with pytest.raises(StoreUnavailable):
        await cut_off()
    assert (await store.case(CaseKey(case.tenant, case.id))).case == case
    await store.close()


async def test_a_closed_server_side_is_seen_at_commit(postgres_server, postgres: Database):
    store = open_store(postgres.url)

    async def cut_off() -> None:
        async with store.transaction(TENANT) as tx:
            await tx.record(opening(a_case()))
            await _terminate_all(postgres_server, postgres)

    with pytest.raises(StoreUnavailable):
        await cut_off()
    assert await store.problems() == []
    await store.close()


async def test_what_timed_out_does_not_commit_though_the_caller_goes_on(postgres: Database):
    """COMMIT of a failed transaction is a quiet rollback, which must not look like success."""
    store, other = open_store(postgres.url), open_store(postgres.url)
    case = a_case()
    key = CaseKey(case.tenant, case.id)
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))

    async def going_on() -> None:
        async with other.transaction(TENANT) as tx:
            await tx._connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
            with pytest.raises(StoreUnavailable):
                await tx.lock([key], [])

    async with store.transaction(TENANT) as tx:
        await tx.lock([key], [])
        with pytest.raises(StoreUnavailable):
            await going_on()
    await store.close()
    await other.close()


async def _terminate_all(server, database: Database) -> None:
    admin: asyncpg.Connection = await server.connect()
    name = make_url(database.url).database
    await admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
    await admin.close()
