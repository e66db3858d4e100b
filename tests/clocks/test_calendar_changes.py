"""A calendar changes while clocks run: what moves, what stays, and that the log alone tells the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.definition.calendar_file import CalendarFile
from app.services.assembly import Assembly
from app.services.clocks.calendars import CalendarOfThePast, put_in_force
from app.services.clocks.recalculation import Correcting, Recounted
from tests.clocks.test_clocks import agrees, clock, opened, sqlite_file
from tests.databases import Database
from tests.house import entries, fired, rows
from tests.ticking import AGENT, Watch, declared_with, tick, ticking, told, watch

__all__ = ["sqlite_file", "watch"]

LONDON = {"zone": "Europe/London", "weekly": {"mon-fri": ["09:00-17:00"]}}
SHORT_DAYS = CalendarFile(**{**LONDON, "weekly": {"mon-fri": ["09:00-13:00"]}, "applies_from": "2026-06-09"})
CLOSED_TUESDAY = CalendarFile(**LONDON, closed=["2026-06-09"], applies_from="2026-06-09")
CLOSED_MONDAY = CalendarFile(**LONDON, closed=["2026-06-08"], applies_from="2026-06-01")
WHY = Correcting("user:olga", "the office was closed that day")
ELAPSED = """
decision:
  start: {enters: new}
  pause: {in: waiting}
  stop: {enters: done}
  target: 8h
  calendar: office
  steps: [{at: 50%, notify: role:supervisor}]
"""


@dataclass
class Office:
    """A house and the database behind it."""

    house: Assembly
    database: Database

    async def learn(self) -> list[Recounted]:
        """What the tick of a process does that fires."""
        names = await self.house.calendars.learn(self.house.store)
        return await self.house.recalculation.recalculate(names)

    async def changes(self, calendar: CalendarFile) -> list[Recounted]:
        await put_in_force(self.house.store, "office", calendar)
        return await self.learn()

    async def corrects(self, calendar: CalendarFile) -> list[Recounted]:
        await put_in_force(self.house.store, "office", calendar, corrects=True)
        await self.house.calendars.learn(self.house.store)
        return await self.house.recalculation.recalculate(["office"], WHY)

    async def due(self, case_id: str, name: str = "decision") -> Any:
        found = (await clock(self.house, case_id, name))["due_at"]
        return found and found[5:16]

    async def event(self, case_id: str, name: str, **values: Any) -> None:
        await fired(self.house, case_id, name, AGENT, **values)


@asynccontextmanager
async def office(database: Database, folder: Path, watch: Watch, slas: str = ELAPSED) -> AsyncIterator[Office]:
    async with ticking(database, declared_with(folder, slas), watch) as house:
        yield Office(house, database)
        assert await agrees(house)


async def test_a_due_moves_by_a_version_that_is_to_come_and_the_case_tells_it(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        case_id = await opened(here.house)
        assert await here.due(case_id) == "06-09T09:00"  # one hour is left for Tuesday, until 10:00 in London
        watch.at(10)
        [moved] = await here.changes(CLOSED_TUESDAY)
        assert (moved.case_id, moved.moved) == (case_id, True)
        assert await here.due(case_id) == "06-10T09:00"
        assert await agrees(here.house)
        [entry] = await entries(sqlite_file, "sla")
        assert entry["sla"]["calendar"] == {"name": "office", "version": 2}
        assert (entry["sla"]["due_at"]["old"][:13], entry["sla"]["due_at"]["new"][:13]) == (
            "2026-06-09T09",
            "2026-06-10T09",
        )
        [row] = await rows(sqlite_file, "SELECT c.due_at AS of_case, k.due_at AS of_clock FROM cases c JOIN clock k")
        assert row["of_case"] == row["of_clock"]
        assert await here.house.recalculation.recalculate(["office"]) == []
        watch.at(8, 59, day=2)
        assert told(await tick(here.house)) == [("decision", "50%", 1)]
        watch.at(9, 0, day=2)
        assert told(await tick(here.house)) == [("decision", "100%", 1)]


async def test_a_version_that_changes_nothing_for_a_clock_writes_nothing(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        await opened(here.house)
        assert await here.changes(CalendarFile(**LONDON, closed=["2026-12-24"], applies_from="2026-12-01")) == []
        assert await entries(sqlite_file, "sla") == []


async def test_clocks_that_have_ended_stay_as_they_were(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        case_id = await opened(here.house)
        watch.at(10)
        await here.event(case_id, "finish")
        before = await here.house.store.cycles("acme", case_id)
        assert await here.changes(CLOSED_TUESDAY) == []
        assert await here.corrects(CLOSED_MONDAY) == []
        assert await here.house.store.cycles("acme", case_id) == before


async def test_a_deadline_that_was_kept_is_counted_by_what_was_known_then(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      pause: {in: waiting}
      stop: {enters: done}
      target: [{when: data.priority == 1, is: 4h}, {is: 16h}]
      calendar: office
      retarget: keep_deadline
      steps: [{at: 50%, notify: role:supervisor}]
    """
    async with office(sqlite_file, tmp_path, watch, slas) as here:
        case_id = await opened(here.house)
        watch.at(10)
        await here.event(case_id, "rate", payload={"priority": 1})
        kept = await here.due(case_id)
        assert await agrees(here.house)
        await here.changes(SHORT_DAYS)
        assert kept == "06-10T09:00"
        assert await here.due(case_id) == "06-11T09:00"
        assert await agrees(here.house)
        watch.at(11, day=1)
        await here.event(case_id, "take")
        await here.event(case_id, "wait")
        watch.at(11, 30, day=1)
        await here.event(case_id, "take")
        await here.event(case_id, "rate", payload={"priority": 2})
        await tick(here.house)
        assert await agrees(here.house)
        watch.at(9, day=8)
        await tick(here.house)


