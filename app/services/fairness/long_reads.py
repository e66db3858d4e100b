"""Reads that take long: so many of a tenant at a time, the others in their turn, and no more than find a place."""

from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.domain.case.attempt import Actor
from app.services.fairness.limits import USUAL
from app.services.fairness.places import Places

AT_ONCE = 1
"""Of one tenant: what is read is decoded on the loop, a portion at a time, and others wait for each portion."""


@dataclass
class Gate:
    """Of one tenant, while somebody reads or waits."""

    free: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))
    here: int = 0


class Reads:
    def __init__(self, most: int = USUAL.reads) -> None:
        self.places = Places(most, "long reads")
        self._gates: dict[str, Gate] = {}

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[None]:
        """Wait for a turn. Raises Unavailable where the caller or the tenant has too many already."""
        with self.places.taking((actor.tenant, actor.id)):
            gate = self._gates.setdefault(actor.tenant, Gate())
            gate.here += 1
            try:
                async with gate.free:
                    yield
            finally:
                gate.here -= 1
                if not gate.here:
                    del self._gates[actor.tenant]
