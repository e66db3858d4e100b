"""Events per second on each path, against a database that writes the same rows with no application before it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import limits, seeded
from bench.harness import Bench, Row, median
from bench.load import Answered, load
from bench.servers import Database, Service, serving

CASE_IDS = "SELECT id FROM cases"
ENTRY_LENGTH = "SELECT max(length(entry)) FROM audit_entry WHERE kind = 'transition'"


@dataclass(frozen=True)
class Ours:
    """A service full of cases, and the requests to send to it."""

    bench: Bench
    service: Service
    requests: seeded.Requests

    def fired(self, requests: Path, connections: int) -> Callable[[], Answered]:
        def run() -> Answered:
            load(self.service.port, requests, connections, self.bench.warm_up)
            return load(self.service.port, requests, connections, self.bench.seconds)

        return run

    def one(self) -> None:
        """Fire for a moment, so that an entry is there to measure."""
        load(self.service.port, self.requests.single, 1, 1)


Limit = Callable[[int], Callable[[], float]]
"""What runs pgbench with a number of clients."""


def postgres(bench: Bench) -> Sequence[Row]:
    """64 connections with an event per request and 8 with a hundred, both against 64 clients of pgbench."""
    with _on_postgres(bench, "events") as (ours, limit):
        single = ours.fired(ours.requests.single, 64)
        bulk = ours.fired(ours.requests.bulk, 8)
        keyed = {} if bench.quick else {"keyed": ours.fired(ours.requests.keyed, 64)}
        seen = bench.interleaved(single=single, pgbench=limit(64), bulk=bulk, **keyed)
    most = median(seen["pgbench"])
    p50, p99 = (median([getattr(one, name) for one in seen["single"]]) for name in ("p50", "p99"))
    rows = [
        _against("PostgreSQL, 64 connections, an event per request, vs pgbench", seen["single"], most, 0.5),
        _against("PostgreSQL, 8 connections, 100 events per request, vs pgbench", seen["bulk"], most, 1.0),
        Row("PostgreSQL, 64 connections, p99 vs p50", p99, p50, "ms", 4, at_least=False),
    ]
    if keyed:
        rows.append(_against("PostgreSQL, 64 connections, with idempotency keys, vs pgbench", seen["keyed"], most))
    return rows


def alone(bench: Bench) -> Sequence[Row]:
    """One connection, one event at a time, against one client of pgbench."""
    with _on_postgres(bench, "alone") as (ours, limit):
        seen = bench.interleaved(ours=ours.fired(ours.requests.single, 1), pgbench=limit(1))
    return [_against("PostgreSQL, one connection, vs pgbench", seen["ours"], median(seen["pgbench"]), 0.25)]


def sqlite(bench: Bench) -> Sequence[Row]:
    """16 connections against a bare loop on a copy of the same file."""
    template = seeded.on_sqlite(bench)
    file, bare = (Path(shutil.copy(template, bench.folder / name)) for name in ("ours.db", "limit.db"))
    url = f"sqlite+aiosqlite:///{file}"
    with _ours(bench, Database(url, url), 1, limits.column(file, CASE_IDS)) as ours:
        ours.one()
        length = int(limits.column(file, ENTRY_LENGTH)[0])
        fired = ours.fired(ours.requests.single, 16)
        seen = bench.interleaved(ours=fired, loop=lambda: limits.loop(bare, length, bench.warm_up, bench.seconds))
    return [_against("SQLite, 16 connections, vs a bare loop", seen["ours"], median(seen["loop"]), 0.5)]


@contextmanager
def _on_postgres(bench: Bench, name: str) -> Iterator[tuple[Ours, Limit]]:
    """Ours with two workers, and pgbench, on two copies of one database."""
    server, template = bench.postgres, seeded.on_postgres(bench)
    full, bare = f"ours_{name}", f"limit_{name}"
    database, _ = server.copy(template, full), server.copy(template, bare)
    with _ours(bench, database, 2, server.run(CASE_IDS, full).split()) as ours:
        ours.one()
        length = int(server.run(ENTRY_LENGTH, full))

        def limit(clients: int) -> Callable[[], float]:
            def run() -> float:
                limits.pgbench(server, bare, clients, length, bench.warm_up)
                return limits.pgbench(server, bare, clients, length, bench.seconds)

            return run

        yield ours, limit
    server.drop(full)
    server.drop(bare)


@contextmanager
def _ours(bench: Bench, database: Database, workers: int, cases: list[str]) -> Iterator[Ours]:
    with serving(database, workers) as service, seeded.requests(bench.folder, service, cases) as requests:
        yield Ours(bench, service, requests)


def _against(what: str, seen: Sequence[Answered], limit: float, target: float | None = None) -> Row:
    """A row of events per second; its note says what generated the load, and whether that was in the way."""
    events = median([one.per_second * one.events for one in seen])
    cores = median([one.generator_cores for one in seen])
    by = "wrk" if seen[0].generator == "wrk" else "our own generator"
    return Row(what, events, limit, "/s", target, note=f"load by {by}, which took {cores:.0%} of a core")
