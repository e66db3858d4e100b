"""Bring a database to the schema of this release, and make the roles that PostgreSQL enforces it with."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.connections.engines import SERVICE, database_url, is_sqlite, postgres_engine, sqlite_engine
from app.db.connections.failures import connecting, translated
from app.db.connections.row_security import OWNER
from app.db.connections.sqlite_library import sqlite3
from app.db.schema.revisions import config, is_later, missing_tables, problem_of
from app.services.store.failures import StoreUnavailable

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_lock(hashtextextended('stateward migrate', 0))")
_TURN_SECONDS = 0.1
_BUSY_SECONDS = 60
_TRIES = 20

# Roles belong to the cluster, and PostgreSQL has no lock for that: two migrations collide with one of these.
_MAY_NOT = "42501"
_COLLISIONS = ("23505", "42710", "40P01", "XX000")


class MigrationRefused(Exception):
    """The database is there and cannot be migrated: one sentence that says why, and what to do."""


async def migrate(url: str, migrate_url: str | None = None) -> None:
    """Migrate as `migrate_url` (default: `url`) and let the login role of `url` act as the service.

    Raises StoreUnavailable where the database cannot be reached, MigrationRefused where it does not let us or holds
    what no release of ours leaves.
    """
    _check_that_it_opens(database_url(migrate_url or url))
    engine = _engine(migrate_url or url)
    try:
        with connecting():
            async with engine.connect():
                pass
        with _refusals(), translated():
            if engine.dialect.name == "postgresql":
                await _make_roles(engine, database_url(url).username)
            await _upgrade(engine)
    finally:
        await engine.dispose()


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what a database means that answers a migration with an error."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).partition("\n")[0].rpartition(">: ")[2]
        if getattr(error.orig, "sqlstate", None) == _MAY_NOT:
            remedy = "set STATEWARD_MIGRATE_URL to a login that owns the database and may make roles"
            raise MigrationRefused(f"this login may not migrate the database ({said}): {remedy}") from error
        remedy = "restore a whole backup into an empty database, and migrate that"
        raise MigrationRefused(f"the database is not as any release left it ({said}): {remedy}") from error


async def schema_problem(url: str) -> str | None:
    """What is wrong with the schema, in one sentence with what to do; None where nothing is."""
    engine = _engine(url)
    try:
        with connecting():
            async with engine.connect() as connection:
                return await connection.run_sync(problem_of)
    finally:
        await engine.dispose()


def _check_that_it_opens(url: URL) -> None:
    """A file that SQLite cannot open is told here: the thread of aiosqlite would complain after the loop has ended."""
    if not is_sqlite(url) or not url.database or url.database.startswith((":", "file:")):
        return
    try:
        sqlite3.connect(url.database).close()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{error}: {url.database}") from error


def _engine(url: str) -> AsyncEngine:
    parsed = database_url(url)
    if is_sqlite(parsed):
        return sqlite_engine(parsed, busy_seconds=_BUSY_SECONDS).execution_options(writes=True)
    return postgres_engine(parsed, role=None)


async def _upgrade(engine: AsyncEngine) -> None:
    if engine.dialect.name == "sqlite":
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_to_head)
        return
    async with engine.connect() as connection:
        await _have_the_turn(connection)
        await connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}"))
        await connection.execute(text(f"SET ROLE {OWNER}"))
        await connection.run_sync(_upgrade_to_head)


async def _have_the_turn(connection: AsyncConnection) -> None:
    """Until `migrate` closes the connection. Asked again and again: an index that is built beside the traffic waits for
    all that began before it, so for a statement that waits here too."""
    while not await connection.scalar(_ONE_AT_A_TIME):
        await connection.rollback()
        await asyncio.sleep(_TURN_SECONDS)


def _upgrade_to_head(connection: Connection) -> None:
    """On PostgreSQL the migrations begin their own transactions, for some statements stand in none."""
    if is_later(connection):
        return
    if missing := missing_tables(connection):
        raise MigrationRefused(f"{missing}: restore a whole backup into an empty database, and migrate that")
    if connection.dialect.name == "postgresql":
        connection.commit()
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


async def _make_roles(engine: AsyncEngine, login: str | None) -> None:
    for attempt in range(_TRIES):
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_roles, login)
            return
        except DBAPIError as error:
            collided = getattr(error.orig, "sqlstate", None) in _COLLISIONS
            if not collided or attempt == _TRIES - 1:
                raise


def _roles(connection: Connection, login: str | None) -> None:
    for role in (OWNER, SERVICE):
        exists = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
        if connection.execute(exists, {"role": role}).first() is None:
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    migrator = connection.execute(text("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")).one()
    if not migrator.rolsuper:
        _grant(connection, OWNER, migrator.rolname)
    _grant(connection, SERVICE, login or migrator.rolname)


def _grant(connection: Connection, role: str, member: str) -> None:
    given = text("""SELECT 1 FROM pg_auth_members m WHERE m.roleid = CAST(:role AS regrole)
        AND m.member = (SELECT oid FROM pg_roles WHERE rolname = :member) AND NOT m.admin_option""")
    if connection.execute(given, {"role": role, "member": member}).first() is None:
        quoted = connection.dialect.identifier_preparer.quote(member)
        connection.execute(text(f"GRANT {role} TO {quoted}"))
