"""Metrics of the log: whether what is committed gets its place in it, and is signed."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from app.services.log.checkpoints import Round


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

        self._signed = Counter("stateward_log_checkpoints", "Checkpoints that were signed.", registry=registry)
        self._refused = Gauge(
            "stateward_log_signing_refused",
            "Logs that are not signed, because they are not what was signed before or nothing can be published.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._looked_to_sign = Gauge(
            "stateward_log_signed_timestamp_seconds",
            "When somebody last looked for what to sign.",
            registry=registry,
            multiprocess_mode="max",
        )

    def record_signed(self, done: Round) -> None:
        if done.signed:
            self._signed.inc(done.signed)
        self._refused.set(len(done.refused))
        self._looked_to_sign.set(self._clock())

    def record(self, count: int) -> None:
        if count:
            self._placed.inc(count)
        self._looked.set(self._clock())
