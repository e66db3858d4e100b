"""What signing costs: events per second with checkpoints and without, and a proof in a log that is there already."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.db import open_store
from app.domain.log.notes import SigningKey
from app.services.log import tiling
from bench import seeded
from bench.harness import Bench, Row, median
from bench.servers import TENANT, Database, serving
from bench.throughput import CASE_IDS, Ours

PROOFS = 200
PATIENCE = 300
SIGNED = f"SELECT count(*) FROM audit_checkpoint WHERE tenant = '{TENANT}'"
MOST_MS = 5.0


def signing(bench: Bench) -> Sequence[Row]:
    """Two services on copies of one database, both idle while the other is measured."""
    key, published = SigningKey.new("bench"), bench.folder / "checkpoints"
    with (
        _ours(bench, "unsigned") as (unsigned, _),
        _ours(bench, "signed", signing_key=key.written(), checkpoints=str(published)) as (signed, database),
    ):
        _until_signed(bench)
        seen = bench.interleaved(
            unsigned=unsigned.fired(unsigned.requests.single, 64), signed=signed.fired(signed.requests.single, 64)
        )
        size, took = asyncio.run(_proofs(database))
    per_second = {name: median([one.per_second * one.events for one in of]) for name, of in seen.items()}
    return [
        Row("events, 64 connections, signed / unsigned", per_second["signed"], per_second["unsigned"], "/s", 0.95),
        Row(f"an inclusion proof in a log of {size:,} entries", took, MOST_MS, "ms", 1, at_least=False),
    ]


@contextmanager
def _ours(bench: Bench, name: str, **settings: str) -> Iterator[tuple[Ours, Database]]:
    server, folder = bench.postgres, Path(bench.folder / name)
    folder.mkdir()
    database = server.copy(seeded.on_postgres(bench), name)
    cases = server.run(CASE_IDS, name).split()
    with serving(database, 2, **settings) as service, seeded.requests(folder, service, cases) as requests:
        yield Ours(bench, service, requests), database
    server.drop(name)


def _until_signed(bench: Bench) -> None:
    """The tiles of what is there are made beside the service first."""
    until = time.monotonic() + PATIENCE
    while int(bench.postgres.run(SIGNED, "signed")) == 0:
        if time.monotonic() > until:
            raise TimeoutError("nothing was signed")
        time.sleep(0.5)


async def _proofs(database: Database) -> tuple[int, float]:
    """The size of the log, and the median of some proofs in milliseconds: reading the tiles and hashing."""
    store, draw, took = open_store(database.url), random.Random(1), []
    checkpoint = await store.checkpoint(TENANT)
    assert checkpoint is not None
    for _ in range(PROOFS):
        began = time.perf_counter()
        await tiling.path(store, TENANT, draw.randrange(checkpoint.size), checkpoint.size)
        took.append((time.perf_counter() - began) * 1000)
    await store.close()
    return checkpoint.size, median(took)
