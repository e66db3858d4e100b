"""Open connections: what every one of them is told before its first statement."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.db.connections.row_security import SETTING
from app.db.connections.sqlite_library import HAS_WAL, driver, sqlite3
from app.db.connections.urls import with_driver
from app.services.store.failures import StoreUnavailable

if TYPE_CHECKING:
    import aiosqlite

CONNECT_SECONDS = 5
COMMAND_SECONDS = 30
_JOURNAL_TRIES = 100
_JOURNAL_SECONDS = 0.05
SERVICE = "stateward_service"


def database_url(url: str) -> URL:
    """The URL with its async driver; ValueError for anything but SQLite and PostgreSQL."""
    return make_url(with_driver(url))


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def sqlite_engine(url: URL, pool_size: int = 10, busy_seconds: int = 5) -> AsyncEngine:
    """Connections begin IMMEDIATE where the execution option `writes` is set."""
    engine = create_async_engine(
        url,
        module=driver(),
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": busy_seconds},
    )
    event.listen(engine.sync_engine, "do_connect", _look_for_the_folder)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def postgres_engine(url: URL, pool_size: int = 10, role: str | None = SERVICE) -> AsyncEngine:
    """Connections act as `role`; None is for migrations: the login role, with all the time it needs."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,  # an error that is logged must not carry what people wrote
        connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS if role else None},
    )
    if role is not None:
        event.listen(engine.sync_engine, "connect", _becoming(role))
    return engine


def _look_for_the_folder(_: Any, __: Any, arguments: Sequence[Any], ___: Any) -> None:
    """The driver's own thread would say no, perhaps to a loop that is closed by then."""
    folder = Path(arguments[0]).absolute().parent
    if not folder.is_dir():
        raise StoreUnavailable(f"there is no folder {folder} for the database file")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys = ON",
        "synchronous = FULL",
        "cache_size = -65536",
        "recursive_triggers = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.run_async(_keep_the_journal)


async def _keep_the_journal(connection: "aiosqlite.Connection") -> None:
    """Unlike all other statements this one does not wait for who has the file, where it changes something."""
    journal = "WAL" if HAS_WAL else "DELETE"
    for tries_left in reversed(range(_JOURNAL_TRIES)):
        try:
            await (await connection.execute(f"PRAGMA journal_mode = {journal}")).close()
            return
        except sqlite3.OperationalError as error:
            if not tries_left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await asyncio.sleep(_JOURNAL_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _becoming(role: str) -> Any:
    settings = (
        f"ROLE {role}",
        f"{SETTING} = ''",  # a login may bring one along
        f"statement_timeout = '{COMMAND_SECONDS}s'",
        "timezone = 'UTC'",
        "jit = off",
        "plan_cache_mode = force_custom_plan",  # lists: whose cases and how many decides how they are found
    )

    def become(connection: Any, _: Any) -> None:
        try:
            cursor = connection.cursor()
            for setting in settings:
                cursor.execute(f"SET {setting}")
            cursor.close()
            # A SET that is rolled back has not happened.
            connection.commit()
        except BaseException:
            connection.terminate()
            raise

    return become
