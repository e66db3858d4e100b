"""Cases and their log in bulk: what the product decided once, written a million times by set-based SQL.

The database computes ids, times, salts, commitments and hashes of each case itself, so that every entry verifies; all
constraints and triggers see every row, which is written under the service's role.
"""

import asyncio
from collections.abc import Iterator, Sequence

import asyncpg
from sqlalchemy.engine import make_url

from app.db.connections.engines import SERVICE
from app.db.connections.row_security import entering
from app.services.definitions.definitions import Definitions
from app.services.store.policy import PolicyEngine
from bench.pattern import CROWD, Crowd, statement
from bench.stories import STORIES, told

CHUNK = 10_000
LANES = 2
"""Connections that write side by side; the machine that the limits are for has two cores."""


async def generate(
    url: str,
    definitions: Definitions,
    engine: PolicyEngine,
    tenant: str,
    count: int,
    first: int = 1,
    seed: int = 1,
    crowd: Crowd = CROWD,
) -> None:
    """Write cases number `first` to `first + count - 1` of the seeded sequence.

    `url` logs in with a role that may act as the service; the definitions must be published there.
    """
    stories = [told(story, tenant, definitions, engine) for story in STORIES]
    chosen = seed, crowd
    ends = [sum(one.story.share for one in stories[: place + 1]) for place in range(len(stories))]
    assert ends[-1] == 1000, "the shares are of a thousand"
    statements = [statement(one, end - one.story.share, end, *chosen) for one, end in zip(stories, ends, strict=True)]
    chunks = iter([(low, min(low + CHUNK, first + count) - 1) for low in range(first, first + count, CHUNK)])
    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(_write(url, tenant, statements, chunks))


async def connect(url: str) -> "asyncpg.Connection":
    """A bare connection to where a URL of ours points, over TCP or a socket in a folder."""
    parsed = make_url(url)
    host = str(parsed.query.get("host") or parsed.host)
    return await asyncpg.connect(
        host=host, port=parsed.port, user=parsed.username, password=parsed.password, database=parsed.database
    )


async def _write(url: str, tenant: str, statements: Sequence[str], chunks: Iterator[tuple[int, int]]) -> None:
    connection = await connect(url)
    try:
        # The rows are checked like any others; only the wait for the disk is left out.
        await connection.execute(f"SET ROLE {SERVICE}; SET synchronous_commit = off; SET jit = off")
        for low, high in chunks:
            async with connection.transaction():
                await connection.execute(entering([tenant]))
                for written in statements:
                    await connection.execute(written, low, high)
    finally:
        await connection.close()
