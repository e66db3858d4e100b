"""What a business calendar declares: the models behind machines/calendars/NAME.yaml, and its identity as a hash."""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from app.domain.definition.declared import Declared

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = "(mon|tue|wed|thu|fri|sat|sun)"

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Days = Annotated[str, StringConstraints(pattern=rf"^{_DAY}(-{_DAY})?$")]
Hours = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")]


class Holidays(Declared):
    """A holiday set of the library `holidays`: ISO 3166 country and subdivision."""

    country: str
    subdivision: str | None = None


class CalendarFile(Declared):
    """Working time: weekly half-open local intervals, closed dates, and dates with hours of their own.

    `"22:00-30:00"` is a night shift owned by the day it starts. `applies_from` is the local date from which this
    version counts; left out, it is the moment at which the version is first seen.
    """

    title: str | None = None
    zone: str
    weekly: dict[Days, list[Hours]] = Field(default_factory=dict)
    closed: list[Day] = Field(default_factory=list)
    override: dict[Day, list[Hours]] = Field(default_factory=dict)
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
    """A version as it is kept: `holiday_dates` are the dates and names that `holidays` meant when it was first seen.

    `corrects` is there on one that was put in force for a time that had passed: the moment until which it did so.
    """

    holiday_dates: dict[Day, str] = Field(default_factory=dict)
    corrects: str | None = None


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
