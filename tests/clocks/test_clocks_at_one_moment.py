"""What clocks do when several things come at one moment."""

from datetime import timedelta
from pathlib import Path

from app.domain.values.rfc3339 import rfc3339
from tests.clocks.test_clocks import agrees, clock, opened, sqlite_file
from tests.databases import Database
from tests.house import fired
from tests.ticking import AGENT, MONDAY, Watch, declared_with, tick, ticking, told, watch

__all__ = ["sqlite_file", "watch"]


async def test_a_step_waits_while_the_clock_is_paused_by_another_of_its_moment(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      pause: {event: escalate}
      resume: {event: hurry}
      stop: {enters: done}
      target: 2h
      steps: [{at: 50%, fire: escalate}, {at: 50%, notify: role:agent}, {at: 50%, urgency: 10}]
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        watch.pass_by(hours=1)
        assert len(await tick(house)) == 1
        assert (await clock(house, case_id))["status"] == "paused"
        watch.pass_by(hours=5)
        assert await tick(house) == []
        await fired(house, case_id, "hurry", AGENT)
        assert told(await tick(house)) == [("decision", "50%", 1)] * 2
        assert await agrees(house)
        watch.pass_by(hours=1)
        assert told(await tick(house)) == [("decision", "100%", 1)]


async def test_a_pause_that_is_told_late_lasts_from_the_last_moment_of_its_clock_on(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      pause: {in: waiting}
      pause_max: 8h
      stop: {enters: done}
      target: 8h
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        await fired(house, case_id, "take", AGENT)
        await fired(house, case_id, "wait", AGENT, occurred_at=MONDAY - timedelta(days=2))
        assert (await clock(house, case_id))["status"] == "paused"
        watch.pass_by(hours=12)
        await tick(house)
        assert (await clock(house, case_id))["due_at"] == rfc3339(MONDAY + timedelta(hours=16))
        assert await agrees(house)


async def test_an_explanation_adds_up_where_a_stop_is_told_after_steps_that_it_lies_before(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      stop: {enters: done}
      target: 2h
      steps: [{at: 50%, notify: role:agent}]
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        watch.pass_by(hours=1)
        await tick(house)
        await fired(house, case_id, "finish", AGENT, occurred_at=MONDAY + timedelta(minutes=30))
        why = await house.clocks.explain(AGENT, case_id, "decision")
        assert why["elapsed_seconds"] == 1800
        assert [one["to"] for one in why["segments"]] == [rfc3339(MONDAY + timedelta(minutes=30))]
        assert await agrees(house)
