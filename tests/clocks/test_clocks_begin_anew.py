"""New cycles: what they are promised is what holds when they begin, not what their clock was promised before."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.values.rfc3339 import rfc3339
from app.services.assembly import Assembly
from tests.clocks.test_clocks import agrees, clock, opened, sqlite_file
from tests.databases import Database
from tests.house import entries, fired
from tests.ticking import AGENT, MONDAY, OFFICE, Watch, declared_with, tick, ticking, told, watch

__all__ = ["sqlite_file", "watch"]

NIGHT = 'zone: UTC\nweekly: {mon-sun: ["22:00-30:00"]}\n'
Housed = Callable[[str], AbstractAsyncContextManager[Assembly]]


@pytest.fixture
def housed(sqlite_file: Database, watch: Watch, tmp_path: Path) -> Housed:
    def opened_with(slas: str) -> AbstractAsyncContextManager[Assembly]:
        found = declared_with(tmp_path, slas, calendars={"office": OFFICE, "night": NIGHT})
        return ticking(sqlite_file, found, watch)

    return opened_with


async def test_a_reset_counts_business_days_from_the_reset_on(housed: Housed, watch: Watch) -> None:
    slas = """
    decision:
      kind: due_at
      start: {enters: new}
      reset: {event: hurry}
      stop: {enters: done}
      due: {business_days: 1, at: "16:00"}
      calendar: office
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        watch.at(9, day=2)
        await fired(house, case_id, "hurry", AGENT)
        again = await clock(house, case_id)
        assert (again["cycle"], again["due_at"]) == (2, "2026-06-11T15:00:00.000000Z")
        assert again["breached_at"] is None
        assert await agrees(house)


async def test_restart_counts_anew_by_the_calendar_of_the_new_team(housed: Housed, watch: Watch) -> None:
    slas = """
    first:
      start: {enters: new}
      stop: {enters: done}
      target: 1h
      steps: [{at: 100%, assign: "team:office"}]
    decision:
      kind: due_at
      start: {enters: new}
      stop: {enters: done}
      due: {business_days: 1}
      calendar: {follow: team}
      retarget: restart
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        watch.pass_by(hours=1)
        await tick(house)
        again = await clock(house, case_id)
        assert (again["cycle"], again["calendar"]) == (2, "team:office")
        assert again["due_at"] == "2026-06-09T16:00:00.000000Z"
        assert await agrees(house)


async def test_a_due_that_is_no_longer_there_is_not_promised_again(housed: Housed, watch: Watch) -> None:
    slas = """
    decision:
      start: {enters: [new, work]}
      stop: {enters: done}
      target: [{when: "!has(data.priority)", is: 4h}]
      reopen: restart
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        await fired(house, case_id, "finish", AGENT)
        await fired(house, case_id, "rate", AGENT, payload={"priority": 1})
        await fired(house, case_id, "reopen", AGENT)
        again = await clock(house, case_id)
        assert (again["cycle"], again["status"], again["due_at"]) == (2, "running", None)
        assert await agrees(house)


async def test_a_cancelled_clock_that_starts_again_counts_by_the_calendar_that_holds_now(
    housed: Housed, watch: Watch
) -> None:
    slas = """
    first:
      start: {enters: new}
      stop: {enters: done}
      target: 1h
      steps: [{at: 100%, assign: "team:office"}]
    decision:
      kind: due_at
      start: {event: hurry}
      cancel: {event: wait}
      due: {business_days: 1}
      calendar: {follow: team}
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        await fired(house, case_id, "take", AGENT)
        await fired(house, case_id, "hurry", AGENT)
        await fired(house, case_id, "wait", AGENT)
        watch.pass_by(hours=1)
        await tick(house)
        await fired(house, case_id, "hurry", AGENT)
        again = await clock(house, case_id)
        assert (again["cycle"], again["calendar"]) == (2, "team:office")
        assert again["due_at"] == "2026-06-09T16:00:00.000000Z"
        assert await agrees(house)


async def test_the_next_cycle_of_a_series_is_paused_where_its_pause_holds(housed: Housed, watch: Watch) -> None:
    slas = """
    check:
      kind: periodic
      start: {enters: new}
      pause: {in: waiting}
      stop: {event: hurry}
      cancel: {enters: done}
      every: 1d
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        await fired(house, case_id, "take", AGENT)
        await fired(house, case_id, "wait", AGENT)
        await fired(house, case_id, "hurry", AGENT)
        again = await clock(house, case_id, "check")
        assert (again["cycle"], again["status"]) == (2, "paused")
        watch.pass_by(days=3)
        assert await tick(house) == []
        await fired(house, case_id, "take", AGENT)
        assert (await clock(house, case_id, "check"))["due_at"] == rfc3339(watch.now + timedelta(days=1))
        assert await agrees(house)


async def test_the_past_steps_of_an_imported_cycle_are_skipped_as_those_of_an_imported_start(
    housed: Housed, watch: Watch, sqlite_file: Database
) -> None:
    slas = """
    check:
      kind: periodic
      start: {enters: new}
      stop: {event: hurry}
      cancel: {enters: done}
      every: 8h
      steps: [{at: 25%, notify: role:agent}, {at: 50%, notify: role:agent}, {at: 100%, notify: role:agent}]
    """
    async with housed(slas) as house:
        case_id = await opened(house, occurred_at=MONDAY - timedelta(days=2))
        await fired(house, case_id, "hurry", AGENT, occurred_at=MONDAY - timedelta(days=1))
        assert told(await tick(house)) == [("check", "100%", 1)]
        [missed, entry] = await entries(sqlite_file, "sla")
        assert (missed["sla"]["cycle"], entry["sla"]["cycle"]) == (1, 2)
        assert [(one["step"], one["n"]) for one in entry["sla"]["skipped"]] == [(0, 1), (1, 1)]
        assert await agrees(house)


async def test_a_pause_by_an_event_in_a_state_begins_each_time_the_event_comes(housed: Housed, watch: Watch) -> None:
    slas = """
    decision:
      start: {enters: new}
      pause: {event: hurry, in: work}
      resume: {event: rate}
      stop: {enters: done}
      target: 8h
    """
    async with housed(slas) as house:
        case_id = await opened(house)
        await fired(house, case_id, "take", AGENT)
        for _ in range(2):
            await fired(house, case_id, "hurry", AGENT)
            assert (await clock(house, case_id))["status"] == "paused"
            await fired(house, case_id, "rate", AGENT, payload={"priority": 1})
            assert (await clock(house, case_id))["status"] == "running"
        assert await agrees(house)
