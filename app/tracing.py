"""Traces from a request to its commit, by OpenTelemetry; nothing of it is loaded unless its own variables ask for it.

The names of attributes are those of its semantic conventions. What callers send (paths, queries, bodies, headers,
people) is in none.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from app.services.desk.report import Committed, Waited

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPEAKS: Final = "http/protobuf"
FLUSH_WITHIN: Final = 2.0
"""Seconds that a stop waits for the last spans to go out."""


def exporter_wanted(environment: Mapping[str, str]) -> str | None:
    """`otlp`, `console`, or None where nobody asks for traces. ValueError says which variable is wrong."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    endpoint = next((environment[name] for name in ENDPOINTS if environment.get(name)), "")
    wanted = environment.get("OTEL_TRACES_EXPORTER", "").strip() or ("otlp" if endpoint else "none")
    if wanted not in {"otlp", "console", "none"}:
        raise ValueError("OTEL_TRACES_EXPORTER must be otlp, console or none.")
    if wanted == "otlp":
        _check_address(environment, endpoint)
    return None if wanted == "none" else wanted


def _check_address(environment: Mapping[str, str], endpoint: str) -> None:
    protocol = next((name for name in PROTOCOLS if environment.get(name)), "")
    if protocol and environment[protocol] != SPEAKS:
        raise ValueError(f"{protocol} must be {SPEAKS}, which is what traces are sent as.")
    name = next((name for name in ENDPOINTS if environment.get(name)), "")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise ValueError(f"{name} must be an address such as http://localhost:4318.")


class Tracing:
    """The spans of a process. A trace that a caller began (W3C traceparent) goes on here."""

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry import propagate, trace

        self._provider = provider
        self._api = trace
        self._extract = propagate.extract
        self._tracer = provider.get_tracer("stateward")

    def origin(self) -> "Span | None":
        """The span of the request that is being answered, if it is recorded."""
        span = self._api.get_current_span()
        return span if span.is_recording() else None

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator["Span"]:
        """The span of an HTTP request until it is answered whole."""
        attributes = {"http.request.method": method}
        kind, context = self._api.SpanKind.SERVER, self._extract(headers)
        with self._tracer.start_as_current_span(
            method, context, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def answered(self, span: "Span", method: str, route: str, status: int, request_id: str) -> None:
        """What is known of a request once its answer begins."""
        if not span.is_recording():
            return
        span.set_attributes({"http.response.status_code": status, "stateward.request_id": request_id})
        if route:
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
        if status >= 500:
            span.set_status(self._api.StatusCode.ERROR)

    def record(self, batch: "Committed") -> None:
        """The spans of a batch, once it is committed: it stands in the trace of the first of its requests, and is
        linked with all of them."""
        traced = [waited for waited in batch.waited if waited.origin is not None]
        if not traced:
            return
        to_wall = time.time() - time.perf_counter()
        links = [self._api.Link(waited.origin.get_span_context()) for waited in traced]
        whole = self._span("desk batch", traced[0].origin, batch.began, to_wall, links=links)
        whole.set_attributes(_counts(batch))
        for name, start, end in (
            ("desk lock", batch.began, batch.locked),
            ("desk decide", batch.locked, batch.decided),
            ("desk record and commit", batch.decided, batch.ended),
        ):
            self._span(name, whole, start, to_wall).end(_nanoseconds(end + to_wall))
        whole.end(_nanoseconds(batch.ended + to_wall))
        for waited in traced:
            self._waited(waited, batch, whole, to_wall)

    async def close(self) -> None:
        """Send what is left, but do not wait for a collector that is away."""
        shutting = asyncio.get_running_loop().run_in_executor(None, self._provider.shutdown)
        await asyncio.wait([shutting], timeout=FLUSH_WITHIN)

    def _waited(self, waited: "Waited", batch: "Committed", whole: "Span", to_wall: float) -> None:
        links = [self._api.Link(whole.get_span_context())]
        span = self._span("desk wait", waited.origin, waited.since, to_wall, links=links)
        span.end(_nanoseconds(batch.began + to_wall))

    def _span(self, name: str, parent: "Span", start: float, to_wall: float, links: Any = None) -> "Span":
        context = self._api.set_span_in_context(parent)
        return self._tracer.start_span(name, context, links=links, start_time=_nanoseconds(start + to_wall))


def tracing_of(environment: Mapping[str, str]) -> Tracing | None:
    """The tracing that the standard variables ask for; None where they ask for none."""
    wanted = exporter_wanted(environment)
    if wanted is None:
        return None
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    exporter: SpanExporter
    if wanted == "console":
        exporter = ConsoleSpanExporter()
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": "stateward"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(provider)


def _counts(batch: "Committed") -> dict[str, int]:
    from app.services.desk.report import APPLIED, REPLAYED  # which settings have no use for

    applied = sum(count for (_, _, outcome), count in batch.outcomes.items() if outcome == APPLIED)
    refused = sum(count for (_, _, outcome), count in batch.outcomes.items() if outcome not in {APPLIED, REPLAYED})
    return {"stateward.attempts": batch.attempts, "stateward.applied": applied, "stateward.refused": refused}


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