async def test_business_days_go_round_a_day_that_is_closed_now(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      kind: due_at
      start: {enters: new}
      pause: {in: waiting}
      stop: {enters: done}
      due: {business_days: 1, at: "16:00"}
      calendar: office
      steps: [{at: 50%, notify: role:supervisor}]
    """
    async with office(sqlite_file, tmp_path, watch, slas) as here:
        case_id = await opened(here.house)
        assert await here.due(case_id) == "06-09T15:00"
        watch.at(10)
        await here.changes(CLOSED_TUESDAY)
        assert await here.due(case_id) == "06-10T15:00"
        assert await here.house.recalculation.recalculate(["office"]) == []
        assert await agrees(here.house)


async def test_days_before_a_date_of_the_data_go_round_a_day_that_is_closed_now(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      kind: due_at
      start: {enters: new}
      stop: {enters: done}
      due: {field: data.deadline, business_days: -1, at: "16:00"}
      calendar: office
      steps: [{at: -1bd, notify: role:supervisor}]
    """
    async with office(sqlite_file, tmp_path, watch, slas) as here:
        case_id = await opened(here.house, data={"deadline": "2026-06-10"})
        assert await here.due(case_id) == "06-09T15:00"
        watch.at(10)
        await here.changes(CLOSED_TUESDAY)
        assert await here.due(case_id) == "06-08T15:00"
        assert await here.house.recalculation.recalculate(["office"]) == []
        assert await agrees(here.house)


async def test_a_date_of_the_data_stays_and_its_steps_move(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    slas = """
    decision:
      kind: due_at
      start: {enters: new}
      stop: {enters: done}
      due: {field: data.deadline}
      calendar: office
      steps: [{at: 50%, notify: role:supervisor}]
    """
    async with office(sqlite_file, tmp_path, watch, slas) as here:
        case_id = await opened(here.house, data={"deadline": "2026-06-09T16:00:00Z"})
        watch.at(11)  # 15 hours of work: half of them have passed on Tuesday at 9:30
        await here.changes(CLOSED_TUESDAY)
        assert await here.due(case_id) == "06-09T16:00"
        assert await here.house.recalculation.recalculate(["office"]) == []
        watch.at(12, 31)  # 7 hours of work: half of them have passed on Monday at 12:30
        assert told(await tick(here.house)) == [("decision", "50%", 1)]


async def test_a_paused_clock_counts_by_the_new_version_once_it_goes_on(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        case_id = await opened(here.house)
        await here.event(case_id, "take")
        await here.event(case_id, "wait")
        assert await here.changes(CLOSED_TUESDAY) == []
        watch.at(12)
        await here.event(case_id, "take")
        assert await here.due(case_id) == "06-10T11:59"
        [entry] = [e for e in await entries(sqlite_file, "transition") if e["event"] == "take"][1:]
        assert entry["calendars"] == {"office": 2}


async def test_what_a_process_did_that_knew_no_better_is_found_by_the_next_look(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        async with ticking(sqlite_file, declared_with(tmp_path, ELAPSED), watch) as late:
            await here.changes(CLOSED_TUESDAY)
            case_id = await opened(late)
            assert await here.due(case_id) == "06-09T09:00"
            assert await agrees(here.house)
        assert len(await here.house.recalculation.recalculate(["office"])) == 1
        assert await here.due(case_id) == "06-10T09:00"


async def test_a_version_for_the_past_is_refused_and_not_recalculated(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        await opened(here.house)
        with pytest.raises(CalendarOfThePast, match="sla correct office"):
            await here.changes(CLOSED_MONDAY)
        assert len(await here.house.store.calendars()) == 1


async def test_a_correction_counts_the_past_anew_and_says_who_and_why(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        case_id = await opened(here.house)
        paused = await opened(here.house)
        watch.at(12)
        for event in ("take", "wait"):
            await here.event(paused, event)
        watch.at(13, 30)
        assert len(await tick(here.house)) == 1
        would = here.house.calendars.corrected("office", CLOSED_MONDAY, watch.now)
        shown = [one async for one in here.house.recalculation.would_correct("office", would)]
        assert await entries(sqlite_file, "sla.corrected") == []
        done = await here.corrects(CLOSED_MONDAY)
        assert [(one.case_id, one.after.due_at, one.after.target) for one in shown] == [
            (one.case_id, one.after.due_at, one.after.target) for one in done
        ]
        assert {one.case_id for one in done} == {case_id, paused}
        assert await here.due(case_id) == "06-09T16:00"
        assert await agrees(here.house)
        told_why = await entries(sqlite_file, "sla.corrected")
        assert {entry["actor"]["reference"] for entry in told_why} == {"user:olga"}
        assert all("/reason" in entry["fields"] for entry in told_why)
        assert await here.house.recalculation.recalculate(["office"], WHY) == []
        await here.event(paused, "take")
        watch.at(15, day=1)
        assert await tick(here.house) != []  # half of the time of the other one: the step has fired in the first
        assert await agrees(here.house)
        watch.at(17, day=1)
        assert len(await tick(here.house)) == 2


async def test_a_breach_that_would_not_have_been_is_taken_back_and_one_that_would_is_of_now(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        case_id = await opened(here.house)
        watch.at(9, 30, day=1)
        await tick(here.house)
        assert (await clock(here.house, case_id))["breached_at"] is not None
        await here.corrects(CLOSED_MONDAY)
        assert (await clock(here.house, case_id))["breached_at"] is None
        assert await here.due(case_id) == "06-09T16:00"
        assert await agrees(here.house)
        early = {**LONDON, "weekly": {"mon-fri": ["05:00-24:00"]}, "applies_from": "2026-06-02"}
        await here.corrects(CalendarFile(**early))
        now = await clock(here.house, case_id)
        assert (now["breached_at"][5:16], now["breach_reason"]) == ("06-09T09:30", "retarget")
        await here.event(case_id, "finish")
        assert (await clock(here.house, case_id))["status"] == "met_late"


async def test_a_correction_that_was_broken_off_goes_on_where_it_ended(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with office(sqlite_file, tmp_path, watch) as here:
        for _ in range(3):
            await opened(here.house)
        watch.at(12)
        assert len(await here.corrects(CLOSED_MONDAY)) == 3
        watch.at(13)
        await opened(here.house)
        assert await here.house.recalculation.recalculate(["office"], replace(WHY, reason="again")) == []
