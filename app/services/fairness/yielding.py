"""Give others the event loop in between, where something takes long."""

import asyncio
from collections.abc import Generator
from time import perf_counter
from typing import TypeVar, cast

T = TypeVar("T")

LONGEST = 0.005
"""Seconds; what is done between two looks at the clock comes on top."""


class LoopTurn:
    """Whose turn it is: ours since `__init__`, or since others last had one."""

    def __init__(self) -> None:
        self._since = perf_counter()

    async def give(self) -> None:
        """Let others go first where ours lasts long already."""
        if perf_counter() - self._since >= LONGEST:
            await asyncio.sleep(0)
            self._since = perf_counter()

    async def taking(self, work: Generator[None, None, T]) -> T:
        """What comes of work that yields wherever others may have a turn."""
        while True:
            try:
                next(work)
            except StopIteration as done:
                return cast(T, done.value)
            await self.give()


class Round:
    """For many who are woken by the same: some go on in this round of the loop, the others in the next ones."""

    def __init__(self) -> None:
        self._since: float | None = None

    async def give(self) -> None:
        """Let others go first where those before in this round took long already."""
        while self._since is not None and perf_counter() - self._since >= LONGEST:  # noqa: ASYNC110 - a round it is
            await asyncio.sleep(0)
        if self._since is None:
            self._since = perf_counter()
            asyncio.get_running_loop().call_soon(self._over)

    def _over(self) -> None:
        self._since = None
