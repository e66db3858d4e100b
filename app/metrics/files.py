"""Metrics of files that a scanner looks at: what came of the looks, and how many files wait for one."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily

from app.services.store.failures import StoreUnavailable

REFRESH: Final = 30.0
"""Seconds that a count of the database is given again."""


class CountsUnscanned(Protocol):
    async def unscanned(self) -> tuple[int, float]: ...


class ScanMetrics:
    """Outcomes are clean, infected and failed."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        self._scans = Counter("stateward_scans", "Looks of the scanner at files.", ["outcome"], registry=registry)

    def record(self, outcome: str) -> None:
        self._scans.labels(outcome).inc()


class UncheckedFiles:
    """How many files wait and for how long, as the database has it; counted when somebody asks, and not too often."""

    def __init__(self, store: CountsUnscanned, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._found: tuple[int, float] | None = None
        self._until = -math.inf

    async def refresh(self) -> None:
        if self._clock() < self._until:
            return
        self._until = self._clock() + REFRESH
        try:
            self._found = await self._store.unscanned()
        except StoreUnavailable:
            self._found = None  # no count is better than one of long ago

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if self._found is None:
            return
        number, seconds = self._found
        yield GaugeMetricFamily("stateward_files_unchecked", "Files that wait for the scanner.", number)
        yield GaugeMetricFamily("stateward_files_unchecked_seconds", "How long the oldest of them has waited.", seconds)
