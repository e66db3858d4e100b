"""Business time on one calendar: how much was worked between two moments, and when so much will have been."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.calendars.local_time import EPOCH, MICROSECOND, from_micros, instant, micros, zone_named
from app.domain.calendars.opening_hours import LONGEST_REST, OpeningHours
from app.domain.calendars.working_years import WorkingYears, first_day
from app.domain.definition.calendar_file import CalendarFile

NO_TIME: Final = timedelta(0)
WORKING: Final = "working hours"
OUTSIDE: Final = "outside of working hours"
_DAY_MICROS: Final = 86_400_000_000
_EPOCH_DAY: Final = EPOCH.toordinal()
_FIRST_DAY: Final = date(1, 1, 8).toordinal()
_LAST_DAY: Final = date(9999, 12, 24).toordinal()
_BEFORE, _AFTER = 3, 2
"""An instant belongs to a local date three before its UTC date (offset, night shift) to one after."""
_REMEMBERED_DAYS: Final = 4096
_FARTHEST: Final = 40 * 366
_LONGEST_REPEAT: Final = 180
_LONG_AGO: Final = -(10**18)
_FAR_OFF: Final = 10**18


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time, half-open, that counts or does not, and why."""

    since: datetime
    until: datetime
    counted: bool
    why: str


class Calendar:
    """A compiled calendar. Moments are aware and answered in UTC; lengths are exact to the microsecond."""

    __slots__ = ("_slots", "_years", "hours", "zone")

    def __init__(self, zone: ZoneInfo, hours: OpeningHours) -> None:
        self.zone = zone
        self.hours = hours
        self._slots = lru_cache(_REMEMBERED_DAYS)(self._find_slots)
        self._years = WorkingYears(zone, hours, self._find_slots)

    @classmethod
    def compiled(cls, file: CalendarFile, closed: Iterable[date] = (), since: date | None = None) -> "Calendar":
        """The calendar that a file declares, its holidays given as `closed` dates.

        `since` is the date from which there must be working time within 400 days. ValueError says what is wrong.
        """
        return cls(zone_named(file.zone), OpeningHours(file, closed, since))

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """The working time in [since, until); none where `until` is not after `since`."""
        if until <= since:
            return NO_TIME
        if self.hours.always:
            return until - since
        return timedelta(microseconds=self._worked(micros(since), micros(until)))

    def advance(self, start: datetime, length: timedelta) -> datetime:
        """The earliest moment at which `length` of working time has passed since `start` (R6)."""
        left = length // MICROSECOND
        at = micros(start)
        if left <= 0 or self.hours.always:
            return from_micros(at + max(left, 0))
        skipped, left = self._skipping(at, left)
        for begin, end in self._slots_from(at, skipped):
            if begin + left <= end:
                return from_micros(begin + left)
            left -= end - begin
        raise ValueError("the moment lies beyond the year 9999")

    def retreat(self, end: datetime, length: timedelta) -> datetime:
        """The earliest moment from which `length` of working time passes until `end` (like R6)."""
        left = length // MICROSECOND
        at = micros(end)
        if left <= 0 or self.hours.always:
            return from_micros(at - max(left, 0))
        for begin, stop in self._slots_back(at):
            if stop - left > begin:
                return from_micros(stop - left)
            left -= stop - begin
        raise ValueError("the moment lies before the year 1")

    def opens(self, at: datetime) -> datetime:
        """`at` where it is working time, else the next moment that is."""
        if self.hours.always:
            return at
        return from_micros(next(self._slots_from(micros(at)))[0])

    def segments(self, since: datetime, until: datetime) -> Iterator[Segment]:
        """All of [since, until) without a gap, counted or left out, and why."""
        return joined(self._segments(since.astimezone(UTC), until.astimezone(UTC)))

    def works_on(self, day: date) -> bool:
        """Whether the local date is a business day: hours begin on it."""
        return bool(self.hours.of(day))

    def moment(self, day: date, minute: int) -> datetime:
        """The local time of that date as the end of something: of a time that comes twice the second."""
        return instant(day, minute, self.zone, ending=True)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def _segments(self, since: datetime, until: datetime) -> Iterator[Segment]:
        if self.hours.always:
            yield Segment(since, until, True, WORKING)
            return
        at = since
        for first, last in self._slots_between(micros(since), micros(until)):
            start, end = from_micros(first), from_micros(last)
            yield from self._left_out(at, start)
            yield Segment(start, end, True, WORKING)
            at = end
        yield from self._left_out(at, until)

    def _left_out(self, since: datetime, until: datetime) -> Iterator[Segment]:
        """By local dates, since each may have its own reason."""
        day, at = self.local(since).date(), since
        while at < until:
            end = min(until, instant(day + timedelta(days=1), 0, self.zone, ending=False))
            yield Segment(at, end, False, f"closed on {day}" if self.hours.is_closed(day) else OUTSIDE)
            day, at = day + timedelta(days=1), max(at, end)

    def _worked(self, first: int, last: int) -> int:
        days = range(_day_of(first) - _BEFORE, _day_of(last) + _AFTER)
        years = self._years.within(_day_of(first) + _AFTER, _day_of(last) - _BEFORE)
        if not years:
            return sum(end - start for start, end in self._slots_on(days, first, last))
        before, after = range(days.start, first_day(years.start)), range(first_day(years.stop), days.stop)
        edges = sum(end - start for start, end in self._slots_on([*before, *after], first, last))
        return edges + sum(map(self._years.worked, years))

    def _skipping(self, at: int, left: int) -> tuple[int | None, int]:
        """Past the whole years that are worked through before `left` is: the day to go on from, and what is left."""
        today = _day_of(at)
        years = self._years.within(today + _AFTER, today + _FARTHEST)
        if not 0 < self._years.usual < left or not years:
            return None, left
        before = range(today - _BEFORE, first_day(years.start))
        sooner = left - sum(end - start for start, end in self._slots_on(before, at, _FAR_OFF))
        if sooner <= 0:
            return None, left
        for year in years:
            if sooner <= self._years.worked(year):
                return first_day(year), sooner
            sooner -= self._years.worked(year)
        return first_day(years.stop), sooner

    def _slots_between(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        return self._slots_on(range(_day_of(first) - _BEFORE, _day_of(last) + _AFTER), first, last)

    def _slots_on(self, days: Iterable[int], first: int, last: int) -> Iterator[tuple[int, int]]:
        for day in days:
            for start, end in self._slots(day):
                if start < last and end > first:
                    yield max(start, first), min(end, last)

    def _slots_from(self, at: int, skipped: int | None = None) -> Iterator[tuple[int, int]]:
        """The working time after `at` (and from the day `skipped` on) in order; ValueError: none for too long."""
        day, rest = _day_of(at) - _BEFORE, 0
        until = day + _FARTHEST
        day = skipped or day
        while day <= _LAST_DAY:
            if day > until:
                raise ValueError("the moment lies more than forty years ahead")
            rest += 1
            for start, end in self._slots(day):
                if end > at:
                    rest = 0
                    yield max(start, at), end
            if rest > LONGEST_REST + _BEFORE:
                raise ValueError(f"there is no working time within {LONGEST_REST} days")
            day += 1

    def _slots_back(self, at: int) -> Iterator[tuple[int, int]]:
        day, rest = _day_of(at) + _AFTER, 0
        while day >= _FIRST_DAY:
            rest += 1
            for start, end in reversed(self._slots(day)):
                if start < at:
                    rest = 0
                    yield start, min(end, at)
            if rest > LONGEST_REST + _BEFORE:
                raise ValueError(f"there is no working time within {LONGEST_REST} days")
            day -= 1

    def _find_slots(self, ordinal: int) -> tuple[tuple[int, int], ...]:
        """The instants that the hours of a date are; what an earlier date has already counted is cut off, since the
        repeated hour of an autumn night may belong to the end of one interval and the start of the next.
        """
        if not _FIRST_DAY <= ordinal <= _LAST_DAY:
            return ()
        taken = max((end for before in (2, 1) for end in self._ends_late(ordinal, before)), default=_LONG_AGO)
        slots = []
        for start, end in self._written(ordinal):
            if max(start, taken) < end:
                slots.append((max(start, taken), end))
                taken = end
        return tuple(slots)

    def _ends_late(self, ordinal: int, before: int) -> Iterator[int]:
        """The last end of the date so many before, if it comes near this date: clocks go back by up to three hours."""
        hours = self.hours.of(date.fromordinal(ordinal - before))
        if hours and hours[-1][1] > before * 1440 - _LONGEST_REPEAT:
            yield self._written(ordinal - before)[-1][1]

    def _written(self, ordinal: int) -> list[tuple[int, int]]:
        day = date.fromordinal(ordinal)
        return [
            (
                micros(instant(day, start, self.zone, ending=False)),
                micros(instant(day, end, self.zone, ending=True)),
            )
            for start, end in self.hours.of(day)
        ]


def joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbours that count alike for the same reason become one; empty ones vanish."""
    last: Segment | None = None
    for segment in segments:
        if segment.since >= segment.until:
            continue
        if last and (last.until, last.counted, last.why) == (segment.since, segment.counted, segment.why):
            last = replace(last, until=segment.until)
            continue
        if last:
            yield last
        last = segment
    if last:
        yield last


def _day_of(at: int) -> int:
    """The ordinal of the UTC date."""
    return _EPOCH_DAY + at // _DAY_MICROS


ROUND_THE_CLOCK: Final = Calendar.compiled(CalendarFile(zone="UTC", weekly={"mon-sun": ["00:00-24:00"]}))
