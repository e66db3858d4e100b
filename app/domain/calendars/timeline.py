"""A calendar over time: each version counts from its `applies_from` until the next one does (R15)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from app.domain.calendars.business_time import NO_TIME, ROUND_THE_CLOCK, Calendar, Segment, joined

_ALWAYS_WAS: Final = datetime.min.replace(tzinfo=UTC)
_EVER: Final = datetime.max.replace(tzinfo=UTC)


class Timeline:
    """Versions of one calendar with the moment each applies from; the first one counts for all time before it too."""

    __slots__ = ("_calendars", "_from")

    def __init__(self, versions: Sequence[tuple[datetime, Calendar]]) -> None:
        if not versions:
            raise ValueError("a calendar has at least one version")
        ordered = sorted(versions, key=lambda version: version[0])
        self._calendars = tuple(calendar for _, calendar in ordered)
        self._from = (_ALWAYS_WAS, *(applies_from.astimezone(UTC) for applies_from, _ in ordered[1:]), _EVER)

    @classmethod
    def of(cls, calendar: Calendar) -> "Timeline":
        """One version for all time."""
        return cls([(_ALWAYS_WAS, calendar)])

    def calendar_at(self, at: datetime) -> Calendar:
        return self._calendars[self._index(at)]

    def worked(self, since: datetime, until: datetime) -> timedelta:
        if len(self._calendars) == 1:
            return self._calendars[0].worked(since, until)
        pieces = self._pieces(since, until)
        return sum((calendar.worked(first, last) for first, last, calendar in pieces), NO_TIME)

    def advance(self, start: datetime, length: timedelta) -> datetime:
        """The earliest moment at which `length` has been worked since `start`, by whichever version counts then."""
        left = length
        for index in range(self._index(start), len(self._calendars) - 1):
            first, last = max(start, self._from[index]), self._from[index + 1]
            worked = self._calendars[index].worked(first, last)
            if left <= worked:
                return self._calendars[index].advance(first, left)
            left -= worked
        return self._calendars[-1].advance(max(start, self._from[-2]), left)

    def retreat(self, end: datetime, length: timedelta) -> datetime:
        left = length
        for index in range(self._index(end), 0, -1):
            first, last = self._from[index], min(end, self._from[index + 1])
            worked = self._calendars[index].worked(first, last)
            if left < worked:
                return self._calendars[index].retreat(last, left)
            left -= worked
        return self._calendars[0].retreat(min(end, self._from[1]), left)

    def opens(self, at: datetime) -> datetime:
        for index in range(self._index(at), len(self._calendars) - 1):
            first, last = max(at, self._from[index]), self._from[index + 1]
            if self._calendars[index].worked(first, last):
                return self._calendars[index].opens(first)
        return self._calendars[-1].opens(max(at, self._from[-2]))

    def segments(self, since: datetime, until: datetime) -> Iterator[Segment]:
        pieces = self._pieces(since, until)
        return joined(segment for first, last, calendar in pieces for segment in calendar.segments(first, last))

    def works_on(self, day: date) -> bool:
        """Whether hours begin on the date, by the version that counts at its first moment."""
        return self._calendar_of(day).works_on(day)

    def closes_on(self, day: date) -> int:
        """The minute after local midnight at which the hours of a business day end."""
        return self._calendar_of(day).hours.of(day)[-1][1]

    def moment(self, day: date, minute: int) -> datetime:
        return self._calendar_of(day).moment(day, minute)

    def local(self, at: datetime) -> datetime:
        return self.calendar_at(at).local(at)

    def _calendar_of(self, day: date) -> Calendar:
        calendar = self._calendars[-1]
        return calendar if len(self._calendars) == 1 else self.calendar_at(calendar.moment(day, 0))

    def _index(self, at: datetime) -> int:
        return min(bisect_right(self._from, at), len(self._calendars)) - 1

    def _pieces(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, Calendar]]:
        for calendar, first, last in zip(self._calendars, self._from, self._from[1:], strict=False):
            if max(since, first) < min(until, last):
                yield max(since, first), min(until, last), calendar


ALWAYS: Final = Timeline.of(ROUND_THE_CLOCK)
"""The timeline that is named `always`: round the clock, UTC."""
