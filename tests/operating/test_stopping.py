"""A stop finishes what was accepted, refuses what is new, ends the streams, and takes less than ten seconds."""

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.http.sign_in.own_tokens import mint
from tests.databases import Database
from tests.house import rows
from tests.running import SECRET, Running, stateward

WITHIN = 25
"""Seconds: those of a stop, and what a machine takes that is busy with other things."""
WRITERS = 8
CLAIM = json.dumps(
    {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}
).encode()
HEADERS = {
    "authorization": f"Bearer {mint(SECRET, 'acme', 'root', ['admin'], 24 * 3600)}",
    "content-type": "application/json",
}
CASES = "/api/v1/cases"


@contextmanager
def serving(folder: Path, database: Database, workers: str = "1") -> Iterator[Running]:
    settings = {"jwt_secret": SECRET, "database_url": database.url}
    with stateward(folder, "serve", "--port", "0", "--workers", workers, **settings) as service:
        yield service


class Halting:
    """A caller who has sent half of a request, which the service has begun to read."""

    def __init__(self, service: Running) -> None:
        told = {**HEADERS, "host": "test", "content-length": str(len(CLAIM)), "expect": "100-continue"}
        self._connection = socket.create_connection(address(service))
        self._connection.settimeout(2 * WITHIN)
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._connection.sendall(f"POST {CASES} HTTP/1.1\r\n{head}\r\n".encode())
        assert b"100 Continue" in self._connection.recv(1000)
        self._connection.sendall(CLAIM[:10])

    def go_on(self) -> int:
        """Send the rest; the status of the answer."""
        with self._connection:
            self._connection.sendall(CLAIM[10:])
            return int(self._connection.recv(10_000).split()[1])

    def close(self) -> None:
        self._connection.close()


def address(service: Running) -> tuple[str, int]:
    url = httpx.URL(service.url)
    return url.host, url.port or 0


def wait_until_new_callers_are_refused(service: Running) -> None:
    """A connection that comes meanwhile may be taken, and closed without an answer."""
    while True:
        try:
            with socket.create_connection(address(service)):
                pass
        except OSError:
            return


@pytest.mark.parametrize(("database", "workers"), [("sqlite", "2"), ("postgres", "1")], indirect=["database"])
async def test_what_is_accepted_is_answered_and_what_is_new_is_refused(
    database: Database, tmp_path: Path, workers: str
) -> None:
    with serving(tmp_path, database, workers) as service:
        halting = [Halting(service) for _ in range(4)]
        with httpx.stream("GET", f"{service.url}/api/v1/stream", headers=HEADERS, timeout=2 * WITHIN) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ":"
            service.process.send_signal(signal.SIGTERM)
            told = list(lines)  # ended by the service, as a whole answer, perhaps after the note of who reads
            assert (told[0][:4], told[-1]) == ("id: ", "")
        wait_until_new_callers_are_refused(service)
        assert [caller.go_on() for caller in halting] == [201] * 4
        assert service.process.wait(timeout=WITHIN) == 0
        assert service.errors.read_text() == ""
    assert len(await rows(database, "SELECT id FROM cases")) == 4


def write(url: str, refused: threading.Event) -> list[str]:
    """The ids of cases that were answered with 201, until the service answers no more."""
    opened = []
    with httpx.Client(timeout=2 * WITHIN, headers=HEADERS) as client:
        while True:
            try:
                answer = client.post(f"{url}{CASES}", content=CLAIM)
            except httpx.TransportError:
                refused.set()
                return opened
            assert answer.status_code == 201, answer.text
            opened.append(answer.json()["case"]["id"])
            if len(opened) == 3:
                refused.set()


async def test_under_load_each_answer_is_true_and_nothing_is_lost(database: Database, tmp_path: Path) -> None:
    under_way = [threading.Event() for _ in range(WRITERS)]
    with serving(tmp_path, database, "1") as service, ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, service.url, event) for event in under_way]
        for event in under_way:
            assert event.wait(timeout=60)
        service.process.send_signal(signal.SIGTERM)
        opened = [case_id for writer in writers for case_id in writer.result()]
        assert service.process.wait(timeout=WITHIN) == 0
        assert service.errors.read_text() == ""
    stored = {str(row["id"]) for row in await rows(database, "SELECT id FROM cases")}
    assert len(opened) >= 3 * WRITERS
    assert set(opened) <= stored
    entries = await rows(database, "SELECT case_id FROM audit_entry WHERE case_seq = 1")
    assert len(entries) == len(stored)


def test_a_caller_who_never_ends_does_not_hold_it_up(tmp_path: Path) -> None:
    with stateward(tmp_path, "serve", "--port", "0", "--workers", "2", jwt_secret=SECRET) as service:
        halting = [Halting(service) for _ in range(6)]
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=WITHIN) == 0
        for caller in halting:
            caller.close()


@contextmanager
def collector() -> Iterator[tuple[str, Callable[[], Sequence[str]]]]:
    """The address of a collector of traces, and the names of the spans that it got."""
    names: list[str] = []

    class Collecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
            names.extend(s.name for r in sent.resource_spans for scope in r.scope_spans for s in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Collecting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", lambda: names
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_last_spans_go_out_before_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, names):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET) as service:
            assert httpx.post(f"{service.url}{CASES}", content=CLAIM, headers=HEADERS).status_code == 201
            assert service.stop() == 0
            assert service.errors.read_text() == ""
    assert {f"POST {CASES}", "desk wait", "desk batch", "desk record and commit"} <= set(names())


def test_a_collector_that_is_away_does_not_hold_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET) as service:
            assert httpx.post(f"{service.url}{CASES}", content=CLAIM, headers=HEADERS).status_code == 201
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(timeout=WITHIN) == 0
