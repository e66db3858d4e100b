"""A trace goes from a request to its commit, takes over the caller's, and holds nothing that callers send."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.services.assembly import Assembly
from app.tracing import Tracing, exporter_wanted, tracing_of
from tests.factories import new_id
from tests.fake_services import token
from tests.house import open_claim, opening, tried
from tests.observing import client_of, watched
from tests.running import environment

CASES = "/api/v1/cases"
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
COURSE = ["desk wait", "desk batch", "desk lock", "desk decide", "desk record and commit"]


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(spans: InMemorySpanExporter) -> Tracing:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Tracing(provider)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def id_of(span: ReadableSpan) -> int:
    return span.context.span_id


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


async def test_a_trace_goes_from_the_request_to_its_commit(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    async with client_of(house, watched(house, tracing), tracing) as client:
        answer = await client.post(CASES, json=CLAIM, headers={"x-request-id": "mine"})
    [request] = named(spans, f"POST {CASES}")
    found = {span.name: span for span in spans.get_finished_spans()}
    assert set(found) == {request.name, *COURSE}
    assert {span.context.trace_id for span in found.values()} == {request.context.trace_id}
    assert parent_of(request) is None
    assert parent_of(found["desk wait"]) == parent_of(found["desk batch"]) == id_of(request)
    assert {parent_of(found[name]) for name in COURSE[2:]} == {id_of(found["desk batch"])}
    assert request.kind is SpanKind.SERVER
    assert answer.status_code == 201
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": CASES,
        "http.response.status_code": 201,
        "stateward.request_id": "mine",
    }
    assert found["desk batch"].attributes == {
        "stateward.attempts": 1,
        "stateward.applied": 1,
        "stateward.refused": 0,
    }
    moments = [moment for name in COURSE[2:] for moment in (found[name].start_time, found[name].end_time)]
    assert [request.start_time, *moments, request.end_time] == sorted([request.start_time, *moments, request.end_time])


async def test_the_trace_of_a_claim_of_the_next_case_goes_to_its_commit_too(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    await open_claim(house)
    async with client_of(house, watched(house, tracing), tracing) as client:
        taken = await client.post("/api/v1/next-case", json={"case_type": "expense_claim"})
    assert taken.status_code == 200
    [request] = named(spans, "POST /api/v1/next-case")
    assert {span.name for span in spans.get_finished_spans()} == {request.name, *COURSE}
    assert {span.context.trace_id for span in spans.get_finished_spans()} == {request.context.trace_id}


async def test_the_trace_of_a_caller_goes_on_and_a_malformed_one_is_left_alone(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    async with client_of(house, watched(house, tracing), tracing) as client:
        await client.get(CASES, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        await client.get(CASES, headers={"traceparent": "nonsense"})
    taken, alone = named(spans, f"GET {CASES}")
    assert (taken.context.trace_id, parent_of(taken)) == (int(TRACE, 16), int(PARENT, 16))
    assert parent_of(alone) is None


async def test_a_caller_that_does_not_record_its_trace_has_none_recorded_here(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    async with client_of(house, watched(house, tracing), tracing) as client:
        await client.post(CASES, json=CLAIM, headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert spans.get_finished_spans() == ()


async def test_requests_that_share_a_batch_are_linked_with_it(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    async with client_of(house, watched(house, tracing), tracing) as client:
        await asyncio.gather(*(client.post(CASES, json=CLAIM) for _ in range(12)))
    requests = {id_of(span): span for span in named(spans, f"POST {CASES}")}
    batches = {id_of(span): span for span in named(spans, "desk batch")}
    assert len(requests) == 12
    linked = [link.context.span_id for batch in batches.values() for link in batch.links]
    assert sorted(linked) == sorted(requests)
    for batch in batches.values():
        assert parent_of(batch) == batch.links[0].context.span_id
    for wait in named(spans, "desk wait"):
        [link] = wait.links
        assert parent_of(wait) in {of.context.span_id for of in batches[link.context.span_id].links}


async def test_an_attempt_that_came_from_no_request_has_no_span(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    watched(house, tracing)
    assert (await tried(house, opening())).error is None
    assert spans.get_finished_spans() == ()


async def test_nothing_that_callers_send_is_in_a_span(
    house: Assembly, tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    secret, bearer = "hush-hush", token("hushed", roles=("clerk",))
    metrics = watched(house, tracing)
    house.cases.find = _broken  # type: ignore[assignment,method-assign]
    headers = {"authorization": f"Bearer {bearer}", "x-secret": secret, "baggage": f"who={secret}"}
    async with client_of(house, metrics, tracing) as client:
        client.headers.update(headers)
        await client.post(CASES, json={**CLAIM, "reason": secret, "reference": secret})
        await client.post(f"{CASES}/{secret}/events", json={"event": secret, "payload": {secret: secret}})
        await client.get(f"{CASES}/{new_id()}/audit", params={secret: secret})
        await client.get(f"/{secret}")
        await client.request("HUSH-HUSH", CASES)
        broken = await client.get(CASES, params={"reference": secret})
    assert broken.status_code == 500
    assert [span.status.status_code for span in named(spans, f"GET {CASES}")] == [StatusCode.ERROR]
    written = "".join(span.to_json() for span in spans.get_finished_spans())
    assert len(spans.get_finished_spans()) >= 6
    for part in (secret, secret.upper(), bearer, "hushed", "acme"):
        assert part not in written


async def _broken(*_: Any) -> Any:
    raise RuntimeError("hush-hush")


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ([], None),
        (["OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"], "otlp"),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://localhost:4318/v1/traces"], "otlp"),
        (["OTEL_TRACES_EXPORTER=otlp"], "otlp"),
        (["OTEL_TRACES_EXPORTER=console"], "console"),
        (["OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"], None),
        (["OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"], None),
    ],
)
def test_the_standard_variables_turn_it_on_and_off(variables: Sequence[str], wanted: str | None) -> None:
    assert exporter_wanted(dict(variable.split("=", 1) for variable in variables)) == wanted


def test_nothing_of_it_is_loaded_unless_it_is_asked_for() -> None:
    script = """
import sys, app.worker
app.worker.application()
assert not [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))], "loaded"
"""
    given = environment(jwt_secret="a secret that only tests use and nobody else")
    done = subprocess.run([sys.executable, "-c", script], env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def test_what_the_variables_say_reaches_the_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "claims")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
    tracing = tracing_of({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SERVICE_NAME": "claims"})
    assert tracing is not None
    attributes = tracing._provider.resource.attributes
    assert (attributes["service.name"], attributes["deployment.environment"]) == ("claims", "test")
    await tracing.close()


async def test_a_service_is_called_stateward_unless_told_otherwise() -> None:
    tracing = tracing_of({"OTEL_TRACES_EXPORTER": "otlp"})
    assert tracing is not None
    assert re.fullmatch("stateward", str(tracing._provider.resource.attributes["service.name"]))
    await tracing.close()
