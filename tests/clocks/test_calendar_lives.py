"""Random lives of clocks of every kind under calendars that change and are corrected: the log alone tells them."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.definition.calendar_file import CalendarFile
from app.domain.values.rfc3339 import rfc3339
from app.services.assembly import Assembly
from app.services.clocks.calendars import put_in_force
from app.services.clocks.recalculation import Correcting
from tests.clocks.test_clocks import agrees, opened, sqlite_file
from tests.databases import Database
from tests.house import fire
from tests.lengths import length
from tests.ticking import AGENT, MONDAY, Watch, declared_with, tick, ticking, watch

__all__ = ["sqlite_file", "watch"]

COMMON = "start: {enters: [new, work]}\n  stop: {enters: done}\n  pause: {in: waiting}\n  calendar: office"
TARGETS = (
    "target: [{when: data.priority == 1, is: 6h}, {when: data.priority == 2, is: 11h, calendar: always}, {is: 20h}]"
)
STEPS = "steps: [{at: 50%, notify: role:a}, {at: -1h, notify: role:b}, {at: +1h, every: 2h, max: 3, urgency: 10}]"
SLAS = "".join(
    f"\n{name}:\n  {COMMON}\n  {rest}\n  {STEPS}"
    for name, rest in {
        "elapsed": TARGETS + "\n  reopen: continue",
        "kept": TARGETS + "\n  retarget: keep_deadline",
        "again": TARGETS + "\n  retarget: restart\n  reopen: restart",
        "limited": "target: 9h\n  pause_max: 3h",
        "days": "kind: due_at\n  due: {business_days: 2, at: '16:00', cutoff: '15:00'}",
        "until": "kind: due_at\n  due: {field: data.deadline}",
        "since": "target: 15h\n  start_at: data.received_on",
        "daily": "kind: periodic\n  every: 5h",
    }.items()
)
TURNS = length(15, 30)
EVENTS = ("take", "wait", "take", "finish", "reopen", "hurry", "rate")


def a_calendar(dice: random.Random, since: str) -> CalendarFile:
    hours = dice.choice(["09:00-17:00", "08:00-12:00", "10:00-20:00", "06:00-09:30"])
    closed = [f"2026-06-{day:02}" for day in range(8, 20) if dice.random() < 0.25]
    return CalendarFile(zone="Europe/London", weekly={"mon-fri": [hours]}, closed=closed, applies_from=since)


@pytest.mark.parametrize("seed", range(length(2, 4)))
async def test_whatever_happens_every_clock_is_what_the_log_makes_of_it(
    sqlite_file: Database, watch: Watch, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    async with ticking(sqlite_file, declared_with(tmp_path, SLAS), watch) as house:
        deadline, received = (rfc3339(MONDAY + timedelta(hours=hours)) for hours in (60, -20))
        cases = [await opened(house, data={"deadline": deadline, "received_on": received}) for _ in range(3)]
        for turn in range(TURNS):
            watch.pass_by(minutes=dice.randrange(1, 400))
            await _something(house, dice, cases, watch)
            if dice.random() < 0.6:
                await tick(house)
            assert turn % 5 < 4 or await agrees(house)


async def _something(house: Assembly, dice: random.Random, cases: list[str], watch: Watch) -> None:
    chance = dice.random()
    if chance < 0.7:
        event = dice.choice(EVENTS)
        payload = {"payload": {"priority": dice.randrange(4)}} if event == "rate" else {}
        await fire(house, dice.choice(cases), event, AGENT, **payload)
    elif chance < 0.85:
        calendar = a_calendar(dice, (watch.now + timedelta(days=dice.randrange(2, 5))).date().isoformat())
        await put_in_force(house.store, "office", calendar)
        if dice.random() < 0.7:
            names = await house.calendars.learn(house.store)
            await house.recalculation.recalculate(names)
            assert await house.recalculation.recalculate(["office"]) == []
    else:
        calendar = a_calendar(dice, f"2026-06-{dice.randrange(1, 9):02}")
        await put_in_force(house.store, "office", calendar, corrects=True)
        await house.calendars.learn(house.store)
        why = Correcting("user:olga", "it was wrong")
        await house.recalculation.recalculate(["office"], why)
        assert await house.recalculation.recalculate(["office"], why) == []
