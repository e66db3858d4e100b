"""Metrics that go up and down: looked at once a second, and whenever somebody asks this process."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from app.services.process.gauges import Gauges


class GaugeMetrics:
    """The sum over all workers, and of the policy the worker that is furthest behind."""

    def __init__(
        self, registry: CollectorRegistry | None, gauges: Callable[[], Gauges], clock: Callable[[], float] = time.time
    ) -> None:
        self._gauges = gauges
        self._clock = clock
        self._version: int | None = None
        self._since = clock()

        def gauge(name: str, about: str, merged: Callable[..., Gauge] | str) -> Gauge:
            return Gauge(name, about, registry=registry, multiprocess_mode=merged)  # type: ignore[arg-type]

        self._waiting = gauge("stateward_desk_waiting_attempts", "Attempts that have no answer yet.", "livesum")
        self._in_use = gauge("stateward_pool_connections_in_use", "Connections to the database in use.", "livesum")
        self._most = gauge("stateward_pool_connections_most", "Connections that there may be.", "livesum")
        self._policy = gauge("stateward_policy_version", "The policy that is decided by.", "livemin")
        self._age = gauge("stateward_policy_age_seconds", "Seconds since that policy was taken over.", "livemax")

    async def look(self) -> None:
        found = self._gauges()
        if found.policy_version != self._version:
            self._version, self._since = found.policy_version, self._clock()
        self._waiting.set(found.waiting)
        self._in_use.set(found.connections.in_use)
        self._most.set(found.connections.most)
        self._policy.set(found.policy_version)
        self._age.set(self._clock() - self._since)
