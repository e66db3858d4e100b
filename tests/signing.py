"""Logs that are signed: entries in them, a signer, and where it publishes."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from app.db.blobs.checkpoints import CheckpointFolder
from app.domain.log.notes import Checkpoint, SigningKey, signed, text_of
from app.services.log.checkpoints import Checkpoints
from app.services.log.signing import KeysOfSettings, Place, PlaceUnusable, Published
from app.services.store.ports import Store
from app.services.store.stored import Record
from tests.factories import TENANT, a_case, denied

NAME = "cases.example"
KEY = SigningKey.new(NAME)
ORIGIN = f"{NAME}/{TENANT}"


async def recorded(store: Store, count: int, tenant: str = TENANT) -> None:
    """Entries that have no place yet."""
    case = a_case(tenant=tenant)
    async with store.transaction(tenant) as tx:
        await tx.record(Record(entries=[denied(case) for _ in range(count)]))


async def write(store: Store, count: int, tenant: str = TENANT) -> None:
    """Entries, in their places."""
    await recorded(store, count, tenant)
    while await store.sequence(5_000):
        pass


def signer(store: Store, place: Place | Path | None, *keys: SigningKey) -> Checkpoints:
    """A process that signs."""
    folder = CheckpointFolder(place) if isinstance(place, Path) else place
    return Checkpoints(store, KeysOfSettings(keys or [KEY]), folder)


async def free(store: Store) -> None:
    """Let the next signer have its turn."""
    async with store._writing() as connection:
        await connection.execute(text("UPDATE log_signer SET ends_at = NULL WHERE id = 1"))


async def published(folder: Path) -> dict[str, tuple[int, str]]:
    """What somebody finds there who was not there before: the newest of each log."""
    found = await CheckpointFolder(folder).latest()
    return {origin: (one.checkpoint.size, one.note) for origin, one in found.items()}


def note_of(size: int, root: bytes) -> str:
    """What somebody signed with our key."""
    return signed(Checkpoint(ORIGIN, size, root).text(), [KEY])


class Shelf:
    """A place in memory."""

    tells_all = True

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.usable = True

    async def latest(self, origins: Sequence[str] = ()) -> dict[str, Published]:
        self._check()
        found = [Published(Checkpoint.parse(text_of(note)), note) for note in self.notes]
        return {one.checkpoint.origin: one for one in found}

    async def append(self, notes: Sequence[str], at: datetime) -> None:
        self._check()
        self.notes += notes

    def _check(self) -> None:
        if not self.usable:
            raise PlaceUnusable("the share is away")
