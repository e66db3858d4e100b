"""What exports that are asked for by the API need of a store: the jobs, who makes them, and the bytes in pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from app.domain.values.json import Json, JsonObject

SIDECAR: Final = -1
"""The number of the piece that stands beside the file: what it is, signed."""
PIECE: Final = 256 * 1024
"""Bytes of each piece of a file but its last."""
State = Literal["asked", "queued", "making", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """An export that somebody asked for. `who` is how the log names them, `tree_size` of how many entries it is;
    of these `looked_at` were gone through, and `entries` are in the file."""

    tenant: str
    id: str
    subject: str
    who: Json
    format: str
    filter: JsonObject
    state: State
    asked_at: datetime
    ends_at: datetime
    tree_size: int = 0
    looked_at: int = 0
    entries: int = 0
    size: int = 0
    tries: int = 0
    sha256: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRoom:
    """How many a person and a tenant may have that are not made yet, how many a tenant keeps, and how many bytes."""

    of_a_person: int
    of_a_tenant: int
    kept: int
    bytes: int


class NoRoomForExport(Exception):
    """The message says of what there are too many; `stays`: until somebody removes some."""

    def __init__(self, message: str, *, stays: bool = False) -> None:
        super().__init__(message)
        self.stays = stays


class KeptExports(Protocol):
    async def add_export(self, job: ExportJob, room: ExportRoom) -> None:
        """Asked for, and not to be made yet: forgotten soon unless it is queued. `asked_at` and `ends_at` are the
        store's. Raises NoRoomForExport."""
        ...

    async def queue_export(
        self, tenant: str, export: str, tree_size: int, asked_at: datetime, keep: timedelta
    ) -> None: ...

    async def export_job(self, tenant: str, export: str) -> ExportJob | None:
        """Not one that was stopped or whose time is over."""
        ...

    async def export_jobs(self, tenant: str, subject: str, after: str | None, limit: int) -> Sequence[ExportJob]:
        """Somebody's, the newest first, before one; those that `export_job` gives."""
        ...

    async def export_piece(self, tenant: str, export: str, attempt: int, n: int) -> bytes | None: ...

    async def stop_export(self, tenant: str, export: str) -> None:
        """It is forgotten afterwards, by `forget_exports`."""
        ...

    async def forget_exports(self) -> int:
        """A portion of those that were stopped, or whose time is over; how many rows went."""
        ...


class MadeExports(Protocol):
    async def waiting_exports(self) -> Sequence[tuple[str, str]]:
        """(tenant, id) of those that nobody makes now; first those of tenants for whom nothing is made."""
        ...

    async def take_export(self, tenant: str, export: str, holder: str, lease: timedelta) -> ExportJob | None:
        """To be made by the holder; None where somebody else was faster."""
        ...

    async def go_on_export(self, job: ExportJob, holder: str, looked_at: int, lease: timedelta) -> bool:
        """How far it is; false where it was stopped, or somebody else makes it by now."""
        ...

    async def export_room(self, tenant: str) -> int:
        """How many bytes of exports the tenant keeps."""
        ...

    async def add_export_piece(self, job: ExportJob, n: int, content: bytes) -> None:
        """Raises Refused where the export is gone."""
        ...

    async def end_export(self, job: ExportJob, holder: str, keep: timedelta) -> bool:
        """As the job says: done, failed, or queued once more; false where it is somebody else's."""
        ...


class ExportJobStore(KeptExports, MadeExports, Protocol): ...
