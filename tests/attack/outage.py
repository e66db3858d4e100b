"""The database is gone for a while in the middle of traffic: 503 meanwhile, then all is well again by itself."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.attack import checker
from tests.attack.clients import Clients
from tests.attack.edges import read_machines
from tests.attack.kept import read
from tests.attack.killing import until
from tests.attack.told import Told
from tests.running import ROOT, SECRET, stateward
from tests.scheduler_attack import DATABASE, Cluster, database_server

CLIENTS = 8
BEFORE_AND_AFTER = 60
"""Answers that are waited for before the database goes, and after it is back."""
ASKED_EVERY = 0.1


@dataclass(frozen=True)
class Survived:
    """What clients were told, how often readiness said what, and what is wrong."""

    told: Told
    readiness: Counter[int]
    faults: list[str]

    def __str__(self) -> str:
        return f"{self.told}; ready said {dict(self.readiness)}; {len(self.faults)} faults"


async def attacked(folder: Path, seconds: float) -> Survived:
    """A server of its own, stopped at once (as when its power fails) for so many seconds."""
    with database_server(folder) as cluster:
        await cluster.make()
        settings = {"jwt_secret": SECRET, "database_url": cluster.server.url(DATABASE), "log_level": "critical"}
        with stateward(folder, "serve", "--port", "0", "--workers", "2", **settings) as service:
            clients, over = Clients([service.url], seed=1), asyncio.Event()
            working = asyncio.create_task(clients.work(CLIENTS, over.is_set))
            await until(clients, working, BEFORE_AND_AFTER)
            readiness = await _gone(cluster, service.url, seconds)
            await until(clients, working, BEFORE_AND_AFTER)
            over.set()
            await working
            readiness[await _asked(service.url)] += 1
        kept = await read(cluster.server.url(DATABASE, "postgres"))
        faults = checker.faults(kept, clients.told, read_machines(ROOT / "machines"))
        return Survived(clients.told, readiness, faults)


async def _gone(cluster: Cluster, url: str, seconds: float) -> Counter[int]:
    """Stop the database, ask for readiness meanwhile, and start it again."""
    await asyncio.to_thread(cluster.stop)
    said: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    back = loop.time() + seconds
    while loop.time() < back:
        said[await _asked(url)] += 1
        await asyncio.sleep(ASKED_EVERY)
    await asyncio.to_thread(cluster.start)
    return said


async def _asked(url: str) -> int:
    async with httpx.AsyncClient(timeout=30) as http:
        return (await http.get(f"{url}/readyz")).status_code
