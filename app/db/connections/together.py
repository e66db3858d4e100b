"""What a page reads, over one connection and of one moment: for each read alone, taking a connection, beginning and
ending cost more than the read."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(eq=False, kw_only=True)
class Together:
    """Of a store, about these tenants. A connection takes one question at a time, whoever of a page asks."""

    store: object
    tenants: frozenset[str]
    connection: AsyncConnection
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    over: bool = False
    told: dict[Hashable, Any] = field(default_factory=dict)
    """What was answered already: of one moment, the same question has the same answer."""


_NOW: ContextVar[Together | None] = ContextVar("read together", default=None)


def lasting(store: object, tenants: Sequence[str]) -> Together | None:
    """What the task that asks is reading together, where that is of this store and about these tenants too."""
    now = _NOW.get()
    if now is None or now.over:
        return None
    return now if now.store is store and now.tenants.issuperset(tenants) else None


@asynccontextmanager
async def read_together(store: object, tenants: Sequence[str], connection: AsyncConnection) -> AsyncIterator[None]:
    """For the task that is in it and those that it starts. Whoever of these is still asking at the end is waited for,
    and whoever asks later has a connection of their own."""
    now = Together(store=store, tenants=frozenset(tenants), connection=connection)
    before = _NOW.set(now)
    try:
        yield
    finally:
        with suppress(ValueError):  # a task of its own sends the answer, and ends it: over it is for all of them
            _NOW.reset(before)
        async with now.turn:
            now.over = True
