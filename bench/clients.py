"""Our own generator of load, for machines without wrk: keep-alive connections that parse as little as they can."""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from typing import cast

from bench.harness import percentile

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
SUCCESS = b"HTTP/1.1 200"
PATIENCE = 30
"""Seconds that a last answer may take."""


class Clients:
    """Connections that send random requests, and what they saw."""

    def __init__(self, requests: Sequence[bytes], key: bytes) -> None:
        self._requests = requests
        self._key = key if key in requests[0] else None
        self._run = time.time_ns()
        self.latencies: list[float] = []
        self.bad = 0
        self.ends = 0.0

    async def run(self, port: int, connections: int, seconds: float) -> tuple[int, int, float, float, float]:
        """(requests, failures, requests per second, p50 in ms, p99 in ms)."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self.ends = began + seconds
        made = [
            await loop.create_connection(lambda: Connection(self, loop.create_future()), "127.0.0.1", port)
            for _ in range(connections)
        ]
        async with asyncio.timeout(seconds + PATIENCE):
            await asyncio.gather(*(connection.closed for _, connection in made))
        lasted = time.perf_counter() - began
        count = len(self.latencies)
        p50, p99 = (1000 * percentile(self.latencies, share) for share in (0.5, 0.99)) if count else (0.0, 0.0)
        return count, self.bad, count / lasted, p50, p99

    def next_request(self) -> bytes:
        chosen = random.choice(self._requests)
        if self._key is None:
            return chosen
        self._run += 1
        return chosen.replace(self._key, b"%d" % self._run, 1)


class Connection(asyncio.Protocol):
    """One caller: sends, waits for the whole answer, and sends again until the time is over."""

    def __init__(self, clients: Clients, closed: "asyncio.Future[None]") -> None:
        self._clients = clients
        self._answer = bytearray()
        self._whole: int | None = None
        self.closed = closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own transport is no subclass of it
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self._whole is None:
            self._whole = self._length()
        if self._whole is not None and len(self._answer) >= self._whole:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if error or time.perf_counter() < self._clients.ends:
            self._clients.bad += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._clients.next_request())

    def _length(self) -> int | None:
        """Bytes of the answer with its head, None before that is known."""
        head = self._answer.find(b"\r\n\r\n")
        if head < 0:
            return None
        found = LENGTH.search(self._answer, 0, head)
        return head + 4 + (int(found[1]) if found else 0)

    def _answered(self) -> None:
        now = time.perf_counter()
        self._clients.latencies.append(now - self._sent)
        if not self._answer.startswith(SUCCESS) or b'"problem"' in self._answer:
            self._clients.bad += 1
        self._answer.clear()
        self._whole = None
        if now < self._clients.ends:
            self._send()
        else:
            self._transport.close()
