"""Find working hours of a calendar that overlap: within a day, into the next one, and on dates of their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from app.domain.calendars.holiday_set import holiday_dates
from app.domain.calendars.opening_hours import EVERY_WEEKDAY
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.calendar_file import WEEK, CalendarFile, dates_of, minutes_of, weekly_hours
from app.domain.values.near_names import quoted

MIDNIGHT: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Hours of one day, in minutes since the midnight at which the days that are compared begin."""

    start: int
    end: int
    path: Path
    of: str

    def later(self, days: int) -> "Interval":
        return replace(self, start=self.start + days * MIDNIGHT, end=self.end + days * MIDNIGHT)


def check_overlaps(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    """Each overlap once. Needs dates that exist and intervals that end after they start."""
    seen: set[frozenset[Path]] = set()
    for one, other in (*_of_the_week(calendar), *_of_dates(calendar)):
        paths = frozenset((one.path, other.path))
        if paths not in seen:
            seen.add(paths)
            yield _fault(one, other, calendar, source)


def _of_the_week(calendar: CalendarFile) -> Iterator[tuple[Interval, Interval]]:
    for weekday in range(len(WEEK)):
        yield from _clashes(_weekly(calendar, weekday))
    for weekday in range(len(WEEK)):
        tomorrow = [each.later(1) for each in _weekly(calendar, (weekday + 1) % len(WEEK))]
        yield from _clashes([*_weekly(calendar, weekday), *tomorrow])


def _of_dates(calendar: CalendarFile) -> Iterator[tuple[Interval, Interval]]:
    holidays: Mapping[str, str] = holiday_dates(calendar.holidays) if calendar.holidays and calendar.override else {}
    for day in dates_of(calendar.override, EVERY_WEEKDAY):
        days = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
        around = [each.later(place) for place, near in enumerate(days) for each in _on(near, calendar, holidays)]
        for pair in _clashes(around):
            if any(each.path[0] == "override" for each in pair):
                yield pair


def _on(day: date, calendar: CalendarFile, holidays: Mapping[str, str]) -> list[Interval]:
    for written in (day.isoformat(), f"{day:%m-%d}"):
        if written in calendar.override:
            hours = enumerate(calendar.override[written])
            return [Interval(*minutes_of(each), ("override", written, place), written) for place, each in hours]
        if written in calendar.closed:
            return []
    return [] if day.isoformat() in holidays else _weekly(calendar, day.weekday())


def _weekly(calendar: CalendarFile, weekday: int) -> list[Interval]:
    found = weekly_hours(calendar, weekday)
    return [Interval(*minutes, ("weekly", days, place), WEEK[weekday]) for days, place, minutes in found]


def _clashes(intervals: Iterable[Interval]) -> Iterator[tuple[Interval, Interval]]:
    """Every interval that begins before an earlier one has ended, with the one that ends last of those."""
    last: Interval | None = None
    for each in sorted(intervals, key=lambda interval: (interval.start, interval.end)):
        if last is not None and each.start < last.end:
            yield last, each
        if last is None or each.end > last.end:
            last = each


def _fault(one: Interval, other: Interval, calendar: CalendarFile, source: Source) -> Fault:
    first, second = sorted((one, other), key=lambda interval: source.line(interval.path))
    message = f"{_spelled(second, calendar)} overlaps {_spelled(first, calendar)} (line {source.line(first.path)})"
    return source.error(second.path, message, "let one end where the other begins")


def _spelled(interval: Interval, calendar: CalendarFile) -> str:
    key, name, place = interval.path
    lines = calendar.override if key == "override" else calendar.weekly
    return f"{quoted(lines[str(name)][int(place)])} of {interval.of}"
