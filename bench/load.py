"""Load on an HTTP service: every connection sends its next request when the last was answered."""

import json
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.clients import Clients
from bench.harness import Unusable

SCRIPT = Path(__file__).with_name("load.lua")
KEY = b"{key}"
"""Where it stands in a request, every request that is sent has a text of its own."""


@dataclass(frozen=True)
class Answered:
    """What a run of load saw: requests per second and the events in each, latencies in ms, and what generating took.

    `generator_cores` is in cores: at 1 the generator itself was the limit.
    """

    per_second: float
    events: int
    p50: float
    p99: float
    generator: str
    generator_cores: float

    def __str__(self) -> str:
        return (
            f"{self.per_second:,.0f} requests/s, p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms "
            f"({self.generator}, {self.generator_cores:.0%} of a core)"
        )


def load(port: int, requests: Path, connections: int, seconds: float) -> Answered:
    """Send random requests of a file made by `write`. Raises Unusable where any answer is not a plain success."""
    generate = _wrk if shutil.which("wrk") else _own
    began, used = time.perf_counter(), _processor_seconds()
    answered, bad, per_second, p50, p99 = generate(port, requests, connections, seconds)
    cores = (_processor_seconds() - used) / (time.perf_counter() - began)
    if bad or not answered:
        raise Unusable(f"{bad} of {answered} requests failed or were refused")
    name = "wrk" if generate is _wrk else "own"
    return Answered(per_second, _events(requests), p50, p99, name, cores)


def request(port: int, token: str, path: str, body: object, keyed: bool = False) -> bytes:
    """The bytes of a POST with a JSON body."""
    content = json.dumps(body, separators=(",", ":")).encode()
    lines = [
        f"POST /api/v1{path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *([f"Idempotency-Key: {KEY.decode()}"] if keyed else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def write(file: Path, requests: Sequence[bytes]) -> Path:
    """Length and bytes of each, as both generators read them."""
    file.write_bytes(b"".join(b"%d\n%s" % (len(each), each) for each in requests))
    return file


def read(file: Path) -> list[bytes]:
    requests, content, at = [], file.read_bytes(), 0
    while at < len(content):
        start = content.index(b"\n", at) + 1
        at = start + int(content[at : start - 1])
        requests.append(content[start:at])
    return requests


def _events(requests: Path) -> int:
    """How many events the first request tries to fire; all of a file try as many."""
    return read(requests)[0].count(b'"event":')


def _wrk(port: int, requests: Path, connections: int, seconds: float) -> tuple[int, int, float, float, float]:
    words = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", str(SCRIPT)]
    words += [f"http://127.0.0.1:{port}", "--", str(requests), str(time.time_ns() % 1_000_000_007)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unusable(f"wrk ended with {done.returncode}: {done.stdout}{done.stderr}")
    seen = json.loads(done.stdout.splitlines()[-1])
    return seen["requests"], seen["bad"], seen["requests"] / seen["seconds"], seen["p50"], seen["p99"]


def _own(port: int, requests: Path, connections: int, seconds: float) -> tuple[int, int, float, float, float]:
    return uvloop.run(Clients(read(requests), KEY).run(port, connections, seconds))


def _processor_seconds() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
