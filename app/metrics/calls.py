"""Metrics of HTTP requests: how many there were, and how long until each was answered."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
NO_ROUTE: Final = "_none"


class CallMetrics:
    """Labels are the templates of our routes, the methods we know and the classes of a status."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        calls = Histogram(
            "stateward_http_request_seconds",
            "Seconds until a request was answered; of a stream, until it began.",
            ("method", "route", "status"),
            registry=registry,
            buckets=SECONDS,
        )
        self._of = cache(calls.labels)

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is a template of ours, such as /api/v1/cases/{case_id}, or empty where none matched; `method` is one
        of a few, whatever the caller wrote."""
        self._of(method, route or NO_ROUTE, f"{status // 100}xx").observe(seconds)
