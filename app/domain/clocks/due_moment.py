"""The moment a `due_at` clock is due: so many business or calendar days after its start, in local time (R3, R5)."""

from datetime import date, datetime, time, timedelta

from app.domain.calendars.local_time import resolved
from app.domain.calendars.opening_hours import LONGEST_REST
from app.domain.calendars.timeline import Timeline
from app.domain.definition.case_type import Due

_DAY = timedelta(days=1)


def due_moment(due: Due, start: datetime, timeline: Timeline) -> datetime | None:
    """When a clock that starts then is due; None where its moment stands in a data field.

    Day 0 of business days is the local date of the start, or the next business day where the start is at or after
    `cutoff`, after the moment at which day 0 would be due, or on no business day. Without `at` a business day is due
    when its hours end, and calendar days keep the local wall time. ValueError beyond the year 9999 or without a
    business day within 400 days.
    """
    try:
        if due.business_days is not None:
            return _after_business_days(due, due.business_days, start, timeline)
        if due.calendar_days is not None:
            return _after_calendar_days(due, due.calendar_days, start, timeline)
    except OverflowError:
        raise ValueError("the moment lies beyond the year 9999") from None
    return None


def _after_business_days(due: Due, count: int, start: datetime, timeline: Timeline) -> datetime:
    local = timeline.local(start)
    day = local.date()
    too_late = due.cutoff is not None and _wall(day, due.cutoff) <= local.replace(tzinfo=None)
    if too_late or not timeline.works_on(day):
        day = _next_business_day(day, timeline)
    for _ in range(count):
        day = _next_business_day(day, timeline)
    moment = _closing(due, day, timeline)
    return moment if moment >= start else _closing(due, _next_business_day(day, timeline), timeline)


def _closing(due: Due, day: date, timeline: Timeline) -> datetime:
    return timeline.moment(day, _minute(due.at) if due.at else timeline.closes_on(day))


def _after_calendar_days(due: Due, count: int, start: datetime, timeline: Timeline) -> datetime:
    local = timeline.local(start)
    day = local.date() + count * _DAY
    if due.at:
        return timeline.moment(day, _minute(due.at))
    wall = datetime.combine(day, local.time())
    return resolved(wall, timeline.calendar_at(start).zone, ending=True)


def _next_business_day(day: date, timeline: Timeline) -> date:
    for _ in range(LONGEST_REST):
        day += _DAY
        if timeline.works_on(day):
            return day
    raise ValueError(f"there is no business day within {LONGEST_REST} days")


def _wall(day: date, written: str) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=_minute(written))


def _minute(written: str) -> int:
    """Of `16:00`, also of `24:00`."""
    return int(written[:2]) * 60 + int(written[3:])
