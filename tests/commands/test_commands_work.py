"""`work` fires what is due without a server, says so, and stops when it is told to; one process ticks on SQLite."""

import asyncio
import logging
import signal
import socket
from pathlib import Path

import httpx
import pytest

from app import scheduler
from app.commands.opening.services import ticking
from app.db.sqlite.tick_lock import TickLock
from app.domain.definition.calendar_file import CalendarFile
from app.main import main
from app.scheduler import Ticks
from app.services.clocks.calendars import put_in_force
from app.services.store.failures import StoreUnavailable
from app.settings import Settings
from tests.clocks.test_clocks import DECISION, clock, opened
from tests.databases import Database
from tests.house import entries
from tests.running import stateward
from tests.ticking import Watch, declared_with, watch
from tests.ticking import ticking as house_ticking

__all__ = ["watch"]


@pytest.mark.parametrize(("number", "cold"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_it_says_that_it_works_and_stops_cleanly(tmp_path, number, cold):
    with stateward(tmp_path, "work", cold=cold) as worker:
        assert "Stateward works" in worker.told
        assert worker.stop(number) == 0
        assert worker.errors.read_text() == ""


def test_on_postgresql_it_names_the_command_that_makes_the_schema(empty_postgres, capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_DATABASE_URL", empty_postgres.url)
    assert main(["work"]) == 1
    assert "stateward migrate" in capsys.readouterr().err


def test_one_process_ticks_on_a_sqlite_file_and_another_when_that_ends(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path}/one.db"
    first, second = TickLock(url), TickLock(url)
    assert (first.is_mine(), second.is_mine(), first.is_mine()) == (True, False, True)
    first.give_up()
    assert (second.is_mine(), first.is_mine()) == (True, False)
    second.give_up()


def test_on_postgresql_everybody_ticks():
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    assert TickLock(url).is_mine()
    assert TickLock(url).is_mine()


@pytest.fixture
def sqlite_file(tmp_path: Path, sqlite_template: Path) -> Database:
    file = tmp_path / "ticking.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite+aiosqlite:///{file}"
    return Database("sqlite", url, url)


def settings(database: Database) -> Settings:
    return Settings(database_url=database.url)


async def until(found: asyncio.Event) -> None:
    async with asyncio.timeout(20):
        await found.wait()


async def test_a_tick_fires_what_is_due_until_nothing_is(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    async with house_ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        cases = [await opened(house) for _ in range(70)]
        watch.at(9, day=1)
        drained = asyncio.Event()
        escalate = house.desk.escalate

        async def seen(limit: int = 64):
            fired = await escalate(limit)
            if not fired:
                drained.set()
            return fired

        house.desk.escalate = seen
        async with ticking(house, settings(sqlite_file), fires=True):
            await until(drained)
        assert [(await clock(house, case_id))["breached_at"] for case_id in cases] == [
            "2026-06-09T09:00:00.000000Z"
        ] * 70


async def test_without_the_scheduler_nothing_fires(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    async with house_ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        await opened(house)
        watch.at(9, day=1)
        async with ticking(house, settings(sqlite_file), fires=False):
            assert not TickLock(sqlite_file.url)._held
        assert len(await house.desk.escalate()) == 2


async def test_that_the_database_is_away_is_said_once_and_that_it_is_back(
    sqlite_file: Database, watch: Watch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with house_ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        next_due, tries = house.store.next_due, 0

        async def unreliable():
            nonlocal tries
            tries += 1
            if tries <= 3:
                raise StoreUnavailable("the cable was pulled")
            return await next_due()

        house.store.next_due = unreliable
        ticks = Ticks(house, fires=True, loops=1, is_my_turn=lambda: True)
        for _ in range(5):
            await ticks._run("fire what is due", ticks._fire)
    said = said_by_ticks(caplog)
    assert len(said) == 2
    assert "the cable was pulled" in said[0]
    assert "is back" in said[1]


async def test_a_tick_that_lasts_says_so(
    sqlite_file: Database,
    watch: Watch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "LASTS", 0.0)
    caplog.set_level(logging.WARNING)
    async with house_ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        ticks = Ticks(house, fires=True, loops=1, is_my_turn=lambda: True)

        async def lasting() -> None:
            async with asyncio.timeout(20):
                while not said_by_ticks(caplog):  # noqa: ASYNC110 - nobody tells when
                    await asyncio.sleep(0)

        await ticks._run("forget answers", lasting)
    assert said_by_ticks(caplog) == ["forget answers: at it for 0 s, and not again before that ends"]


def said_by_ticks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "stateward.scheduler"]


async def test_a_tick_lets_running_clocks_count_by_a_calendar_that_another_process_put_in_force(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with house_ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        case_id = await opened(house)
        closed = CalendarFile(
            zone="Europe/London",
            weekly={"mon-fri": ["09:00-17:00"]},
            closed=["2026-06-09"],
            applies_from="2026-06-09",
        )
        await put_in_force(house.store, "office", closed)
        ticks = Ticks(house, fires=False, loops=1, is_my_turn=lambda: True)
        await ticks.learn()
        assert (await clock(house, case_id))["due_at"] == "2026-06-09T09:00:00.000000Z"
        ticks = Ticks(house, fires=True, loops=1, is_my_turn=lambda: True)
        for _ in range(3):
            await ticks.learn()
        assert (await clock(house, case_id))["due_at"] == "2026-06-10T09:00:00.000000Z"
        assert len(await entries(sqlite_file, "sla")) == 1


def test_it_tells_its_metrics_where_that_is_wanted(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with stateward(tmp_path, "work", metrics_port=port) as worker:
        told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert worker.stop() == 0
        assert worker.errors.read_text() == ""
    assert "stateward_policy_version 3.0" in told
    assert "# TYPE stateward_sla_step_lateness_seconds histogram" in told
