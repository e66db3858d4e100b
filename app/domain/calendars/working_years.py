"""The working time of whole years of 52 weeks, so that a long stretch is not counted day by day."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.calendars.opening_hours import Hours, OpeningHours

YEAR: Final = 364
"""Days of a year here, the first of which is the Monday 0001-01-01."""
_WEEK: Final = 7
_MINUTE: Final = 60_000_000
_REMEMBERED: Final = 1024
_FIRST, _LAST = date(1, 1, 15).toordinal(), date(9999, 12, 1).toordinal()


class WorkingYears:
    """What each year adds up to, in microseconds, asked in any order and remembered.

    Where the offset of the zone stays as it is, the hours last as long as they are written, and only the days around a
    change are looked at as instants (`slots`, by the ordinal of a local date). A change that is taken back within the
    week would be missed; no zone has ever had one.
    """

    def __init__(self, zone: ZoneInfo, hours: OpeningHours, slots: Callable[[int], Iterable[tuple[int, int]]]) -> None:
        self._zone = zone
        self._hours = hours
        self._slots = slots
        self._by_weekday = [_length(weekday) for weekday in hours.weekly]
        self._special = frozenset(day.toordinal() for day in hours.special)
        self.usual = sum(self._by_weekday) * (YEAR // _WEEK)
        self.worked = lru_cache(_REMEMBERED)(self._worked)

    def within(self, since: int, until: int) -> range:
        """The years of which all days are in [since, until)."""
        return range(-(-(max(since, _FIRST) - 1) // YEAR), (min(until, _LAST) - 1) // YEAR)

    def _worked(self, year: int) -> int:
        first = first_day(year)
        mondays = [self._offset(first + week * _WEEK) for week in range(-1, YEAR // _WEEK + 2)]
        weeks = range(YEAR // _WEEK)
        return sum(self._week(first + week * _WEEK, steady=len(set(mondays[week : week + 4])) == 1) for week in weeks)

    def _week(self, monday: int, *, steady: bool) -> int:
        if steady:
            return sum(self._day(monday + weekday, weekday) for weekday in range(_WEEK))
        offsets = [self._offset(day) for day in range(monday - 2, monday + _WEEK + 3)]
        total = 0
        for weekday in range(_WEEK):
            day = monday + weekday
            alike = len(set(offsets[weekday : weekday + 6])) == 1  # a night shift may end on the day after the next
            total += self._day(day, weekday) if alike else sum(end - start for start, end in self._slots(day))
        return total

    def _day(self, day: int, weekday: int) -> int:
        if day not in self._special and not self._hours.yearly:
            return self._by_weekday[weekday]
        return _length(self._hours.of(date.fromordinal(day)))

    def _offset(self, day: int) -> timedelta | None:
        return datetime.fromordinal(day).replace(tzinfo=self._zone).utcoffset()


def first_day(year: int) -> int:
    return year * YEAR + 1


def _length(hours: Hours) -> int:
    return sum(end - start for start, end in hours) * _MINUTE
