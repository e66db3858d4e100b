"""What the tree over the log needs from a store: hashes of leaves, full tiles, checkpoints, one signer at a time."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.log.tiles import Tile
from app.domain.values.json import Json
from app.services.store.may_see import CaseStanding
from app.services.store.stored import StoredEntry


@dataclass(frozen=True, slots=True)
class Head:
    """How long the log of a tenant is, and how much of it the newest checkpoint is about."""

    tenant: str
    size: int
    signed: int


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile with its 256 hashes and the root over them, which is a hash of the level above."""

    level: int
    index: int
    hashes: bytes
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A checkpoint that was signed: `note` is its exact text with signatures."""

    tenant: str
    size: int
    root: bytes
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry, its place where it has one, and how people stand to its case; None where it is about no case."""

    leaf_index: int | None
    case_id: str | None
    entry: StoredEntry
    standing: CaseStanding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLeaf:
    """An entry as its row has it; `before` is the hash of the one before it in its case, None where there is none."""

    leaf_index: int
    entry_id: str
    kind: str
    case_id: str | None
    case_seq: int | None
    source: str | None
    target: str | None
    prev_hash: str | None
    entry_hash: str
    entry: str
    before: str | None


class TreeReads(Protocol):
    async def tiles(self, tenant: str, wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
        """The hashes of each, of one moment. Those of full tiles are kept, those of others read from below.

        Raises KeyError where one is not there."""
        ...

    async def checkpoint(self, tenant: str, size: int | None = None) -> StoredCheckpoint | None:
        """The one of this size, or the newest."""
        ...

    async def entry_named(self, tenant: str, *, entry_id: str = "", entry_hash: str = "") -> FoundEntry | None: ...

    async def said(self, tenant: str, kind: str, limit: int) -> Sequence[str]:
        """The newest entries of a kind that belong to no case, as they are sealed, the oldest first; also those
        without a place."""
        ...


class TreeStore(TreeReads, Protocol):
    async def heads(self, after: str, limit: int) -> Sequence[Head]:
        """Of all tenants that have a log, by name and after one."""
        ...

    async def tiles_kept(self, tenant: str, level: int) -> int:
        """How many full tiles are kept: there are no gaps."""
        ...

    async def tiles_below(self, tenant: str, level: int, first: int, count: int) -> Sequence[bytes]:
        """The hashes of full tiles that are not kept yet, from what stands below them."""
        ...

    async def keep_tiles(self, tenant: str, tiles: Sequence[FullTile]) -> None:
        """Those that are there already stay."""
        ...

    async def keep_checkpoints(self, checkpoints: Sequence[StoredCheckpoint]) -> None:
        """Those that are there already stay."""
        ...

    async def hold_signing(self, holder: str, seconds: float) -> datetime | None:
        """The time, where it is this holder's turn to sign for so long; None where it is somebody else's."""
        ...

    async def tell_signing(self, problem: str | None) -> None:
        """Let all processes know why nothing is signed, or that all is well."""
        ...

    async def signing_stands(self) -> tuple[str | None, float]:
        """Why something is not signed, and for how many seconds it has been nobody's turn (0 where it is somebody's, or
        nobody ever signed)."""
        ...

    async def departures(self, tenant: str, limit: int) -> Sequence[str]:
        """The newest entries by which an operator said that a backup was restored, as they are sealed."""
        ...


@dataclass(frozen=True, slots=True)
class SaltedValue:
    """What stands behind a commitment of an entry."""

    entry_id: str
    path: str
    salt: bytes
    value: Json


class CheckStore(TreeStore, Protocol):
    """What checks the log of the live database asks besides."""

    async def leaves_to_check(self, tenant: str, first: int, limit: int) -> Sequence[CheckedLeaf]:
        """From a place on, in order."""
        ...

    def salted(self, tenant: str, entry_ids: Sequence[str]) -> AsyncIterator[Sequence[SaltedValue]]:
        """The values of these entries, a portion at a time; all of an entry are in one."""
        ...

    async def without_place(self, tenant: str) -> int:
        """How many entries have none, and do not wait for one."""
        ...

    async def full_tiles(self, tenant: str, level: int, first: int, count: int) -> Sequence[FullTile]: ...

    async def checkpoint_after(self, tenant: str, size: int) -> StoredCheckpoint | None: ...

    async def case_keys(self, after: tuple[str, str] | None, limit: int) -> Sequence[tuple[str, str]]:
        """(tenant, id) of every case of every tenant, in that order."""
        ...
