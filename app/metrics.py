"""What a monitor counts: metrics of this process, or of all workers together where they share a folder."""

import asyncio
import logging
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.services.escalation import Fired
from app.services.ports import Store, StoreUnavailable

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

REFRESH: Final = 30.0
"""Seconds that a count of the database is given again."""
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108
LATENESS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 14400, 86400)
CLOCK: Final = ("case_type", "clock")
log = logging.getLogger("stateward.metrics")


@contextmanager
def merged_metrics() -> Iterator[None]:
    """Let the workers that are started meanwhile write into one folder, so that each tells the counts of all.

    Counts of a worker that has ended stay.
    """
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="stateward-metrics-", dir=place, ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


class Metrics:
    """The metrics of a process. Labels are names of case types and clocks, never of cases, people or tenants."""

    def __init__(self, store: Store) -> None:
        # Imported here, because it decides at its import whether workers share a folder.
        from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
        from prometheus_client.multiprocess import MultiProcessCollector

        disable_created_metrics()  # type: ignore[no-untyped-call] # when each began: a third of the text, and nobody asks
        self._registry = CollectorRegistry()
        shared = FOLDER in os.environ
        own = None if shared else self._registry
        if shared:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._breaches = Counter("stateward_sla_breaches", "Clocks that became late.", CLOCK, registry=own)
        self._lateness = Histogram(
            "stateward_sla_step_lateness_seconds",
            "How long after its moment a step fired.",
            CLOCK,
            registry=own,
            buckets=LATENESS,
        )
        self._counts = ClockCounts(store)
        self._registry.register(self._counts)

    def record_fired(self, fired: Iterable[Fired]) -> None:
        """Count what an escalation fired, once it is committed."""
        for one in fired:
            self._lateness.labels(one.case_type, one.clock).observe(one.late_by.total_seconds())
            if one.firing.breach:
                self._breaches.labels(one.case_type, one.clock).inc()

    async def exposed(self) -> tuple[str, bytes]:
        """The media type and the text that Prometheus reads."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        await self._counts.refresh()
        return CONTENT_TYPE_LATEST, generate_latest(self._registry)


class ClockCounts:
    """How many clocks run or are paused, as the database has it; counted when somebody asks, and not too often."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
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

    def collect(self) -> Iterator["GaugeMetricFamily"]:
        from prometheus_client.core import GaugeMetricFamily

        family = GaugeMetricFamily("stateward_sla_clocks", "Clocks that run or are paused.", labels=[*CLOCK, "status"])
        for case_type, clock, status, count in self._found:
            family.add_metric([case_type, clock, status], count)
        yield family
