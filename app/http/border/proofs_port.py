"""What the HTTP border needs of what proves the log, what notes who reads it, and what tells of one field."""

from typing import Protocol

from app.domain.case.attempt import Actor
from app.services.log.field_history import FieldPage
from app.services.log.proofs import Consistency, Proven
from app.services.store.log_tree import StoredCheckpoint


class ProofsPort(Protocol):
    """`log` is the tenant whose log it is, or that of the service. Each raises NotFound, also to those who may not read
    it."""

    async def entry(self, actor: Actor, log: str, *, entry_id: str = "", entry_hash: str = "") -> Proven: ...

    async def checkpoint(self, actor: Actor, log: str, size: int | None = None) -> StoredCheckpoint: ...

    async def consistency(self, actor: Actor, log: str, first: int, second: int) -> Consistency:
        """Raises Invalid where there is no such size, or the first is above the second."""
        ...


class NotedReadsPort(Protocol):
    async def note(self, actor: Actor, route: str) -> None:
        """Write down that the actor reads the log of their tenant; raises StoreUnavailable."""
        ...


class FieldHistoryPort(Protocol):
    async def read(self, actor: Actor, case_id: str, name: str, after: int, limit: int) -> FieldPage:
        """Raises NotFound, and Invalid for a field that the case neither has nor ever had."""
        ...
