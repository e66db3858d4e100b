"""Run the attacks long, and print one table: what was tried, how often, and what was found."""

import argparse
import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.table import aligned
from tests.attack import (
    beside,
    dripping,
    full_disk,
    kept,
    killing,
    mutating,
    neighbours,
    outage,
    refused_uploads,
    signer_killed,
)
from tests.databases import Database
from tests.running import ROOT, SECRET, Running, stateward
from tests.scheduler_attack import DATABASE, database_server

KILLS = 50
MUTATIONS = 50_000
GONE_FOR = 10.0
MOST_GROWTH = 1.1
"""Memory after all mutations against that after a tenth of them."""
MOST_SLOWER = 2.0
MOST_REFUSALS = 2 * 60
"""Of one caller in the minute of an attack, which may lie in two."""


@dataclass(frozen=True)
class Found:
    """What was tried, in numbers, and what is wrong: a sentence each."""

    tried: object
    faults: list[str]


async def workers_killed(folder: Path, kind: str) -> Found:
    async with _serving(folder, kind, workers="2") as (service, database):
        found = await killing.attacked(service, database, KILLS, answers=40)
    return Found(found, found.faults)


async def signers_killed(folder: Path, kind: str) -> Found:
    async with _serving(folder, kind) as (service, database):
        service.stop()  # it has made the tables
        found = await signer_killed.attacked(folder, database, KILLS)
    return Found(found, found.faults)


async def requests_mutated(folder: Path, kind: str) -> Found:
    async with _serving(folder, kind) as (service, database):
        found = await mutating.attacked(service, database, MUTATIONS)
    grown = found.after / found.before
    fault = [f"memory grew to {grown:.2f} of what it was"] if grown > MOST_GROWTH else []
    return Found(found, [*found.faults, *fault])


async def database_gone(folder: Path, _: str) -> Found:
    found = await outage.attacked(folder, GONE_FOR)
    return Found(found, found.faults)


async def disk_full(folder: Path, kind: str) -> Found:
    if not full_disk.possible():
        return Found(f"not tried: {full_disk.NEEDS}", [])
    found = await full_disk.attacked(folder, kind, seconds=5)
    return Found(found, found.faults)


async def beside_the_one_before(folder: Path, _: str) -> Found:
    before = neighbours.one_before(folder)
    if before is None:
        return Found("not tried: the history of the repository is not here", [])
    found = await neighbours.attacked(folder, before, neighbours.this_one())
    return Found(found, found.faults)


async def beside_the_one_after(folder: Path, _: str) -> Found:
    found = await neighbours.attacked(folder, neighbours.this_one(), neighbours.one_after(folder))
    return Found(found, found.faults)


async def slow_clients(folder: Path, kind: str) -> Found:
    async with _serving(folder, kind) as (service, _):
        found = await dripping.attacked(service, seconds=10)
    slower = found.beside / found.alone
    fault = [f"good requests took {slower:.2f} times as long"] if slower > MOST_SLOWER else []
    return Found(found, [*found.faults, *fault])


def victim_beside(module: str, **settings: str) -> Callable[[Path, str], Awaitable[Found]]:
    """The attack of `tests.attack.MODULE`, with a victim in another tenant; `settings` are the service's."""

    async def tried(folder: Path, kind: str) -> Found:
        async with _serving(folder, kind, **settings) as (service, _):
            found = await beside.attacked(service, module, seconds=10)
        return Found(found, found.faults)

    return tried


async def refused_often(folder: Path, kind: str) -> Found:
    """However often somebody is refused, the log has few entries of it, and each of the others is counted."""
    async with _serving(folder, kind) as (service, database):
        found = await beside.attacked(service, "refused_callers", seconds=10)
        service.stop()
        entries = [kept.json_of(row["entry"]) for row in (await kept.read(database.admin_url)).entries]
    refused = [entry for entry in entries if entry["kind"] == "denied"]
    counted = [entry["counted"] for entry in refused if "counted" in entry]
    singly, times = len(refused) - len(counted), found.statuses[0]
    faults = [f"{singly} refusals have an entry each"] if singly > MOST_REFUSALS else []
    faults += [f"{singly + sum(counted)} of {times} refusals are in the log"] if singly + sum(counted) < times else []
    return Found(found, [*found.faults, *faults])


