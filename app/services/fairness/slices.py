"""What takes long on the loop is done in slices, one at a time of all that is long; its tenants and callers take turns.

After a slice the loop is everybody else's for as long as the slice took: whoever does little waits for one slice, and
not for one of each who does much. While several come, whoever had their share of this second rests longer after each
slice: one caller, however much they send, takes little more than a quarter of the loop, and somebody's page waits for
nothing.
"""

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self

from app.services.fairness.company import Company
from app.services.fairness.fair_queue import Caller, FairQueue
from app.services.fairness.yielding import LONGEST, LoopTurn

SHARE = 0.1
"""Seconds of each second that a caller has before they rest."""
RESTS = 3
"""Times as long as their slice took such a caller rests while others come too."""


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
        self._company: Company[Caller] = Company()
        self._second = 0
        self._had: dict[Caller, float] = {}

    def came(self, caller: Caller) -> None:
        """Somebody is here, whatever they want."""
        self._company.came(caller)

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
                self.over(caller, 0.0)
            raise
        finally:
            self._waiting.withdraw(mine)

    def over(self, caller: Caller, took: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(took, self._rested)
        if self._has_had(caller, took) > SHARE and self._company.several:
            self._waiting.rest(caller)
            loop.call_later(RESTS * took, self._has_rested, caller)

    def _has_had(self, caller: Caller, took: float) -> float:
        """Seconds of the second that runs."""
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second = second
            self._had.clear()
        self._had[caller] = self._had.get(caller, 0.0) + took
        return self._had[caller]

    def _rested(self) -> None:
        self._taken = False
        self._go_on()

    def _has_rested(self, caller: Caller) -> None:
        self._waiting.go_on(caller)
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
            self._slices.over(self._caller, took)
