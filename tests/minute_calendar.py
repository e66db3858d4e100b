"""Which minutes count on a calendar, by asking zoneinfo for the local time of each; written from the rules alone."""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
MARGIN = 4 * 1440
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@lru_cache(maxsize=64)
def walls(zone: str, first: int, count: int) -> tuple[list[datetime], dict[datetime, int]]:
    """Of each of `count` minutes from minute `first` (since 1970) the latest wall time so far; and of each wall time
    the last minute that shows it.
    """
    info, start = ZoneInfo(zone), datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=first)
    local = [(start + timedelta(minutes=n)).astimezone(info).replace(tzinfo=None) for n in range(count)]
    return list(accumulate(local, max)), {wall: index for index, wall in enumerate(local)}


class Minutes:
    """Which minutes of a window count on a calendar (as JSON); of several versions, from which minute each applies."""

    def __init__(self, first: int, count: int, versions: list[tuple[int, dict[str, Any]]]) -> None:
        self.first, self.count = first, count
        self.open = bytearray(count)
        for index, (applies_from, calendar) in enumerate(versions):
            whole = open_minutes(calendar, first, count)
            start = max(applies_from - first, 0) if index else 0
            self.open[start:] = whole[start:]

    def counts(self, at: int) -> bool:
        index = at // MINUTE - self.first
        if index >= self.count:
            raise EOFError("beyond the window")
        return bool(self.open[index])


def open_minutes(calendar: dict[str, Any], first: int, count: int) -> bytearray:
    latest, last_pass = walls(calendar["zone"], first - MARGIN, count + 2 * MARGIN)
    marked = bytearray(len(latest))
    day = latest[0].date() + timedelta(days=1)
    while day < latest[-1].date() - timedelta(days=2):
        for hours in hours_of(calendar, day):
            start, end = (datetime(day.year, day.month, day.day) + timedelta(minutes=minutes(t)) for t in hours)
            begins = bisect_left(latest, start)  # the first minute that shows it, or comes after the gap
            ends = last_pass.get(end, bisect_left(latest, end))  # the last that shows it, or the first after the gap
            marked[begins:ends] = b"\1" * max(ends - begins, 0)
        day += timedelta(days=1)
    return marked[MARGIN : MARGIN + count]


def hours_of(calendar: dict[str, Any], day: date) -> list[list[str]]:
    if str(day) in calendar.get("override", {}):
        return [text.split("-") for text in calendar["override"][str(day)]]
    if str(day) in calendar.get("closed", []):
        return []
    found = []
    for days, hours in calendar["weekly"].items():
        first, last = WEEK.index(days[:3]), WEEK.index(days[-3:])
        span = [(first + n) % 7 for n in range(7)]
        if day.weekday() in span[: span.index(last) + 1]:
            found += [text.split("-") for text in hours]
    return found


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
