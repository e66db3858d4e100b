"""The moment a `due_at` clock is due: so many business or calendar days after its start, or around a moment of the
data, in local time (R3, R5)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.calendars.timeline import Timeline
from app.domain.clocks.business_days import business_days_from, same_time
from app.domain.clocks.dates import is_date, read_moment
from app.domain.definition.case_type import Due, Neighbour
from app.domain.values.json import Json

_DAY = timedelta(days=1)
AT_START = "start"


@dataclass(frozen=True, slots=True)
class _From:
    """What days are counted from: a local date, and the local time, unless a whole day was meant."""

    day: date
    local: datetime | None

    @classmethod
    def moment(cls, at: datetime, timeline: Timeline) -> "_From":
        local = timeline.local(at)
        return cls(local.date(), local)

    def is_at_or_after(self, written: str) -> bool:
        return self.local is not None and _wall(self.day, written) <= self.local.replace(tzinfo=None)


def due_moment(due: Due, start: datetime, timeline: Timeline) -> datetime | None:
    """When a clock that starts then is due; None where its moment stands in a data field.

    Day 0 of business days is the local date of the start; the next business day where the start is at or after
    `cutoff`, or after the moment at which day 0 would be due; and what `from_closed` says (the next one, if nothing) on
    no business day. Without `at` a business day is due when its hours end, and calendar days keep the local wall time.
    ValueError beyond the year 9999 or without a business day within 400 days.
    """
    if due.field is not None:
        return None
    return _counted(due, _From.moment(start, timeline), timeline, never_before=start)


def due_by_field(due: Due, value: Json, timeline: Timeline) -> datetime:
    """When it is due by the value of its field: a time, or a date, which is until its end.

    ValueError and OverflowError for what is neither, and as for `due_moment`.
    """
    moment = read_moment(value, timeline, ends=True)
    if not due.counts:
        return moment
    whole = is_date(value)
    start = _From(date.fromisoformat(str(value)), None) if whole else _From.moment(moment, timeline)
    return _counted(due, start, timeline, never_before=None)


def _counted(due: Due, start: _From, timeline: Timeline, *, never_before: datetime | None) -> datetime:
    """`never_before`: a day that is due before it counts as the business day that comes after."""
    try:
        if due.business_days is not None:
            day, moment = _after_business_days(due, due.business_days, start, timeline), _of_business_day
        else:
            day, moment = _after_calendar_days(due, due.calendar_days or 0, start, timeline), _of_date
        found = moment(due, day, start, timeline)
        if never_before is not None and found < never_before and (due.business_days is not None or due.if_closed):
            found = moment(due, business_days_from(day, 1, timeline), start, timeline)
        return found
    except OverflowError:
        raise ValueError("the moment lies beyond the year 9999") from None


def _after_business_days(due: Due, count: int, start: _From, timeline: Timeline) -> date:
    day = start.day
    if not timeline.works_on(day):
        day = _neighbour(day, due.from_closed or "next", timeline)
    elif due.cutoff is not None and start.is_at_or_after(due.cutoff):
        day = business_days_from(day, 1, timeline)
    return business_days_from(day, count, timeline)


def _after_calendar_days(due: Due, count: int, start: _From, timeline: Timeline) -> date:
    day = start.day + count * _DAY
    return day if due.if_closed is None or timeline.works_on(day) else _neighbour(day, due.if_closed, timeline)


def _of_business_day(due: Due, day: date, start: _From, timeline: Timeline) -> datetime:
    if due.at == AT_START and start.local is not None:
        return same_time(day, start.local)
    if due.at is None or due.at == AT_START:
        return timeline.moment(day, timeline.closes_on(day))
    return timeline.moment(day, _minute(due.at))


def _of_date(due: Due, day: date, start: _From, timeline: Timeline) -> datetime:
    if due.at is not None and due.at != AT_START:
        return timeline.moment(day, _minute(due.at))
    return timeline.moment(day + _DAY, 0) if start.local is None else same_time(day, start.local)


def _neighbour(day: date, which: Neighbour, timeline: Timeline) -> date:
    return business_days_from(day, 1 if which == "next" else -1, timeline)


def _wall(day: date, written: str) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=_minute(written))


def _minute(written: str) -> int:
    """Of `16:00`, also of `24:00`."""
    return int(written[:2]) * 60 + int(written[3:])
