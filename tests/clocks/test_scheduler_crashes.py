"""Clocks fire once each whoever is killed, stopped or wrong about the time; the long form is scheduler_attack."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.commands.opening.declared import Declared, read_folders
from app.db import open_store
from app.domain.case.attempt import Opens
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import actor, applied, attempt, entries, fire, running, tried
from tests.scheduler_attack import MACHINE, POLICY, Attack, attacked

AGENT = actor("agent", "agent")
RACES = 150


@pytest.mark.parametrize(
    "attack",
    [Attack(300, late=True), Attack(600, spread=4, kill_every=1.0, restarts=True)],
    ids=["after downtime", "while schedulers are killed and the database restarts"],
)
async def test_every_clock_fires_once_whatever_happens_to_three_schedulers(attack: Attack) -> None:
    # not below pytest's own folder, to which the server's user has no way
    with tempfile.TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
        counted = await attacked(Path(folder), attack)
    assert (counted.firings, counted.entries, list(counted.faults)) == (attack.clocks, attack.clocks, [])
    assert not attack.late or counted.late_us[0] > 0


@pytest.fixture
def bombs(tmp_path: Path) -> Declared:
    for name, file, text in (("machines", "bomb.yaml", MACHINE), ("policies", "bomb.csv", POLICY)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    return read_folders(tmp_path / "machines", tmp_path / "policies")


@asynccontextmanager
async def opened(database: Database, found: Declared) -> AsyncIterator[Assembly]:
    async with running(open_store(database.url), found, desks=2) as house:
        yield house


async def laid(house: Assembly, due: datetime) -> str:
    data = {"due": rfc3339(due), "times": 0}
    one = attempt(AGENT, None, case_type="bomb", opens=Opens.ALWAYS, data=data)
    applied(await tried(house, one))
    return one.new_case_id


async def test_a_step_fires_before_the_stop_that_races_with_it_or_never(postgres: Database, bombs: Declared) -> None:
    async with opened(postgres, bombs) as house, opened(postgres, bombs) as scheduler:
        _, now = await house.store.next_due()
        moments = [now + timedelta(seconds=1.5 + 0.01 * number) for number in range(RACES)]
        cases = {await laid(house, moment): moment for moment in moments}
        ended = asyncio.Event()

        async def schedule() -> None:
            while not ended.is_set():
                await scheduler.desk.escalate(4)

        async def stop(case_id: str, moment: datetime) -> None:
            """At the moment, or a few milliseconds before or after."""
            off = timedelta(milliseconds=hash(case_id) % 9 - 4)
            await asyncio.sleep(max((moment + off - datetime.now(UTC)).total_seconds(), 0))
            applied(await fire(house, case_id, "find", AGENT))

        ticking = asyncio.create_task(schedule())
        await asyncio.gather(*(stop(case_id, moment) for case_id, moment in cases.items()))
        ended.set()
        await ticking
        assert await scheduler.desk.escalate() == []
    stops = {entry["case_id"]: entry for entry in await entries(postgres, "transition") if entry["event"] == "find"}
    steps = {entry["case_id"]: entry for entry in await entries(postgres, "sla")}
    assert stops.keys() == cases.keys()
    for case_id, step in steps.items():
        assert step["case_seq"] < stops[case_id]["case_seq"]
        assert parse_rfc3339(step["at"]) >= cases[case_id]
    assert len(steps) > 0


async def test_a_replica_whose_clock_is_an_hour_wrong_does_no_harm(postgres: Database, bombs: Declared) -> None:
    """On PostgreSQL nothing of the way of a firing reads the process's clock."""
    for hours in (-1, 1):
        async with opened(postgres, bombs) as house:
            _, now = await house.store.next_due()
            with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
                due = await laid(house, now - timedelta(seconds=1))
                later = await laid(house, now + timedelta(minutes=30))
                fired = await house.desk.escalate()
                assert [one.case_id for one in fired] == [due]
                assert fired[0].late_by < timedelta(minutes=5)
                assert await house.desk.escalate() == []
                applied(await fire(house, later, "find", AGENT))
    real = datetime.now(UTC)
    told = [parse_rfc3339(entry["at"]) for entry in await entries(postgres)]
    assert max(abs(real - at) for at in told) < timedelta(minutes=5)
