"""What leaves the house: entries per second of flat formats and a zip, the memory that takes, and verifying."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.generate import generate
from bench.grown import SMALL_CROWD, house
from bench.harness import Bench, Row, Unusable, say
from bench.servers import MACHINES, POLICIES, ROOT, TENANT, Database, environment

FEW = int(os.environ.get("BENCH_EXPORTED", "20000"))
MANY = 10 * FEW
"""Cases; each has some five entries."""
WANTED = {"jsonl": 100_000, "csv": 50_000, "zip": None}
MOST_MB = 300
LOOK_EVERY = 0.05
MOST_US = 10
"""To verify an entry."""


@dataclass(frozen=True)
class Ran:
    seconds: float
    mb: float


def exports(bench: Bench) -> Sequence[Row]:
    """Each as a command of its own, from its start to its end; `few` and ten times as many cases on PostgreSQL."""
    few, many = (_made(bench, name, count) for name, count in (("exported_few", FEW), ("exported_many", MANY)))
    size, rows = _entries(bench, "exported_many"), list[Row]()
    largest = 0.0
    for kind, wanted in WANTED.items():
        ran = [_command(bench, database, "export", "--tenant", TENANT, "--format", kind) for database in (few, many)]
        largest = max(largest, ran[1].mb)
        ours = size / ran[1].seconds
        target = None if wanted is None else 1
        rows.append(Row(f"export of {size:,} entries as {kind}", ours, wanted or ours, "/s", target))
        rows.append(Row(f"memory of {kind}, {MANY:,} cases / {FEW:,}", ran[1].mb, ran[0].mb, "MB", 1.2, at_least=False))
    verified = _command(bench, many, "verify")
    took = verified.seconds / size * 1_000_000
    return [
        *rows,
        Row("memory of the largest export", largest, MOST_MB, "MB", 1, at_least=False),
        Row(f"verify, an entry of {size:,}", took, MOST_US, "us", 1, at_least=False),
        Row("memory of verify", verified.mb, MOST_MB, "MB", 1, at_least=False),
    ]


def _made(bench: Bench, name: str, count: int) -> Database:
    """With its log in order, as the sequencer leaves it."""
    say(f"  generating {count:,} cases")
    database = bench.postgres.database(name)
    asyncio.run(_filled(database, count))
    bench.postgres.run("VACUUM ANALYZE", name)
    return database


async def _filled(database: Database, count: int) -> None:
    async with house(database) as opened:
        await generate(database.url, opened.definitions, opened.policies.engine, TENANT, count, crowd=SMALL_CROWD)
        await opened.ledger.sequence()


def _entries(bench: Bench, name: str) -> int:
    return int(bench.postgres.run(f"SELECT count(*) FROM audit_leaf WHERE tenant = '{TENANT}'", name))


def _command(bench: Bench, database: Database, *words: str) -> Ran:
    """Of the file that the export of the same folder wrote last as a zip, where it verifies."""
    out = str(Path(bench.folder / "exported"))
    began, mb = time.perf_counter(), 0.0
    command = [sys.executable, "-m", "app", *words, out]
    with subprocess.Popen(command, env=environment(database, MACHINES, POLICIES), cwd=ROOT) as running:
        while running.poll() is None:
            mb = max(mb, _most_mb(running.pid))
            time.sleep(LOOK_EVERY)
    if running.returncode not in (0, 3):  # 3: it is signed by nobody
        raise Unusable(f"{words[0]} ended with {running.returncode}")
    return Ran(time.perf_counter() - began, mb)


def _most_mb(pid: int) -> float:
    """The most that a process held so far; what the kernel tells at its end counts the memory of whoever started it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    held = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(held[1]) / 1024 if held else 0.0
