"""What a business calendar declares: the models behind machines/calendars/NAME.yaml, and its identity as a hash."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from app.domain.definition.declared import Declared

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = "(mon|tue|wed|thu|fri|sat|sun)"

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
DayOrYearly = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]
"""A date, or a day that returns every year: `2026-12-24`, `12-24`."""
Days = Annotated[str, StringConstraints(pattern=rf"^{_DAY}(-{_DAY})?$")]
Hours = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")]


Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]


class Holidays(Declared):
    """A holiday set of the library `holidays`: ISO 3166 country and subdivision.

    Public holidays and those of further `categories` are closed. `make_up` are the hours of the days of rest on which a
    country works in exchange for a holiday.
    """

    country: str
    subdivision: str | None = None
    categories: list[Category] = Field(default_factory=list)
    make_up: list[Hours] = Field(default_factory=list)


class CalendarFile(Declared):
    """Working time: weekly half-open local intervals, closed dates, and dates with hours of their own.

    `"22:00-30:00"` is a night shift owned by the day it starts. `applies_from` is the local date from which this
    version counts; left out, it is the moment at which the version is first seen.
    """

    title: str | None = None
    zone: str
    weekly: dict[Days, list[Hours]] = Field(default_factory=dict)
    closed: list[DayOrYearly] = Field(default_factory=list)
    override: dict[DayOrYearly, list[Hours]] = Field(default_factory=dict)
    holidays: Holidays | None = None
    applies_from: Day | None = None

    def canonical(self) -> str:
        """The declaration as JSON without defaults and with sorted names."""
        declared = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(declared, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def hash(self) -> str:
        """SHA-256 of the canonical form in hex: the identity of this version."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


class ResolvedCalendar(CalendarFile):
    """A version as it is kept: `holiday_dates` are the dates and names that `holidays` meant when it was first seen,
    `make_up_dates` the days of rest that were worked in exchange.

    `corrects` is there on one that was put in force for a time that had passed: the moment until which it did so.
    """

    holiday_dates: dict[Day, str] = Field(default_factory=dict)
    make_up_dates: list[Day] = Field(default_factory=list)
    corrects: str | None = None


def is_yearly(day: str) -> bool:
    return len(day) == len("12-24")


def yearly(day: str) -> tuple[int, int]:
    """Month and day of `12-24`; ValueError where no year has it."""
    found = date.fromisoformat(f"2024-{day}")  # a leap year
    return found.month, found.day


def dates_of(days: Iterable[str], years: Iterable[int]) -> Iterator[date]:
    """The dates among them, and those that the others are in these years."""
    for day in days:
        if not is_yearly(day):
            yield date.fromisoformat(day)
            continue
        month, number = yearly(day)
        for year in years:
            try:
                yield date(year, month, number)
            except ValueError:  # no leap year
                continue


def minutes_of(hours: str) -> tuple[int, int]:
    """`"22:00-30:00"` as minutes since the local midnight of the day that owns it."""
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in hours.split("-"))
    return start, end


def weekdays_of(days: str) -> range:
    """`mon-fri` as 0 to 4, Monday being 0; empty where the days run backwards."""
    first, _, last = days.partition("-")
    return range(WEEK.index(first), WEEK.index(last or first) + 1)


def weekly_hours(calendar: CalendarFile, weekday: int) -> Iterator[tuple[str, int, tuple[int, int]]]:
    """The hours that every line of `weekly` gives a weekday: the line, the place in it, and the minutes."""
    for days, written in calendar.weekly.items():
        if weekday in weekdays_of(days):
            yield from ((days, index, minutes_of(hours)) for index, hours in enumerate(written))
