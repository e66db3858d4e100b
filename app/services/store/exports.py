"""What an export asks of the store: the log page by page, with the salts and values behind its commitments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.values.json import Json
from app.services.store.definitions import StoredDefinitions
from app.services.store.log_tree import StoredCheckpoint
from app.services.store.policy import PolicyLines
from app.services.store.transactions import EntryTransaction, Transactions


@dataclass(frozen=True, slots=True)
class ExportedLeaf:
    """An entry at its place: the exact text, and the hash that was kept with it."""

    leaf_index: int
    entry: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class ExportedValue:
    """One value behind a commitment, with the salt that proves it."""

    leaf_index: int
    path: str
    salt: bytes
    value: Json


class LogPages(StoredDefinitions, PolicyLines, Protocol):
    async def log_size(self, tenant: str) -> int: ...

    async def exported_leaves(
        self, tenant: str, first: int, until: int, limit: int, cases: Sequence[str] = ()
    ) -> Sequence[ExportedLeaf]:
        """Those with `first` <= leaf index < `until`, in their order: at most so many, and of 4 MB or one at least.

        Of some cases alone, where any are named: refused attempts on them too.
        """
        ...

    async def exported_lines(
        self, tenant: str, first: int, until: int, limit: int, cases: Sequence[str] = ()
    ) -> Sequence[str]:
        """The same as JSON, each an object of `leaf_index`, `entry_hash`, `entry` and `values` by path: texts as they
        are kept, which the database puts together."""
        ...

    async def exported_hashes(self, tenant: str, first: int, until: int) -> Sequence[ExportedLeaf]:
        """Of all of these leaves, without the texts."""
        ...

    async def exported_sizes(self, tenant: str, leaves: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Of each of these leaves that has values: its index, how many they are, how many characters as JSON."""
        ...

    async def exported_values(self, tenant: str, leaves: Sequence[int]) -> Sequence[ExportedValue]:
        """By leaf index and path."""
        ...

    async def checkpoint(self, tenant: str, size: int | None = None) -> StoredCheckpoint | None:
        """The one of this size, or the newest."""
        ...

    async def said(self, tenant: str, kind: str, limit: int) -> Sequence[str]:
        """The newest entries of a kind that belong to no case, as they are sealed, the oldest first."""
        ...

    async def exported_checkpoints(self, tenant: str, until: int, most: int) -> Sequence[StoredCheckpoint]:
        """By size: the newest of at most `until` entries, and others that are spread over the log."""
        ...


class ExportStore(LogPages, Transactions[EntryTransaction], Protocol): ...
