"""kill -9 of workers under load: what was answered is in the log once, and every retry converges."""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.attack import checker
from tests.attack.clients import Clients
from tests.attack.edges import read_machines
from tests.attack.kept import read
from tests.attack.told import Told
from tests.databases import Database
from tests.running import ROOT, Running

CLIENTS = 8
LOOK_EVERY = 0.02


@dataclass(frozen=True)
class Killed:
    """How many workers were killed, what clients were told, and what is wrong with what is kept."""

    workers: int
    told: Told
    faults: list[str]

    def __str__(self) -> str:
        return f"{self.workers} workers killed, {self.told}; {len(self.faults)} faults"


async def attacked(service: Running, database: Database, times: int, answers: int, seed: int = 0) -> Killed:
    """Kill a worker of a running service `times` times, each time after so many answers."""
    clients, over = Clients([service.url], seed), asyncio.Event()
    working = asyncio.create_task(clients.work(CLIENTS, over.is_set))
    killed = 0
    while killed < times:
        await until(clients, working, answers)
        killed += _kill_the_oldest(service.process.pid)
    await until(clients, working, answers)
    over.set()
    await working
    service.stop()
    kept = await read(database.admin_url)
    return Killed(killed, clients.told, checker.faults(kept, clients.told, read_machines(ROOT / "machines")))


async def until(clients: Clients, working: "asyncio.Task[None]", answers: int) -> None:
    """Wait for so many answers more, or for clients that fail."""
    wanted = clients.told.settled + answers
    while clients.told.settled < wanted and not working.done():  # noqa: ASYNC110 - nobody tells when
        await asyncio.sleep(LOOK_EVERY)
    if working.done():
        working.result()


def _kill_the_oldest(parent: int) -> int:
    """Kill the worker that has run for longest (one that dies again at once would count as a crash loop, which ends the
    service for its supervisor to start); how many were there to kill."""
    workers = children(parent)
    if len(workers) < 2:
        return 0
    os.kill(min(workers), signal.SIGKILL)
    return 1


def children(parent: int) -> list[int]:
    """The processes that a process started and that still run, as the kernel tells it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            state, ppid = stat.rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z" and b"resource_tracker" not in command:
                found.append(int(entry.name))
    return found
