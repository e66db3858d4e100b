"""Metrics of clocks: what became late, how late steps fired, and how many clocks run."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from app.services.desk.escalation import Fired
from app.services.store.clocks import CountsClocks
from app.services.store.failures import StoreUnavailable

REFRESH: Final = 30.0
"""Seconds that a count of the database is given again."""
LATENESS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 14400, 86400)
CLOCK: Final = ("case_type", "clock")
log = logging.getLogger("stateward.metrics")


class ClockMetrics:
    """Labels are names of case types and clocks."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        self._breaches = Counter("stateward_sla_breaches", "Clocks that became late.", CLOCK, registry=registry)
        self._lateness = Histogram(
            "stateward_sla_step_lateness_seconds",
            "How long after its moment a step fired.",
            CLOCK,
            registry=registry,
            buckets=LATENESS,
        )

    def record(self, fired: Iterable[Fired]) -> None:
        for one in fired:
            self._lateness.labels(one.case_type, one.clock).observe(one.late_by.total_seconds())
            if one.firing.breach:
                self._breaches.labels(one.case_type, one.clock).inc()


class ClockCounts:
    """How many clocks run or are paused, as the database has it; counted when somebody asks, and not too often."""

    def __init__(self, store: CountsClocks, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._found: Sequence[tuple[str, str, str, int]] = ()
        self._until = -math.inf
        self._counting = asyncio.Lock()

    async def refresh(self) -> None:
        async with self._counting:
            if self._clock() < self._until:
                return
            try:
                self._found = await self._store.clock_counts()
            except StoreUnavailable as error:
                self._found = ()  # no count is better than one of long ago
                log.warning("the clocks cannot be counted: %s", error)
            self._until = self._clock() + REFRESH

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("stateward_sla_clocks", "Clocks that run or are paused.", labels=[*CLOCK, "status"])
        for case_type, clock, status, count in self._found:
            family.add_metric([case_type, clock, status], count)
        yield family
