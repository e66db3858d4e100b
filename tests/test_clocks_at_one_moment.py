"""What clocks do when several things come at one moment."""

from pathlib import Path

from tests.databases import Database
from tests.house import fired
from tests.test_clocks import agrees, clock, opened, sqlite_file
from tests.ticking import AGENT, Watch, declared_with, tick, ticking, told, watch

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
