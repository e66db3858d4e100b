"""500 connections that send headers and bodies a byte at a time, or take answers as slowly, beside good traffic."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

import httpx

from tests.attack.clients import CLAIM, TOKEN
from tests.calling import bearing
from tests.running import ROOT, Running

CONNECTIONS = 500
DRIPS_EVERY = 0.5
GOOD = 8
BODY = json.dumps(CLAIM).encode()
HEAD = (
    f"POST /api/v1/cases HTTP/1.1\r\nHost: stateward\r\nAuthorization: Bearer {TOKEN}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()
DOCUMENT = b"GET /schema/openapi.json HTTP/1.1\r\nHost: stateward\r\n\r\n"


@dataclass(frozen=True)
class Dripped:
    """The 99th percentile of good requests in seconds, alone and beside the slow ones; how many of those were held."""

    alone: float
    beside: float
    connections: int
    faults: list[str]

    def __str__(self) -> str:
        times = f"p99 {self.alone * 1000:.0f} ms alone, {self.beside * 1000:.0f} ms beside {self.connections} slow ones"
        return f"{times} ({self.beside / self.alone:.2f}); {len(self.faults)} faults"


async def attacked(service: Running, seconds: float) -> Dripped:
    faults: list[str] = []
    await _good(service.url, 1, faults)
    alone = await _good(service.url, seconds, faults)
    words = [sys.executable, "-m", "tests.attack.dripping", service.url]
    slow = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert slow.stdout is not None
    await slow.stdout.readline()
    beside = await _good(service.url, seconds, faults)
    held, _ = await slow.communicate(b"that is enough\n")
    return Dripped(_p99(alone), _p99(beside), int(held), faults)


async def _good(url: str, seconds: float, faults: list[str]) -> list[float]:
    """How long each request of good clients took."""
    took: list[float] = []
    until = perf_counter() + seconds

    async def one(http: httpx.AsyncClient) -> None:
        while (began := perf_counter()) < until:
            answer = await http.post("/api/v1/cases", json=CLAIM)
            took.append(perf_counter() - began)
            if answer.status_code != 201:
                faults.append(f"{answer.status_code}: {answer.text[:200]}")

    async with httpx.AsyncClient(base_url=url, headers=bearing(TOKEN), timeout=30) as http:
        await asyncio.gather(*(one(http) for _ in range(GOOD)))
    return took


async def _slow(url: str, number: int, over: asyncio.Event) -> None:
    """A third drips its headers, a third its body, a third asks for much and does not read it."""
    with suppress(ConnectionError):
        reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port, limit=1024)
        quick, slow = [(b"", HEAD + BODY), (HEAD, BODY), (DOCUMENT * 20, b"")][number % 3]
        writer.write(quick)
        for byte in slow or bytes(10_000):
            if over.is_set() or reader.at_eof():
                break
            if slow:
                writer.write(bytes([byte]))
                await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), DRIPS_EVERY)
        writer.close()


async def _dripping(url: str) -> int:
    """All slow clients until a line comes in, in a process of their own: good requests are timed in another. How many
    were held until then."""
    over = asyncio.Event()
    slow = [asyncio.create_task(_slow(url, number, over)) for number in range(CONNECTIONS)]
    await asyncio.sleep(1)
    print("dripping", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    held = sum(not task.done() for task in slow)
    over.set()
    await asyncio.gather(*slow)
    return held


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


if __name__ == "__main__":
    print(asyncio.run(_dripping(sys.argv[1])))
