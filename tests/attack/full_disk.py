"""The disk under the database is full for a while: what does not fit is refused, and then all is well."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attack import checker
from tests.attack.clients import Clients
from tests.attack.edges import read_machines
from tests.attack.kept import read
from tests.attack.killing import until
from tests.attack.told import Told
from tests.running import ROOT, SECRET, stateward
from tests.scheduler_attack import DATABASE, database_server

CLIENTS = 4
ANSWERS = 40
SIZES = {"sqlite": 16 * 2**20, "postgres": 128 * 2**20}
NEEDS = "a file system of its own needs root"


@dataclass(frozen=True)
class Filled:
    """What clients were told, and whether any of them was told 503 while the disk was full."""

    told: Told
    unavailable: int
    faults: list[str]

    def __str__(self) -> str:
        return f"{self.told}; {self.unavailable} answers were 503; {len(self.faults)} faults"


def possible() -> bool:
    return os.geteuid() == 0


async def attacked(folder: Path, kind: str, seconds: float) -> Filled:
    """A database on a small file system that a file of zeros fills for so many seconds."""
    with _small_disk(folder / "disk", SIZES[kind]) as disk, ExitStack() as stack:
        cluster = stack.enter_context(database_server(disk)) if kind == "postgres" else None
        if cluster is not None:
            await cluster.make()
        url = cluster.server.url(DATABASE) if cluster else f"sqlite+aiosqlite:///{disk}/stateward.db"
        settings = {"jwt_secret": SECRET, "database_url": url, "log_level": "critical"}
        with stateward(folder, "serve", "--port", "0", **settings) as service:
            clients, over = Clients([service.url], seed=2), asyncio.Event()
            working = asyncio.create_task(clients.work(CLIENTS, over.is_set))
            await until(clients, working, ANSWERS)
            before = clients.unavailable
            _fill(disk / "zeros")
            await asyncio.sleep(seconds)
            unavailable = clients.unavailable - before
            (disk / "zeros").unlink()
            if cluster is not None:
                await asyncio.to_thread(cluster.start)  # it ends itself where its log finds no room
            await until(clients, working, ANSWERS)
            over.set()
            await working
        kept = await read(cluster.server.url(DATABASE, "postgres") if cluster else url)
        faults = checker.faults(kept, clients.told, read_machines(ROOT / "machines"))
        return Filled(clients.told, unavailable, faults)


@contextmanager
def _small_disk(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as zeros:
        try:
            while True:
                zeros.write(bytes(4096))
        except OSError:
            return
