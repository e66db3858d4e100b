"""Who reads the file and who commits to it, in turn: with a rollback journal each waits for the other, and SQLite
itself looks again only after up to 100 ms, whoever waited longest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

LONGEST = 5.0
"""Seconds for which a commit waits here for those who read; then SQLite says that the file is busy."""


class Sharing:
    """Of one process; readers come in together, one commits at a time. With a WAL nobody waits: `in_turn` is false."""

    def __init__(self, in_turn: bool) -> None:
        self.in_turn = in_turn
        self._reading = 0
        self._nobody_reads = asyncio.Event()
        self._nobody_commits = asyncio.Event()
        self._nobody_reads.set()
        self._nobody_commits.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        while self.in_turn and not self._nobody_commits.is_set():
            await self._nobody_commits.wait()
        self._reading += 1
        self._nobody_reads.clear()
        try:
            yield
        finally:
            self._reading -= 1
            if not self._reading:
                self._nobody_reads.set()

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[None]:
        """Whoever comes to read waits until it is over; those who read already are waited for."""
        self._nobody_commits.clear()
        try:
            if self.in_turn:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST):
                        await self._nobody_reads.wait()
            yield
        finally:
            self._nobody_commits.set()
