"""Random clocks on random calendars, most of them where a zone changes its clocks."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.domain.calendars.business_time import Calendar
from app.domain.definition.calendar_file import CalendarFile

LIFE = 9 * 1440 * 60
"""Seconds in which things happen to a clock; due may lie beyond."""
WINDOWS = [
    ("America/New_York", date(2026, 3, 4)),
    ("America/New_York", date(2026, 10, 28)),
    ("Europe/Berlin", date(2026, 3, 25)),
    ("Europe/Berlin", date(2026, 10, 21)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("Australia/Lord_Howe", date(2026, 9, 30)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("Pacific/Apia", date(2011, 12, 26)),
    ("Africa/Casablanca", date(2026, 2, 11)),
    ("Africa/Casablanca", date(2026, 3, 18)),
    ("America/St_Johns", date(2026, 3, 4)),
    ("America/St_Johns", date(2011, 11, 2)),
    ("America/Havana", date(2026, 10, 28)),
]
STEPS = [
    ("50%", 50, 0),
    ("33%", 33, 0),
    ("75%", 75, 0),
    ("100%", 100, 0),
    ("120%", 120, 0),
    ("-1h", None, -3600),
    ("-90m", None, -5400),
    ("+2h", None, 7200),
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """A random clock: the seconds at which something happens to it, and what."""

    zone: str
    first: int
    versions: list[tuple[int, dict[str, Any]]]
    other: dict[str, Any]
    steps: list[tuple[str, int | None, int, int | None, int | None]]
    target: int | None
    deadline: int | None
    happenings: list[tuple[int, str, dict[str, Any]]]
    until: int


def moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def random_hours(dice: random.Random) -> list[str]:
    kind = dice.randrange(5)
    if kind == 0:
        return [dice.choice(["22:00-30:00", "23:30-26:30", "00:00-24:00", "02:00-03:00", "01:30-02:30", "20:00-26:00"])]
    points = sorted(dice.sample(range(97), 2 * dice.randint(1, 3)))
    found = [f"{text(15 * start)}-{text(15 * end)}" for start, end in zip(points[::2], points[1::2], strict=True)]
    return found if kind > 1 else ["09:00-17:00"]


def random_calendar(dice: random.Random, zone: str, day: date) -> dict[str, Any]:
    """Tries until one is accepted: a night shift may overlap the next day's hours."""
    while True:
        days = dice.choice([["mon-fri"], ["mon-sun"], ["mon-wed", "sat-sun"], ["mon-thu", "fri"], ["fri-mon"]])
        near = [str(day + timedelta(days=dice.randint(-1, 12))) for _ in range(4)]
        written = {
            "zone": zone,
            "weekly": {span: random_hours(dice) for span in days},
            "closed": near[: dice.randint(0, 2)],
            "override": {
                day: random_hours(dice) if dice.random() < 0.8 else [] for day in near[2 : dice.randint(2, 4)]
            },
        }
        try:
            calendar(written)
        except ValueError:
            continue
        return written


def random_life(dice: random.Random) -> Life:
    zone, day = dice.choice(WINDOWS)
    first = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // timedelta(minutes=1)
    versions = [(0, random_calendar(dice, zone, day))]
    if dice.random() < 0.3:
        versions.append((first + dice.randint(1440, 8 * 1440), random_calendar(dice, zone, day)))
    grid = dice.choice([1, 900, 3600])  # on a coarse one things happen at exactly due, or at one moment
    begin = (first * 60 + 86400 + dice.randrange(2 * 86400)) // grid * grid
    fixed = dice.random() < 0.25
    steps = [random_step(dice) for _ in range(dice.randint(0, 4))]
    seconds = sorted(dice.randrange(begin, first * 60 + LIFE, grid) for _ in range(dice.randint(0, 8)))
    happenings = [(at, *random_doing(dice, fixed)) for at in seconds]
    started: dict[str, Any] = {"since": begin - dice.randrange(0, 86400, grid)} if dice.random() < 0.3 else {}
    place = dice.choice([0, 0, 0, min(2, len(happenings))])
    at = happenings[place - 1][0] if place else begin
    happenings.insert(place, (at, "start", started))
    return Life(
        zone,
        first,
        versions,
        random_calendar(dice, zone, day),
        steps,
        None if fixed else random_target(dice),
        begin + dice.randrange(-3600, 6 * 86400, grid) if fixed else None,
        happenings,
        max(first * 60 + LIFE, at) + dice.randrange(2 * 86400),
    )


def random_step(dice: random.Random) -> tuple[str, int | None, int, int | None, int | None]:
    at, percent, offset = dice.choice(STEPS)
    if at.startswith("+") and dice.random() < 0.7:
        return at, percent, offset, dice.choice([3600, 5400]), dice.choice([None, 2, 5])
    return at, percent, offset, None, None


def random_target(dice: random.Random) -> int:
    return dice.choice([3600, 4 * 3600, 8 * 3600, 8 * 3600, 16 * 3600, 12345])


def random_doing(dice: random.Random, fixed: bool) -> tuple[str, dict[str, Any]]:
    do = dice.choice(
        ["pause", "pause", "resume", "resume", "retarget", "handover", "stop", "reopen", "reopen", "reset", "cancel"]
    )
    modes = ["keep_elapsed", "keep_elapsed", "restart", "keep_deadline"]
    if do == "pause":
        return do, {"longest": dice.choice([None, None, 3600, 86400])}
    if do == "retarget":
        return ("resume", {}) if fixed else (do, {"target": random_target(dice), "mode": dice.choice(modes)})
    if do == "handover":
        return do, {"mode": dice.choice(modes)}
    return (do, {"mode": dice.choice(["ignore", "resume", "continue", "restart"])}) if do == "reopen" else (do, {})


def calendar(written: dict[str, Any]) -> Calendar:
    return Calendar.compiled(CalendarFile.model_validate(written))
