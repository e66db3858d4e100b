"""Metrics of the log: whether what is committed gets its place in it."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class LogMetrics:
    """A sequencer that is stuck does not say so by itself: it has looked long ago."""

    def __init__(self, registry: CollectorRegistry | None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._placed = Counter("stateward_log_sequenced", "Entries that got their places.", registry=registry)
        self._looked = Gauge(
            "stateward_log_sequenced_timestamp_seconds",
            "When entries were last given their places, or none waited.",
            registry=registry,
            multiprocess_mode="max",
        )

    def record(self, count: int) -> None:
        if count:
            self._placed.inc(count)
        self._looked.set(self._clock())
