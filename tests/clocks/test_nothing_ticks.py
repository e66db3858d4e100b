"""Where nobody ticks, `readyz` says so: steps that stay due, and entries that stay without a place in the log."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.domain.case.attempt import Opens
from app.services.assembly import Assembly
from app.services.process.standing_still import unfired
from app.worker import readiness
from tests.databases import Database
from tests.house import attempt, tried
from tests.replay.test_back_test import fresh
from tests.ticking import AGENT, MONDAY, Watch, declared_with, tick, ticking, watch

SLAS = """
answer: {start: {enters: new}, stop: {enters: done}, target: 1h, steps: [{at: 100%, fire: escalate}]}
"""
TICK = "let a `serve` (without `--no-scheduler`) or a `work` tick"
assert watch


@pytest.fixture
def scratch(tmp_path: Path, sqlite_template: Path) -> Database:
    return fresh(tmp_path / "scratch.db", sqlite_template)


async def warnings(house: Assembly, folder: Path) -> tuple[str, ...]:
    found = await readiness(house, folder / "policies")
    assert found.ready
    return tuple(found.warnings)


async def test_an_entry_and_a_step_that_wait_for_more_than_a_minute_are_told_until_somebody_ticks(
    scratch: Database, tmp_path: Path, watch: Watch
) -> None:
    async with ticking(scratch, declared_with(tmp_path, SLAS), watch) as house:
        await house.ledger.sequence()
        watch.pass_by(hours=1)
        assert await warnings(house, tmp_path) == ()
        await tried(house, attempt(AGENT, "open", case_type="ticket", reference="a", data={}, opens=Opens.IF_ABSENT))
        watch.pass_by(seconds=60)
        assert await warnings(house, tmp_path) == ()
        watch.pass_by(seconds=1)
        waits = f"an entry has waited 61 seconds for its place in the log, and the feed tells nothing new: {TICK}"
        assert await warnings(house, tmp_path) == (waits,)
        await house.ledger.sequence()
        assert await warnings(house, tmp_path) == ()
        watch.pass_by(minutes=60)
        late = f"a step has been due for 61 seconds, and nothing fires it: {TICK}"
        assert await warnings(house, tmp_path) == (late,)
        await tick(house)
        await house.ledger.sequence()
        assert await warnings(house, tmp_path) == ()


@pytest.mark.parametrize(("late", "told"), [(-5, False), (0, False), (60, False), (60.9, True), (86_400, True)])
async def test_a_step_is_late_after_a_minute(late: float, told: bool) -> None:
    class Store:
        async def next_due(self) -> tuple[datetime | None, datetime]:
            return MONDAY, MONDAY + timedelta(seconds=late)

    assert bool(await unfired(Store())) is told


async def test_a_file_that_was_changed_and_not_applied_is_told_beside(
    scratch: Database, tmp_path: Path, watch: Watch
) -> None:
    async with ticking(scratch, declared_with(tmp_path, SLAS), watch) as house:
        (tmp_path / "policies" / "ticket.csv").write_text("# nobody\n")
        [told] = await warnings(house, tmp_path)
        assert told.startswith("ticket.csv differs from the policy in force; run `stateward policy apply ticket.csv`")
