"""What takes long on the loop is done in slices, one at a time of all that is long; its tenants and callers take turns.

After a slice the loop is everybody else's for as long as the slice took: whoever does little waits for one slice, and
not for one of each who does much.
"""

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self

from app.services.fairness.fair_queue import Caller, FairQueue
from app.services.fairness.yielding import LONGEST, LoopTurn


@dataclass(eq=False)
class _Waiting:
    caller: Caller
    size: int = 1
    begins: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Slices:
    """Of one loop. Who has the turn does not wait for anything else meanwhile: nobody else has one."""

    def __init__(self) -> None:
        self._waiting: FairQueue[_Waiting] = FairQueue()
        self._taken = False

    def of(self, caller: Caller, small: bool = False) -> "Slice":
        """Work of a caller; what is `small` begins at once and waits only where it turns out to take long."""
        return Slice(self, caller, small)

    async def turn(self, caller: Caller) -> None:
        """Wait for a slice; `over` ends it."""
        mine = _Waiting(caller)
        self._waiting.put(mine)
        self._go_on()
        try:
            await mine.begins
        except asyncio.CancelledError:
            if mine.begins.done() and not mine.begins.cancelled():
                self.over(0.0)
            raise
        finally:
            self._waiting.withdraw(mine)

    def over(self, took: float) -> None:
        asyncio.get_running_loop().call_later(took, self._rested)

    def _rested(self) -> None:
        self._taken = False
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._taken:
            [(mine, _)] = self._waiting.deal(1)
            if not mine.begins.done():
                self._taken = True
                mine.begins.set_result(None)


class Slice(LoopTurn):
    """`async with` work that is long, with a `give` between its parts."""

    def __init__(self, slices: Slices, caller: Caller, small: bool) -> None:
        super().__init__()
        self._slices = slices
        self._caller = caller
        self._mine = not small

    async def __aenter__(self) -> Self:
        if self._mine:
            await self._slices.turn(self._caller)
        self._since = perf_counter()
        return self

    async def give(self) -> None:
        """Wait for another slice where this one took long already."""
        took = perf_counter() - self._since
        if took < LONGEST:
            return
        self._end(took)
        await self._slices.turn(self._caller)
        self._mine = True
        self._since = perf_counter()

    async def __aexit__(self, *_: object) -> None:
        self._end(perf_counter() - self._since)

    def _end(self, took: float) -> None:
        if self._mine:
            self._mine = False
            self._slices.over(took)
