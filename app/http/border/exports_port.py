"""What the HTTP border needs of who makes exports."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from app.domain.case.attempt import Actor
from app.services.log.export_filter import ExportFilter
from app.services.store.export_jobs import ExportJob


class ExportsPort(Protocol):
    """One's own; each but `ask` and `list` raises NotFound for those of others."""

    async def ask(self, actor: Actor, wanted: ExportFilter, format: str, request_id: str) -> ExportJob:  # noqa: A002
        """Raises Denied, Invalid, TooMany, OverQuota."""
        ...

    async def read(self, actor: Actor, export: str) -> ExportJob: ...

    async def file(self, actor: Actor, export: str, request_id: str) -> ExportJob:
        """One that is made. Raises Denied where the actor may not export that any more."""
        ...

    async def sidecar(self, actor: Actor, export: str, request_id: str) -> bytes:
        """Of one that is made and does not prove itself. Raises Denied as above."""
        ...

    async def list(self, actor: Actor, after: str | None, limit: int) -> Sequence[ExportJob]: ...

    async def drop(self, actor: Actor, export: str) -> None: ...

    def pieces(self, job: ExportJob, first: int, until: int) -> AsyncIterator[bytes]: ...
