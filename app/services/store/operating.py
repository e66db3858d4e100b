"""What a process that runs asks of its store, whatever it is about."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from app.services.process.gauges import Connections


class Operating(Protocol):
    def together(self, *tenants: str) -> AbstractAsyncContextManager[None]:
        """Meanwhile the task that asks, and those that it starts, read about these tenants over one connection, as far
        as the database can, and what was committed when the first of it was read. It is for what follows at once."""
        ...

    async def forget_answers(self) -> int:
        """Delete idempotency answers that have expired; returns how many."""
        ...

    async def problems(self) -> Sequence[str]:
        """Why the store is not ready: unreachable, or an old schema. Empty: ready."""
        ...

    async def warnings(self) -> Sequence[str]:
        """What an operator should know of a store that is ready all the same."""
        ...

    def connections(self) -> Connections:
        """How many connections of this process are in use."""
        ...

    def details(self) -> dict[str, str]:
        """What `/readyz` tells of the store: its kind and versions."""
        ...

    async def close(self) -> None: ...
