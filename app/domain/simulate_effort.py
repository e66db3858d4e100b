"""A simulation that stops before it costs too much: whoever asks chooses what is counted, and for how long."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from app.domain.calendar import Segment
from app.domain.errors import invalid
from app.domain.timeline import Timeline

Check = Callable[[], None]


def effort(seconds: float, clock: Callable[[], float] = time.thread_time) -> Check:
    """To call now and then: raises Invalid once this thread has counted for so long."""
    end = clock() + seconds

    def check() -> None:
        if clock() > end:
            raise invalid("moments", "take too long to count; give fewer moments or steps, or a nearer due")

    return check


class WatchedTimeline(Timeline):
    """A timeline that looks at the effort before it counts; each of its answers takes a tenth of a second at most."""

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
