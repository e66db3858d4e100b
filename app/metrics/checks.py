"""Metrics of the checks of the log: what the last one found, and when it came to its end."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prometheus_client.core import GaugeMetricFamily

from app.services.store.failures import StoreUnavailable
from app.services.store.log_checks import LastCheck

REFRESH: Final = 30.0
"""Seconds that what the database says is told again."""


class TellsChecks(Protocol):
    async def last_check(self) -> LastCheck | None: ...


class CheckedLog:
    """Told by every process alike: one of them checks, and the database has what came of it."""

    def __init__(self, store: TellsChecks, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._last: LastCheck | None = None
        self._until = -math.inf

    async def refresh(self) -> None:
        if self._clock() < self._until:
            return
        self._until = self._clock() + REFRESH
        try:
            self._last = await self._store.last_check()
        except StoreUnavailable:
            self._last = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        last = self._last
        if last is None:
            return
        name = "stateward_audit_check"
        ok = "Whether the last check of the log came to its end and found nothing wrong."
        yield GaugeMetricFamily(f"{name}_ok", ok, int(last.well))
        if last.checked_at is not None:
            when = last.checked_at.timestamp()
            yield GaugeMetricFamily(f"{name}_timestamp_seconds", "When one last came to its end.", when)
            yield GaugeMetricFamily(f"{name}_faults", "Faults that it found.", last.faults)
            yield GaugeMetricFamily(f"{name}_entries", "Entries that it looked at.", last.entries)
