"""Read what is new in a tenant's log once for all who wait for it."""

import asyncio
from collections.abc import Sequence

from app.services.policy.policies import Policies
from app.services.store.log import LogStore, Placed

FRESH = 0.5
"""Seconds for which one read serves all: whoever comes later, such as a slow reader, reads anew."""


class Tails:
    """Who reads by it asks the policy afterwards; it has caught up with the database since the read."""

    def __init__(self, store: LogStore, policies: Policies) -> None:
        self._store = store
        self._policies = policies
        self._reads: dict[tuple[str, int, int], asyncio.Task[Sequence[Placed]]] = {}

    async def of(self, tenant: str, after: int, until: int) -> Sequence[Placed]:
        """The entries with `after` < leaf index <= `until`, each with how people stand to its case."""
        key = (tenant, after, until)
        if key not in self._reads:
            self._reads[key] = asyncio.create_task(self._read(*key))
            asyncio.get_running_loop().call_later(FRESH, self._reads.pop, key)
        reading = self._reads[key]
        if reading.done():
            return reading.result()
        return await asyncio.shield(reading)  # one who hangs up takes nothing from the others

    async def _read(self, tenant: str, after: int, until: int) -> Sequence[Placed]:
        found = await self._store.tail(tenant, after, until)
        await self._policies.refresh()  # afterwards: no entry that is younger than a revocation
        return found
