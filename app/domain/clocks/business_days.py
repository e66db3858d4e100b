"""Days on which a calendar has hours, counted from a local date, and the same time of another day."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.calendars.local_time import resolved
from app.domain.calendars.opening_hours import LONGEST_REST
from app.domain.calendars.timeline import Timeline

_DAY: Final = timedelta(days=1)


def business_days_from(day: date, count: int, timeline: Timeline) -> date:
    """The business day that is so many after the date, or before it where `count` is negative; the date where it is 0.

    ValueError without a business day within 400 days, OverflowError beyond the year 9999.
    """
    for _ in range(abs(count)):
        day = _neighbour(day, _DAY if count > 0 else -_DAY, timeline)
    return day


def same_time(day: date, local: datetime) -> datetime:
    """The moment at which that day has the local time of `local`, in its zone."""
    assert isinstance(local.tzinfo, ZoneInfo)
    return resolved(datetime.combine(day, local.time()), local.tzinfo, ending=True)


def _neighbour(day: date, step: timedelta, timeline: Timeline) -> date:
    for _ in range(LONGEST_REST):
        day += step
        if timeline.works_on(day):
            return day
    raise ValueError(f"there is no business day within {LONGEST_REST} days")
