"""Events per second on each path, against a database that writes the same rows with no application at all."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import seeded
from bench.harness import Bench, Row, Unusable, median
from bench.load import Answered, load
from bench.servers import LOGIN, ROOT, Database, Postgres, Service, serving

EVENT_SQL = ROOT / "bench" / "pgbench" / "event.sql"
SERVICE_ROLE = "-c role=stateward_service -c jit=off"
ENTRY_LENGTH = "SELECT max(length(entry)) FROM audit_entry WHERE kind = 'transition'"
MEASURED_BY = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Side:
    """Ours: a service with its cases, and the requests to send."""

    bench: Bench
    service: Service
    requests: seeded.Requests

    def fire(self, requests: Path, connections: int) -> Callable[[], Answered]:
        def run() -> Answered:
            load(self.service.port, requests, connections, self.bench.warm_up)
            return load(self.service.port, requests, connections, self.bench.seconds)

        return run


def postgres(bench: Bench) -> Sequence[Row]:
    """64 connections with one event per request, 8 with a hundred, both against 64 clients of pgbench."""
    with _on_postgres(bench, "events") as (ours, limit):
        seen = bench.interleaved(
            single=ours.fire(ours.requests.single, 64),
            pgbench=limit(64),
            bulk=ours.fire(ours.requests.bulk, 8),
            keyed=ours.fire(ours.requests.keyed, 64),
        )
    single, bulk, keyed = (_rate(seen[name]) for name in ("single", "bulk", "keyed"))
    most = median(seen["pgbench"])
    p50, p99 = (median([getattr(one, name) for one in seen["single"]]) for name in ("p50", "p99"))
    note = _generated(seen["single"])
    return [
        Row("PostgreSQL, 64 connections, an event per request, vs pgbench", single, most, "/s", 0.5, note=note),
        Row("PostgreSQL, 8 connections, 100 events per request, vs pgbench", bulk * seeded.IN_BULK, most, "/s", 1.0),
        Row("PostgreSQL, 64 connections, p99 vs p50", p99, p50, "ms", 4, at_least=False),
        Row("PostgreSQL, 64 connections, with idempotency keys, vs pgbench", keyed, most, "/s"),
    ]


def alone(bench: Bench) -> Sequence[Row]:
    """One connection, one event at a time, against one client of pgbench."""
    with _on_postgres(bench, "alone") as (ours, limit):
        seen = bench.interleaved(ours=ours.fire(ours.requests.single, 1), pgbench=limit(1))
    most = median(seen["pgbench"])
    return [Row("PostgreSQL, one connection, vs pgbench", _rate(seen["ours"]), most, "/s", 0.25)]


def sqlite(bench: Bench) -> Sequence[Row]:
    """16 connections against a bare loop on a copy of the same file."""
    template = seeded.on_sqlite(bench)
    ours, limit = (Path(shutil.copy(template, bench.folder / name)) for name in ("ours.db", "limit.db"))
    url = f"sqlite+aiosqlite:///{ours}"
    with _side(bench, Database(url, url), 1, _cases(ours)) as side:
        fired = side.fire(side.requests.single, 16)
        length = _entry_length_of_one(side, lambda: _value(ours, ENTRY_LENGTH))
        seen = bench.interleaved(ours=fired, loop=lambda: _loop(limit, bench.seconds, length))
    return [Row("SQLite, 16 connections, vs a bare loop", _rate(seen["ours"]), median(seen["loop"]), "/s", 0.5)]


@contextmanager
def _on_postgres(bench: Bench, name: str) -> Iterator[tuple[Side, Callable[[int], Callable[[], float]]]]:
    """Ours with two workers, and what gives a run of pgbench for a number of clients, on two equal databases."""
    server, template = bench.postgres, seeded.on_postgres(bench)
    ours = server.copy(template, f"ours_{name}")
    limit = f"limit_{name}"
    server.copy(template, limit)
    cases = server.run("SELECT id FROM cases", f"ours_{name}").split()
    with _side(bench, ours, 2, cases) as side:
        length = _entry_length_of_one(side, lambda: server.run(ENTRY_LENGTH, f"ours_{name}"))

        def of(clients: int) -> Callable[[], float]:
            def run() -> float:
                pgbench(server, limit, clients, bench.warm_up, length)
                return pgbench(server, limit, clients, bench.seconds, length)

            return run

        yield side, of
    for made in (f"ours_{name}", limit):
        server.drop(made)


@contextmanager
def _side(bench: Bench, database: Database, workers: int, cases: list[str]) -> Iterator[Side]:
    with (
        serving(database, workers) as service,
        seeded.requests(bench.folder, service, cases) as requests,
    ):
        yield Side(bench, service, requests)


def pgbench(server: Postgres, database: str, clients: int, seconds: float, entry_length: int) -> float:
    """Events per second that PostgreSQL takes with no application before it."""
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(max(1, round(seconds)))]
    variables = ["-D", f"cases={seeded.CASES}", "-D", f"entry_length={entry_length}"]
    where = ["-h", server.socket_folder, "-U", LOGIN, database]
    done = subprocess.run(
        [server.programs / "pgbench", *words, *variables, "-f", EVENT_SQL, *where],
        env=os.environ | {"PGOPTIONS": SERVICE_ROLE},
        capture_output=True,
        text=True,
        check=False,
    )
    failed, measured = FAILED.search(done.stdout), MEASURED_BY.search(done.stdout)
    if done.returncode or not measured or not failed or failed[1] != "0":
        raise Unusable(f"pgbench ended with {done.returncode}: {done.stdout}{done.stderr}")
    return float(measured[1])


def _loop(file: Path, seconds: float, entry_length: int) -> float:
    words = [sys.executable, "-m", "bench.sqlite_loop", str(file), str(seconds), str(entry_length)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unusable(f"the loop on SQLite ended with {done.returncode}: {done.stderr}")
    return float(done.stdout)


def _entry_length_of_one(side: Side, length: Callable[[], str]) -> int:
    """Fire one event and see how long its entry is, so that the limit writes as many bytes."""
    load(side.service.port, side.requests.single, 1, 1)
    return int(length())


def _rate(seen: Sequence[Answered]) -> float:
    return median([one.per_second for one in seen])


def _generated(seen: Sequence[Answered]) -> str:
    cores = median([one.generator_cores for one in seen])
    return f"load by {'wrk' if seen[0].generator == 'wrk' else 'our own generator'}, which took {cores:.0%} of a core"


def _cases(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return [row[0] for row in connection.execute("SELECT id FROM cases")]
    finally:
        connection.close()


def _value(file: Path, sql: str) -> str:
    connection = sqlite3.connect(file)
    try:
        return str(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()
