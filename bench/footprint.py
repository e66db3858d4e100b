"""What the service takes: memory as it runs, seconds to start, bytes on disk."""

import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench import seeded
from bench.harness import Bench, Row, Unusable, median
from bench.servers import ROOT, Postgres, serving, sqlite

AT_ONCE = 500
SENDERS = 4
EARLY, LATE = 10_000, 200_000
ON_DISK = 20_000
SIZES = """SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"""


def memory(bench: Bench) -> Sequence[Row]:
    """Resident memory of the worker while events come in batches; every tenth opens a case, one in four has a key."""
    database = bench.postgres.database("memory")
    with serving(database) as service, service.client(service.token()) as client:
        worker = max(service.workers(), key=_resident_mb)  # the announcer may still be there
        sizes = []
        for first, end in ((0, EARLY), (EARLY, LATE)):
            _send(client, [_mixed(number) for number in range(first, end)])
            sizes.append(_resident_mb(worker))
    bench.postgres.drop("memory")
    early, late = sizes
    return [Row("memory of serve after 200,000 events / after 10,000", late, early, "MB", 1.1, at_least=False)]


def start(bench: Bench) -> Sequence[Row]:
    """From the interpreter's start to the end of the import, and from the command to /readyz."""
    imported = bench.interleaved(seconds=_import)["seconds"]
    ready = bench.interleaved(seconds=lambda: _ready(bench.folder / "start.db"))["seconds"]
    return [
        Row("import of app / 2 s", median(imported), 2, "s", 1, at_least=False),
        Row("serve to ready on SQLite / 2 s", median(ready), 2, "s", 1, at_least=False),
    ]


def disk(bench: Bench) -> Sequence[Row]:
    """All tables with their indexes after VACUUM, before and after events on cases that were there."""
    plain, by_table = _per_event(bench, keyed=False)
    keyed, _ = _per_event(bench, keyed=True)
    note = ", ".join(f"{name} {size:,.0f}" for name, size in by_table.items())
    return [
        Row("bytes on disk per event / 3,072", plain, 3072, "B", 1, at_least=False, note=note),
        Row("the same with idempotency keys, which are kept 24 h", keyed, 3072, "B"),
    ]


def _send(client: httpx.Client, attempts: Sequence[Mapping[str, object]]) -> None:
    batches = [attempts[start : start + AT_ONCE] for start in range(0, len(attempts), AT_ONCE)]
    with ThreadPoolExecutor(SENDERS) as pool:
        for answer in pool.map(lambda batch: client.post("/events", json={"attempts": batch}), batches):
            refused = [result for result in answer.raise_for_status().json()["results"] if result["status"] >= 300]
            if refused:
                raise Unusable(f"an event was refused: {refused[0]}")


def _mixed(number: int) -> Mapping[str, object]:
    """An attempt on a case that is opened by the first of its ten, which goes with it in one request."""
    first = number - number % 10
    named = {"case_type": "bench", "reference": f"case {first}"}
    keyed = {"idempotency_key": f"key {number}"} if number % 4 == 0 else {}
    opening = {"event": "open", "data": {"amount": number % 50_000}}
    return {**named, **keyed, **(opening if number == first else seeded.EVENT)}


def _resident_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def _import() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import app.worker"], cwd=ROOT, check=True)
    return time.perf_counter() - began


def _ready(file: Path) -> float:
    with serving(sqlite(file)) as service:
        return service.ready_after


def _per_event(bench: Bench, keyed: bool) -> tuple[float, Mapping[str, float]]:
    """Bytes per event in sum, and of the tables that grew."""
    server, name = bench.postgres, "on_disk"
    database = server.copy(seeded.on_postgres(bench), name)
    cases = server.run("SELECT id FROM cases", name).split()
    chance = random.Random(4)
    before = _sizes(server, name)
    with serving(database) as service, service.client(service.token()) as client:
        keys = [{"idempotency_key": f"key {number}"} if keyed else {} for number in range(ON_DISK)]
        _send(client, [{"case_id": chance.choice(cases), **seeded.EVENT, **key} for key in keys])
    after = _sizes(server, name)
    server.drop(name)
    grown = {table: (size - before[table]) / ON_DISK for table, size in after.items() if size != before[table]}
    return sum(grown.values()), grown


def _sizes(server: Postgres, name: str) -> Mapping[str, int]:
    server.run("VACUUM", name)
    rows = (line.split("|") for line in server.run(SIZES, name).splitlines())
    return {table: int(size) for table, size in rows}
