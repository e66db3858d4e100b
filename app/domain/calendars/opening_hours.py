"""Which hours each local date owns: the weekly rule, closed dates, and dates with hours of their own."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from app.domain.definition.calendar_file import CalendarFile

Hours = tuple[tuple[int, int], ...]
"""Half-open intervals in minutes after local midnight, in order; beyond 1440 a night shift runs into the next day."""

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_REST: Final = 400
"""Days without working time after which a calendar is taken to have none."""
_DAY: Final = timedelta(days=1)
_HOURS: Final = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)


class OpeningHours:
    """The hours of every date. ValueError says what is wrong with a declaration.

    `closed` are further closed dates (holidays); `since` is the date from which working time must be found.
    """

    def __init__(self, file: CalendarFile, closed: Iterable[date] = (), since: date | None = None) -> None:
        self.weekly = _weekly(file.weekly)
        self.closed = frozenset(closed) | {_date(day) for day in file.closed}
        self.override = {_date(day): _sorted(hours, day) for day, hours in file.override.items()}
        self.always = not self.closed and not self.override and all(hours == ((0, 1440),) for hours in self.weekly)
        self._check_neighbours()
        self._check_rest(since)

    def of(self, day: date) -> Hours:
        """An override wins over a closed date, and that over the weekly rule."""
        if day in self.override:
            return self.override[day]
        return () if day in self.closed else self.weekly[day.weekday()]

    def is_closed(self, day: date) -> bool:
        """Whether the date is closed by name, rather than by the weekly rule."""
        return not self.override[day] if day in self.override else day in self.closed

    def _check_neighbours(self) -> None:
        for weekday, hours in enumerate(self.weekly):
            following = (weekday + 1) % 7
            _check_apart(hours, self.weekly[following], WEEK[weekday], WEEK[following])
        for day in self.override:
            for first in {day - _DAY, day}:
                _check_apart(self.of(first), self.of(first + _DAY), str(first), str(first + _DAY))

    def _check_rest(self, since: date | None) -> None:
        if not any(self.weekly) and not any(self.override.values()):
            raise ValueError("the calendar has no working time")
        if since is not None:
            self._check_works_after(since)
        if any(self.weekly):
            seen = date.min
            for day in sorted(self.closed | self.override.keys()):
                seen = self._check_works_after(day) if day > seen else seen

    def _check_works_after(self, day: date) -> date:
        for count in range(LONGEST_REST + 1):
            if self.of(day + count * _DAY):
                return day + count * _DAY
        raise ValueError(f"there is no working time within {LONGEST_REST} days from {day}")


def _weekly(declared: Mapping[str, Sequence[str]]) -> tuple[Hours, ...]:
    written: list[list[str]] = [[] for _ in WEEK]
    for days, hours in declared.items():
        for weekday in _weekdays(days):
            written[weekday] += hours
    return tuple(_sorted(hours, WEEK[weekday]) for weekday, hours in enumerate(written))


def _weekdays(days: str) -> list[int]:
    """`mon-fri`, or `sat-mon` over the end of the week."""
    first, last = (WEEK.index(day) for day in (days.split("-") * 2)[:2])
    return [(first + count) % 7 for count in range((last - first) % 7 + 1)]


def _sorted(written: Iterable[str], day: str) -> Hours:
    hours = tuple(sorted(_interval(text) for text in written))
    for (_, end), (start, _) in pairwise(hours):
        if start < end:
            raise ValueError(f"{day}: the hours overlap at {clock_time(start)}")
    return hours


def _interval(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text)
    if not found:
        raise ValueError(f"`{text}` are no hours; write them as `09:00-17:00`")
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if end <= start:
        raise ValueError(f"`{text}` ends before it starts; write a night shift as `22:00-30:00`")
    if start >= 1440 or end > 2880:
        raise ValueError(f"`{text}` must start before 24:00 and end by 48:00")
    return start, end


def _check_apart(hours: Hours, following: Hours, name: str, following_name: str) -> None:
    if hours and following and hours[-1][1] - 1440 > following[0][0]:
        at = clock_time(following[0][0])
        raise ValueError(f"the night shift of {name} overlaps the hours of {following_name} at {at}")


def clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is no date; write it as `2026-12-24`") from None
