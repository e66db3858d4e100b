"""Which hours each local date owns: the weekly rule, closed dates, and dates with hours of their own."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from app.domain.definition.calendar_file import CalendarFile, ResolvedCalendar, dates_of, is_yearly, yearly

Hours = tuple[tuple[int, int], ...]
"""Half-open intervals in minutes after local midnight, in order; beyond 1440 a night shift runs into the next day."""

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_REST: Final = 400
"""Days without working time after which a calendar is taken to have none."""
_DAY: Final = timedelta(days=1)
EVERY_WEEKDAY: Final = range(2000, 2028)
"""Years in which each day of the year falls on each day of the week, 29 February too."""
_HOURS: Final = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)


class OpeningHours:
    """The hours of every date. ValueError says what is wrong with a declaration.

    `closed` are further holidays, besides those of a file that is resolved; `since` is the date from which working time
    must be found.
    """

    def __init__(self, file: CalendarFile, closed: Iterable[date] = (), since: date | None = None) -> None:
        self.weekly = _weekly(file.weekly)
        self.override: dict[date, Hours] = {}
        self.yearly: dict[tuple[int, int], Hours] = {}
        self._holidays = frozenset(closed)
        self._make_up: dict[date, Hours] = {}
        self._read(file)
        if isinstance(file, ResolvedCalendar):
            self._read_holidays(file)
        plain = not (self.override or self.yearly or self._holidays or self._make_up)
        self.always = plain and all(hours == ((0, 1440),) for hours in self.weekly)
        self._check_neighbours()
        self._check_rest(since)

    def _read(self, file: CalendarFile) -> None:
        """`override` has the dates that the file names, open and closed, and `yearly` its days of every year."""
        for written in file.closed:
            if is_yearly(written):
                self.yearly[_yearly(written)] = ()
            else:
                self.override[_date(written)] = ()
        for written, intervals in file.override.items():
            hours = _sorted(intervals, written)
            if is_yearly(written):
                self.yearly[_yearly(written)] = hours
            else:
                self.override[_date(written)] = hours

    def _read_holidays(self, file: ResolvedCalendar) -> None:
        self._holidays |= {_date(day) for day in file.holiday_dates}
        if file.holidays and (hours := _sorted(file.holidays.make_up, "make_up")):
            self._make_up = dict.fromkeys(map(_date, file.make_up_dates), hours)

    @property
    def special(self) -> frozenset[date]:
        """The dates to which the weekly rule may not apply; besides them there are the days of `yearly`."""
        return self._holidays | self.override.keys() | self._make_up.keys()

    def of(self, day: date) -> Hours:
        """What the file says of the date wins over what it says of that day of every year, that over a holiday, and
        that over the weekly rule."""
        found = self._named(day)
        return self.weekly[day.weekday()] if found is None else found

    def is_closed(self, day: date) -> bool:
        """Whether the date is closed by name, rather than by the weekly rule."""
        return self._named(day) == ()

    def _named(self, day: date) -> Hours | None:
        found = self.override.get(day)
        if found is None and self.yearly:
            found = self.yearly.get((day.month, day.day))
        if found is not None:
            return found
        return () if day in self._holidays else self._make_up.get(day)

    def _check_neighbours(self) -> None:
        for weekday, hours in enumerate(self.weekly):
            following = (weekday + 1) % 7
            _check_apart(hours, self.weekly[following], WEEK[weekday], WEEK[following])
        named = dates_of((f"{month:02}-{day:02}" for month, day in self.yearly), EVERY_WEEKDAY)
        for day in {*self.override, *named}:
            for first in {day - _DAY, day}:
                _check_apart(self.of(first), self.of(first + _DAY), str(first), str(first + _DAY))

    def _check_rest(self, since: date | None) -> None:
        if not any((*self.weekly, *self.override.values(), *self.yearly.values())):
            raise ValueError("the calendar has no working time")
        if since is not None:
            self._check_works_after(since)
        if any(self.weekly):
            seen = date.min
            for day in sorted({*self.special, *(date(2024, month, day) for month, day in self.yearly)}):
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


def _yearly(text: str) -> tuple[int, int]:
    try:
        return yearly(text)
    except ValueError:
        raise ValueError(f"`{text}` is no day of a year; write it as `12-24`") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is no date; write it as `2026-12-24`") from None
