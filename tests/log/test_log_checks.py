"""The log is checked once a day, by one of all processes, and whoever operates the service learns what came of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.commands.opening.checking import DAY, LEASE, _checked, check_of, checked, checker_of
from app.metrics.process import Metrics
from app.scheduler import Ticks
from app.services.process.standing_still import faulty
from app.services.store.log_checks import LastCheck
from app.settings import load_settings
from tests.databases import Database
from tests.house import Assembly as House
from tests.house import change, open_claim, rows
from tests.log.test_checking import ENTRY_3, behind, lived
from tests.running import environment

HOURS = timedelta(hours=1)


@pytest.fixture
def settings(database: Database, monkeypatch):
    for name, value in environment(database_url=database.url, audit_check="daily").items():
        monkeypatch.setenv(name, value)
    return load_settings()


async def metrics_of(house: House) -> list[str]:
    told = (await Metrics(house.store, checks=house.store).exposed())[1].decode()
    return [line for line in told.splitlines() if line.startswith("stateward_audit_check")]


async def a_day_goes_by(database: Database) -> None:
    earlier = "checked_at - 90000000000" if database.kind == "sqlite" else "checked_at - interval '25 hours'"
    over = "1" if database.kind == "sqlite" else "now() - interval '1 second'"
    await change(database, f"UPDATE log_check SET checked_at = {earlier}, ends_at = {over}")


async def test_a_check_tells_what_it_found_and_the_next_one_is_due_a_day_later(
    house: House, database: Database, settings
):
    await lived(house)
    await house.ledger.sequence()  # what waits for long is a fault
    assert await house.store.last_check() is None
    assert await metrics_of(house) == []
    await _checked(settings)
    found = await house.store.last_check()
    assert (found.faults, found.problem, found.well) == (0, None, True)
    [(entries,)] = [tuple(row.values()) for row in await rows(database, "SELECT count(*) FROM audit_leaf")]
    assert found.entries == entries
    told = await metrics_of(house)
    assert "stateward_audit_check_ok 1.0" in told
    assert "stateward_audit_check_faults 0.0" in told
    assert {line.split()[0].removeprefix("stateward_audit_check_") for line in told} == {
        *("ok", "faults", "entries", "timestamp_seconds")
    }
    assert await faulty(house.store) == []
    assert await checked(house, check_of(house, settings), DAY) is None
    assert not await house.store.check_due(DAY)
    await a_day_goes_by(database)
    await behind(database, f"UPDATE audit_entry SET entry = replace(entry, 'a', 'b') WHERE entry_id = {ENTRY_3}")
    assert await house.store.check_due(DAY)
    again = await checked(house, check_of(house, settings), DAY)
    assert again.faults >= 1
    assert "has another hash" in again.problem
    assert await house.store.last_check() == replace(again, checked_at=(await house.store.last_check()).checked_at)
    assert "stateward_audit_check_ok 0.0" in await metrics_of(house)
    [warning] = await faulty(house.store)
    assert "stateward audit check" in warning


async def test_of_all_processes_one_checks_and_one_that_lost_its_turn_tells_nothing(
    house: House, database: Database, settings
):
    assert await house.store.take_check("one", DAY, LEASE)
    assert not await house.store.take_check("another", DAY, LEASE)
    assert await checked(house, check_of(house, settings), DAY) is None
    over = "1" if database.kind == "sqlite" else "now() - interval '1 second'"
    await change(database, f"UPDATE log_check SET ends_at = {over}")  # it died
    assert await house.store.take_check("another", DAY, LEASE)
    assert not await house.store.hold_check("one", LEASE)
    bad = LastCheck(checked_at=(await house.store.next_due())[1], entries=1, faults=1, problem="made up")
    await house.store.end_check("one", bad, HOURS)
    assert await house.store.last_check() is None


class Broken:
    async def steps(self):
        raise ValueError("a fault of ours")
        yield


async def test_a_check_that_breaks_says_so_and_is_tried_again_after_a_while(house: House, database: Database, settings):
    await house.ledger.sequence()  # what waits for long is a fault
    await _checked(settings)
    before = await house.store.last_check()
    await a_day_goes_by(database)
    found = await checked(house, Broken(), DAY)
    assert found.problem == "it could not be checked: ValueError"
    last = await house.store.last_check()
    assert (last.well, last.faults, last.entries) == (False, before.faults, before.entries)
    assert not await house.store.check_due(DAY)
    [warning] = await faulty(house.store)
    assert "did not come to its end" in warning


class Woken:
    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1

    async def stop(self) -> None:
        return None


async def test_a_tick_has_it_checked_where_that_is_due(house: House, settings):
    await open_claim(house)
    await house.ledger.sequence()
    house.checker = woken = Woken()
    ticks = Ticks(house, fires=True, loops=1, is_my_turn=lambda: True)
    await ticks._check()
    assert woken.times == 1
    await checked(house, check_of(house, settings), DAY)
    await ticks._check()
    assert woken.times == 1
    assert checker_of(settings) is not None
    assert checker_of(settings.model_copy(update={"audit_check": "off"})) is None
