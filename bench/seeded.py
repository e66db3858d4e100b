"""Databases full of benchmark cases, opened through the product so that their log verifies."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from bench import load
from bench.harness import Bench, Unusable, say
from bench.servers import Database, Service, serving, sqlite

CASES = 20_000
CASES_ON_SQLITE = 5_000
AT_ONCE = 500
IN_BULK = 100
EVENT = {"event": "step", "payload": {"note": "hello there"}}


@dataclass(frozen=True)
class Requests:
    """Files of requests against one service: an event each, the same with idempotency keys, and 100 at a time."""

    single: Path
    keyed: Path
    bulk: Path


def on_postgres(bench: Bench) -> str:
    """The name of a database with CASES cases that nobody is connected to, made once per run; copy it."""
    name = "seeded"
    if name not in bench.kept:
        _fill(bench.postgres.database(name), CASES, workers=2)
        bench.postgres.run("VACUUM ANALYZE", name)
        bench.kept[name] = name
    return name


def on_sqlite(bench: Bench) -> Path:
    """A file with CASES_ON_SQLITE cases that nobody has open, made once per run; copy it."""
    file = bench.folder / "seeded.db"
    if "seeded.db" not in bench.kept:
        _fill(sqlite(file), CASES_ON_SQLITE)
        bench.kept["seeded.db"] = file
    return file


@contextmanager
def requests(folder: Path, service: Service, cases: list[str]) -> Iterator[Requests]:
    token = service.token()
    chance = random.Random(3)

    def fired(case: str, keyed: bool = False) -> bytes:
        return load.request(service.port, token, f"/cases/{case}/events", EVENT, keyed)

    def together() -> bytes:
        attempts = [{"case_id": case, **EVENT} for case in chance.sample(cases, IN_BULK)]
        return load.request(service.port, token, "/events", {"attempts": attempts})

    files = Requests(*(folder / f"requests-{service.port}-{kind}" for kind in ("single", "keyed", "bulk")))
    load.write(files.single, [fired(case) for case in cases])
    load.write(files.keyed, [fired(case, keyed=True) for case in cases])
    load.write(files.bulk, [together() for _ in range(200)])
    yield files
    for file in (files.single, files.keyed, files.bulk):
        file.unlink()


def _fill(database: Database, cases: int, workers: int = 1) -> None:
    say(f"opening {cases:,} cases")
    with serving(database, workers) as service, service.client(service.token()) as client, ThreadPoolExecutor(4) as at:
        parts = [range(start, start + AT_ONCE) for start in range(1, cases + 1, AT_ONCE)]
        list(at.map(partial(_open, client), parts))


def _open(client: httpx.Client, numbers: range) -> None:
    attempts = [
        {"case_type": "bench", "reference": str(number), "event": "open", "data": {"amount": number}}
        for number in numbers
    ]
    answer = client.post("/events", json={"attempts": attempts}).raise_for_status()
    refused = [result for result in answer.json()["results"] if result["status"] != httpx.codes.CREATED]
    if refused:
        raise Unusable(f"a case did not open: {refused[0]}")