async def uploads_refused(folder: Path, kind: str) -> Found:
    """Nothing is kept of what is refused."""
    async with _serving(folder, kind, attachment_bytes_per_tenant=str(refused_uploads.MAY_KEEP)) as (service, database):
        found = await beside.attacked(service, "refused_uploads", seconds=10)
        held = await kept.bytes_of_files(database.admin_url)
    faults = [f"{held} bytes of files are kept"] if held > refused_uploads.MAY_KEEP else []
    return Found(found, [*found.faults, *faults])


async def checks_taken_out(_: Path, __: str) -> Found:
    """In a process of its own, which forks for each."""
    words = [sys.executable, "-m", "tests.attack.mutants"]
    running = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=PIPE)
    assert running.stdout is not None
    told = []
    async for line in running.stdout:
        told.append(line.decode().rstrip())
        print("      ", told[-1], file=sys.stderr, flush=True)
    if await running.wait() not in (0, 1) or not told:
        raise RuntimeError("taking out checks ended with an error")
    return Found(told[-1], [line for line in told if line.startswith("SURVIVED")])


ATTACKS: dict[str, tuple[Callable[[Path, str], Awaitable[Found]], tuple[str, ...]]] = {
    "kill -9 of workers under load": (workers_killed, ("sqlite", "postgres")),
    "kill -9 of whoever signs the log": (signers_killed, ("sqlite", "postgres")),
    "the database is gone for ten seconds": (database_gone, ("postgres",)),
    "the disk is full": (disk_full, ("sqlite", "postgres")),
    "random mutations of valid requests": (requests_mutated, ("sqlite", "postgres")),
    "the release before beside this one": (beside_the_one_before, ("postgres",)),
    "a release with more columns and tables beside this one": (beside_the_one_after, ("postgres",)),
    "500 slow readers and writers": (slow_clients, ("sqlite", "postgres")),
    "a victim beside batches of 1,000 refused events": (victim_beside("large_batches"), ("sqlite", "postgres")),
    "a victim beside large cases": (victim_beside("large_cases"), ("sqlite", "postgres")),
    "a victim beside large bodies": (victim_beside("large_bodies"), ("sqlite", "postgres")),
    "a victim beside clocks that began in 1900": (victim_beside("old_clocks"), ("sqlite", "postgres")),
    "a victim beside conditions that build without end": (victim_beside("building_conditions"), ("sqlite", "postgres")),
    "a victim beside 1,000 streams of another tenant": (victim_beside("many_streams"), ("sqlite", "postgres")),
    "a victim beside long reads of another tenant's log": (victim_beside("long_reads"), ("sqlite", "postgres")),
    "a victim beside a caller who is refused 1,000 times a second": (refused_often, ("sqlite", "postgres")),
    "a victim beside uploads that are refused": (uploads_refused, ("sqlite", "postgres")),
    "a victim beside silent connections": (victim_beside("silent_connections"), ("sqlite",)),
    "each check of who may do what taken out": (checks_taken_out, ("both",)),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="WORD", help="only attacks with one of these words in their name")
    words = parser.parse_args().names
    rows = []
    for name, (attack, kinds) in ATTACKS.items():
        for kind in kinds if not words or any(word in name for word in words) else ():
            with tempfile.TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
                found = asyncio.run(_tried(attack(Path(folder), kind)))
            rows.append([name, kind, "BROKEN" if found.faults else "held", str(found.tried)])
            print(*rows[-1], *(fault[:400] for fault in found.faults[:5]), sep="\n       ", file=sys.stderr, flush=True)
    print(aligned([["attack", "store", "found", "tried"], *rows]))
    return 1 if any(found == "BROKEN" for _, _, found, _ in rows) else 0


async def _tried(attack: Awaitable[Found]) -> Found:
    return await attack


@asynccontextmanager
async def _serving(folder: Path, kind: str, workers: str = "1", **more: str) -> AsyncIterator[tuple[Running, Database]]:
    settings = {"jwt_secret": SECRET, "workers": workers, "log_level": "critical", **more}
    if kind == "sqlite":
        url = f"sqlite+aiosqlite:///{folder}/stateward.db"
        with stateward(folder, "serve", "--port", "0", database_url=url, **settings) as service:
            yield service, Database(kind, url, url)
        return
    with database_server(folder) as cluster:
        await cluster.make()
        url = cluster.server.url(DATABASE)
        with stateward(folder, "serve", "--port", "0", database_url=url, **settings) as service:
            yield service, Database(kind, url, cluster.server.url(DATABASE, "postgres"))


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
