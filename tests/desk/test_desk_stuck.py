"""A database that is slow, stuck or gone for a while: nobody waits for ever, and the desk goes on when it is back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.db import open_store
from app.db.connections import engines
from app.services.assembly import Assembly
from app.services.desk.waiting import BATCH
from tests.databases import Database, Server
from tests.house import ALICE, attempt, code, connect, entries, open_claim, running, submit, tried

DESKS = 2


@pytest.fixture
async def hurried(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Assembly]:
    """A house on PostgreSQL that gives up a statement after a second, not after half a minute."""
    monkeypatch.setattr(engines, "COMMAND_SECONDS", 1)
    async with running(open_store(postgres.url), desks=DESKS) as house:
        yield house


@asynccontextmanager
async def held(database: Database) -> AsyncIterator["asyncpg.Connection"]:
    """Nobody else gets at a case meanwhile."""
    other = await connect(database)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
            yield other
    finally:
        await other.close()


async def test_a_stuck_database_is_unavailable_and_the_desk_goes_on_when_it_is_back(
    hurried: Assembly, postgres: Database
) -> None:
    claim = await open_claim(hurried)
    notes = [attempt(ALICE, "add_note", claim) for _ in range(BATCH * 4)]
    async with held(postgres):
        answers = await asyncio.gather(*(tried(hurried, note) for note in notes))
    assert {code(answer) for answer in answers} == {"unavailable"}
    answers = await asyncio.gather(*(tried(hurried, attempt(ALICE, "add_note", claim)) for _ in notes))
    assert {code(answer) for answer in answers} == {"applied"}
    assert len(await entries(postgres, "transition")) == len(notes)


async def test_a_server_that_froze_holds_nobody_and_serves_again_when_it_thaws(
    hurried: Assembly, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.postgres.store.CONNECT_SECONDS", 1)
    claim = await open_claim(hurried)
    frozen = await backends(postgres)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        answers = await asyncio.gather(*(tried(hurried, attempt(ALICE, "add_note", claim)) for _ in range(DESKS)))
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    assert "unavailable" in {code(answer) for answer in answers}
    assert code(await tried(hurried, attempt(ALICE, "add_note", claim))) == "applied"


async def test_whoever_comes_to_a_full_desk_is_told_at_once_and_those_before_are_served(
    hurried: Assembly, postgres: Database
) -> None:
    claim = await open_claim(hurried)
    many = [[attempt(ALICE, "add_note", claim) for _ in range(1_000)] for _ in range(3)]
    async with held(postgres):
        waiting = [asyncio.ensure_future(submit(hurried, *notes)) for notes in many[:2]]
        await asyncio.sleep(0)
        turned_away = await submit(hurried, *many[2])
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
    assert {code(answer) for answer in turned_away} == {"unavailable"}
    assert code(await tried(hurried, attempt(ALICE, "add_note", claim))) == "applied"


async def test_a_database_that_was_gone_for_a_while_is_used_again(
    hurried: Assembly, postgres: Database, postgres_server: Server
) -> None:
    claim = await open_claim(hurried)
    name = make_url(postgres.url).database
    ended = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    await postgres_server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", ended)
    gone = await asyncio.gather(*(tried(hurried, attempt(ALICE, "add_note", claim)) for _ in range(9)))
    await postgres_server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert {code(answer) for answer in gone} == {"unavailable"}
    assert code(await tried(hurried, attempt(ALICE, "add_note", claim))) == "applied"


async def backends(database: Database) -> list[int]:
    """The server's processes for the house: those of the service's login."""
    admin = await connect(database)
    try:
        found = await admin.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        mine = await admin.fetchval("SELECT pg_backend_pid()")
    finally:
        await admin.close()
    return [row["pid"] for row in found if row["pid"] != mine]
