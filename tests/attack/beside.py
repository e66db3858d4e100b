"""A victim in another tenant beside an attacker: how long their requests take, and how much memory the service takes.

An attack is a module of this folder with `async def attack(url, over)`, which goes on until `over` is set and says how
often it got which status. It runs in a process of its own, since the victim is timed in this one.
"""

import asyncio
import importlib
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.attack.killing import children
from tests.calling import bearing
from tests.running import ROOT, SECRET, Running

VICTIM = mint(SECRET, "victim", "vera", ["clerk"], 24 * 3600)
VICTIMS = 4
PAUSE = 0.02
"""Seconds between two requests of a victim, who works and does not attack."""
MOST_SLOWER = 3.0
FLOOR = 0.025
"""Seconds below which the scheduler of a machine with two cores decides, and not the service."""
MOST_MEMORY = 400 * 2**20
"""Bytes that a process of the service may take more than before the attack."""

Attack = Callable[[str, asyncio.Event], Awaitable[Counter[int]]]


@dataclass(frozen=True)
class Beside:
    """The 99th percentile of a victim's requests in seconds, alone and beside the attack, how many there were, what
    the attacker got, and by how many bytes the service grew at most."""

    alone: float
    beside: float
    requests: int
    statuses: Counter[int]
    grown: int
    faults: list[str]

    def __str__(self) -> str:
        times = f"p99 {self.alone * 1000:.0f} ms alone, {self.beside * 1000:.0f} ms beside ({self.requests} requests)"
        got = f"attacker got {dict(sorted(self.statuses.items()))}"
        return f"{times}; {got}; memory +{self.grown // 2**20} MiB; {len(self.faults)} faults"


async def attacked(service: Running, module: str, seconds: float) -> Beside:
    """Time a victim alone and then beside `tests.attack.MODULE`, for `seconds` each."""
    faults: list[str] = []
    await _worked(service.url, 2, faults)
    alone = await _worked(service.url, seconds, faults)
    before = _memory(service)
    words = [sys.executable, "-m", "tests.attack.beside", module, service.url]
    attacker = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert attacker.stdout is not None
    await attacker.stdout.readline()
    watching = asyncio.create_task(_most_memory(service))
    beside = await _worked(service.url, seconds, faults)
    said, _ = await attacker.communicate(b"that is enough\n")
    watching.cancel()
    grown = max(await watching, _memory(service)) - before
    statuses = Counter({int(status): count for status, count in json.loads(said).items()})
    found = Beside(p99(alone), p99(beside), len(beside), statuses, grown, faults)
    return Beside(**{**vars(found), "faults": [*faults, *_judged(found)]})


def _judged(found: Beside) -> list[str]:
    faults = []
    if found.beside > MOST_SLOWER * max(found.alone, FLOOR):
        faults.append(f"the victim waited {found.beside / found.alone:.1f} times as long")
    if found.grown > MOST_MEMORY:
        faults.append(f"a process grew by {found.grown // 2**20} MiB")
    return faults


async def _worked(url: str, seconds: float, faults: list[str]) -> list[float]:
    """How long each request of the victims took."""
    took: list[float] = []
    until = perf_counter() + seconds

    async def ask(http: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
        began = perf_counter()
        answer = await http.request(method, path, json=body)
        took.append(perf_counter() - began)
        if answer.status_code >= 300:
            faults.append(f"the victim got {answer.status_code}: {answer.text[:200]}")
        await asyncio.sleep(PAUSE)
        return answer

    async def one(http: httpx.AsyncClient) -> None:
        while perf_counter() < until:
            opened = await ask(http, "POST", "/api/v1/cases", CLAIM)
            if opened.status_code >= 300:
                continue
            case = f"/api/v1/cases/{opened.json()['case']['id']}"
            await ask(http, "POST", f"{case}/events", {"event": "add_note"})
            await ask(http, "GET", case)
            await ask(http, "GET", "/api/v1/cases?case_type=expense_claim&limit=20")

    async with httpx.AsyncClient(base_url=url, headers=bearing(VICTIM), timeout=60) as http:
        await asyncio.gather(*(one(http) for _ in range(VICTIMS)))
    return took


async def _most_memory(service: Running) -> int:
    most = 0
    with suppress(asyncio.CancelledError):
        while True:
            most = max(most, _memory(service))
            await asyncio.sleep(0.2)
    return most


def _memory(service: Running) -> int:
    """Of the process of the service that takes most, in bytes."""
    return max(_resident(process) for process in [service.process.pid, *children(service.process.pid)])


def _resident(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def p99(took: Sequence[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


async def _attacking(attack: Attack, url: str) -> Counter[int]:
    """Attack until a line comes in; the first line out says that it has begun.

    What the attacker's own client computes would take a processor of another machine: here it goes behind the service.
    """
    os.nice(19)
    over = asyncio.Event()
    attacking = asyncio.ensure_future(attack(url, over))
    await asyncio.sleep(1)
    print("attacking", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    over.set()
    return await attacking


if __name__ == "__main__":
    chosen = importlib.import_module(f"tests.attack.{sys.argv[1]}")
    print(json.dumps(asyncio.run(_attacking(chosen.attack, sys.argv[2]))))
