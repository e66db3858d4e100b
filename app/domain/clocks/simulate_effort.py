"""Counting that stops before it costs too much, and that lets others go first every few milliseconds."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from app.domain.calendars.business_time import Segment
from app.domain.calendars.port import Timelines
from app.domain.calendars.timeline import Timeline
from app.domain.values.errors import Invalid, invalid

Check = Callable[[], None]
SLICE = 0.002
REST = SLICE
"""Seconds that a thread counts before it rests as long: it holds the interpreter, and who answers waits for it."""


def too_long() -> Invalid:
    return invalid("moments", "take too long to count; give fewer moments or steps, or a nearer due")


class Effort:
    """To call now and then, within `with effort:`, whichever thread that is in: raises `fault` once it was counted for
    so many seconds of a processor."""

    def __init__(
        self,
        seconds: float,
        fault: Callable[[], Invalid] = too_long,
        clock: Callable[[], float] = time.thread_time,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._left = seconds
        self._fault = fault
        self._clock = clock
        self._rest = rest
        self._seen = self._rested = 0.0

    def __enter__(self) -> "Effort":
        self._seen = self._rested = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        self._left -= self._clock() - self._seen

    def __call__(self) -> None:
        now = self._clock()
        self._left -= now - self._seen
        self._seen = now
        if self._left < 0:
            raise self._fault()
        if now - self._rested > SLICE:
            self._rested = now
            self._rest(REST)


class WatchedTimeline(Timeline):
    """A timeline that looks at the effort before it counts; each of its answers takes some milliseconds at most."""

    __slots__ = ("_check",)

    def __init__(self, watched: Timeline, check: Check) -> None:
        self._calendars, self._from = watched._calendars, watched._from
        self._check = check

    def worked(self, since: datetime, until: datetime) -> timedelta:
        self._check()
        return super().worked(since, until)

    def advance(self, start: datetime, length: timedelta) -> datetime:
        self._check()
        return super().advance(start, length)

    def retreat(self, end: datetime, length: timedelta) -> datetime:
        self._check()
        return super().retreat(end, length)

    def segments(self, since: datetime, until: datetime) -> Iterator[Segment]:
        for segment in super().segments(since, until):
            self._check()
            yield segment

    def works_on(self, day: date) -> bool:
        self._check()
        return super().works_on(day)


class WatchedCalendars:
    """The calendars of somebody whose effort is looked at."""

    def __init__(self, watched: Timelines, check: Check) -> None:
        self._watched = watched
        self._check = check

    def timeline(self, name: str) -> Timeline:
        return WatchedTimeline(self._watched.timeline(name), self._check)
