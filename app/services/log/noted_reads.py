"""That somebody reads the tenant's log is an entry of it: one per reader, route and hour, the first at once."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.domain.case.attempt import Actor
from app.domain.case.sealing import canonical
from app.domain.values.names import is_system_account
from app.services.entries.actors import actor_json
from app.services.entries.writing import entry_of, write
from app.services.store.failures import Refused
from app.services.store.transactions import NotingTransaction, Transactions

KIND: Final = "read"
HOUR: Final = timedelta(hours=1)
MOST: Final = 20_000
"""Reads that a process remembers to have noted; forgetting one costs a look at the database."""
Read = tuple[str, str, str]
"""Tenant, subject, route."""


class NotedReads:
    """The id of such an entry follows from what it says, so that of all processes one writes it."""

    def __init__(self, store: Transactions[NotingTransaction], clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._until: dict[Read, float] = {}
        self._noting: dict[Read, asyncio.Task[None]] = {}

    async def note(self, actor: Actor, route: str) -> None:
        """Before anything is read. Raises StoreUnavailable: what cannot be noted is not to be read."""
        read = (actor.tenant, actor.id, route)
        now = self._clock()
        if is_system_account(actor.id) or self._until.get(read, now) > now:
            return
        noting = self._noting.get(read)
        if noting is None:
            noting = self._noting[read] = asyncio.create_task(self._note(read, actor, route, now))
        # whoever goes meanwhile leaves it to the others, who come by hundreds where somebody opens streams
        await asyncio.shield(noting)

    async def _note(self, read: Read, actor: Actor, route: str, now: float) -> None:
        try:
            left = await self._noted(actor, route)
        finally:
            del self._noting[read]
        self._until[read] = now + left.total_seconds()
        if len(self._until) > MOST:
            self._until = {one: until for one, until in self._until.items() if until > now}
        if len(self._until) > MOST:
            self._until.clear()

    async def _noted(self, actor: Actor, route: str) -> timedelta:
        """How much is left of the hour, which is the database's: clocks of processes differ."""
        left = timedelta()
        try:
            async with self._store.transaction(actor.tenant) as tx:
                at = (await tx.lock([], [])).at
                hour = at.replace(minute=0, second=0, microsecond=0)
                left = hour + HOUR - at
                name = entry_id(actor, route, hour)
                if not await tx.has_entry(actor.tenant, name):
                    who = actor_json(actor, actor.roles)
                    says = {"route": route}
                    await write(tx, entry_of(KIND, actor.tenant, at, actor=who, says=says, entry_id=name))
        except Refused:
            pass  # another process was faster
        return left


def entry_id(actor: Actor, route: str, hour: datetime) -> str:
    """A UUID v7 of the hour (RFC 9562, 5.7), with a hash in place of chance."""
    digest = hashlib.sha256(b"stateward-read/1\0" + canonical([actor.tenant, actor.id, route])).digest()
    chance = int.from_bytes(digest[:10], "big")
    version, variant = 0x7 << 76, 0b10 << 62
    first, rest = (chance >> 62 & 0xFFF) << 64, chance & (1 << 62) - 1
    return str(UUID(int=int(hour.timestamp() * 1000) << 80 | version | first | variant | rest))
