"""Migrations make the tables that the code declares, on both databases, alone and at once."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import app.db.tables.every_table  # noqa: F401  what the tables declare
from app.db import open_store
from app.db.connections.engines import database_url, sqlite_engine
from app.db.connections.sqlite_library import HAS_WAL, sqlite3
from app.db.schema.migrate import MigrationRefused, migrate, schema_problem
from app.services.store.failures import StoreUnavailable
from tests.databases import Database, engine_of


async def run(url: str, *statements: str) -> None:
    engine = engine_of(url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def test_a_database_without_a_schema_is_named_with_what_to_do(empty_database: Database):
    problem = await schema_problem(empty_database.admin_url)
    assert problem == "the database has no schema yet: run `stateward migrate`"
    store = open_store(empty_database.admin_url)
    assert await store.problems() == [problem]
    await store.close()


async def test_migrating_twice_is_migrating_once(empty_database: Database):
    for _ in range(2):
        await migrate(empty_database.url, empty_database.admin_url)
        assert await schema_problem(empty_database.url) is None
    store = open_store(empty_database.url)
    assert (await store.problems(), await store.warnings()) == ([], [])
    await store.close()


async def test_ten_migrations_at_once_are_one(empty_database: Database):
    await asyncio.gather(*(migrate(empty_database.url, empty_database.admin_url) for _ in range(10)))
    assert await schema_problem(empty_database.url) is None


@pytest.mark.skipif(not HAS_WAL, reason="this SQLite keeps no WAL, so no file is brought to it")
async def test_a_file_of_another_journal_that_is_in_use_is_waited_for(tmp_path: Path):
    """SQLite itself answers at once that it is locked, however long a connection is told to wait."""
    writer = sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)
    writer.execute("CREATE TABLE t (a)")
    writer.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.3, writer.rollback)
    engine = sqlite_engine(database_url(f"sqlite:///{tmp_path / 'x.db'}"))
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
    await engine.dispose()
    writer.close()


async def test_a_schema_of_a_later_release_is_no_problem(database: Database):
    await run(database.admin_url, "UPDATE alembic_version SET version_num = '9999'")
    assert await schema_problem(database.url) is None


async def test_the_migrations_make_what_the_tables_declare(database: Database):
    def declared(name: str | None, kind: str, _: object) -> bool:
        """The index of words is an expression on PostgreSQL, and tables of FTS5 on SQLite."""
        return not str(name).startswith("case_words")

    engine = engine_of(database.admin_url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"include_name": declared}), SQLModel.metadata
            )
        )
    await engine.dispose()
    assert differences == []


async def test_a_migrator_that_is_no_superuser_can_migrate(postgres_server, empty_postgres: Database):
    """It needs CREATEROLE or the roles already made, and to own the database; it is not the service."""
    name = make_url(empty_postgres.url).database
    await postgres_server.run(
        f"CREATE ROLE migrator_{name} LOGIN CREATEROLE",
        f"GRANT stateward_owner, stateward_service TO migrator_{name} WITH ADMIN OPTION",
        f"ALTER DATABASE {name} OWNER TO migrator_{name}",
    )
    await migrate(empty_postgres.url, postgres_server.url(name, f"migrator_{name}"))
    store = open_store(empty_postgres.url)
    assert (await store.problems(), await store.warnings()) == ([], [])
    await store.close()


async def test_a_login_that_was_not_granted_the_services_role_is_a_problem(postgres_server, postgres: Database):
    name = make_url(postgres.url).database
    await postgres_server.run(f"CREATE ROLE stranger_{name} LOGIN")
    store = open_store(postgres_server.url(name, f"stranger_{name}"))
    (problem,) = await store.problems()
    assert "stateward_service" in problem
    assert problem.endswith("run `stateward migrate`")
    await store.close()


async def test_a_database_or_login_that_does_not_exist_is_unavailable(postgres_server):
    for url in (postgres_server.url("nowhere"), postgres_server.url("postgres", "nobody")):
        with pytest.raises(StoreUnavailable, match="does not exist"):
            await schema_problem(url)
        with pytest.raises(StoreUnavailable, match="does not exist"):
            await migrate(url)


async def test_migrating_an_unreachable_database_says_so():
    with pytest.raises(StoreUnavailable):
        await migrate("postgresql+asyncpg://nobody@127.0.0.1:1/none")


async def test_only_known_databases_are_opened():
    with pytest.raises(ValueError, match="mysql"):
        open_store("mysql://localhost/x")


async def test_what_an_interrupted_migration_left_is_made_anew(postgres: Database):
    await run(
        postgres.admin_url,
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP INDEX cases_by_team",
        "ALTER INDEX cases_by_due RENAME TO cases_by_due_wider",
        "CREATE INDEX cases_by_reference_wider ON cases (tenant)",
    )
    await migrate(postgres.url, postgres.admin_url)
    await test_the_migrations_make_what_the_tables_declare(postgres)


async def test_nobody_waits_for_an_index_that_is_built(postgres: Database):
    engine = engine_of(postgres.admin_url)
    write = text("UPDATE cases SET urgency = urgency")
    waits = text("""SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'""")
    async with engine.connect() as before, engine.connect() as during, asyncio.timeout(30):
        await before.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        await before.commit()
        await before.execute(write)
        migrating = asyncio.create_task(migrate(postgres.url, postgres.admin_url))
        while not await during.scalar(waits):
            await during.rollback()
        await during.execute(text("SET lock_timeout = '1s'"))
        await during.execute(write)
        await during.commit()
        await before.commit()
        await migrating
    await engine.dispose()
    await test_the_migrations_make_what_the_tables_declare(postgres)


async def test_a_login_that_may_not_migrate_is_told_which_setting_names_one_that_may(empty_postgres: Database):
    with pytest.raises(MigrationRefused, match=r"permission denied to .* role.*STATEWARD_MIGRATE_URL"):
        await migrate(empty_postgres.url)


async def test_tables_without_a_version_are_no_database_to_migrate(database: Database):
    await run(database.admin_url, "DROP TABLE alembic_version")
    with pytest.raises(MigrationRefused, match=r"already exists.*restore a whole backup into an empty database"):
        await migrate(database.url, database.admin_url)


async def test_a_version_without_its_tables_is_a_problem_and_no_database_to_migrate(database: Database):
    await run(database.admin_url, "DROP TABLE policy_state")
    problem = await schema_problem(database.admin_url)
    assert problem is not None
    assert "lacks the table policy_state: restore a whole backup" in problem
    with pytest.raises(MigrationRefused, match="lacks the table policy_state"):
        await migrate(database.url, database.admin_url)
