"""What reading along needs from a store: the order of the log, and entries in that order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.services.store.may_see import CaseStanding
from app.services.store.stored import StoredEntry, Visible

FROM_THE_FIRST = -1
"""The cursor before the first entry of a tenant, whose leaf index is 0."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry and its place in its tenant's log."""

    leaf_index: int
    case_id: str | None
    entry: StoredEntry


@dataclass(frozen=True, slots=True)
class Placed:
    """A leaf, and how people stand to its case; None where it is about no case that there is."""

    leaf: Leaf
    standing: CaseStanding | None


@dataclass(frozen=True, slots=True)
class Touched:
    """What an entry is of, and about which case."""

    leaf_index: int
    case_id: str | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafQuery:
    """Entries with `after` < leaf index <= `until`, the first `limit` that the caller may read.

    Those of a case: where `visible` or `audits` says so; those of no case: with `administers`.
    """

    tenant: str
    visible: Visible
    administers: bool
    after: int
    until: int
    limit: int
    audits: Visible | None = None


class PolicyLog(Protocol):
    async def policy_entries(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredEntry]:
        """What the tenant's log says of its policy, by entry id and after one, without values."""
        ...


class LogStore(PolicyLog, Protocol):
    """The log in its order. A leaf that is seen has all before it visible: a reader by `leaf_index > last` misses
    nothing, as one by `entry_id > last` would."""

    async def sequence(self, limit: int) -> int:
        """Give the next indexes to entries that have none, up to about `limit` per tenant; how many.

        0 where none waits, or where somebody else is at it.
        """
        ...

    async def log_size(self, tenant: str) -> int:
        """How many entries have an index: the next one's."""
        ...

    async def leaves(self, query: LeafQuery) -> Sequence[Leaf]: ...

    async def case_leaves(self, tenant: str, case_id: str, after: int, limit: int) -> Sequence[Leaf]:
        """All entries about a case, its refused attempts among them."""
        ...

    async def tail(self, tenant: str, after: int, until: int) -> Sequence[Placed]:
        """All entries with `after` < leaf index <= `until`, whoever may read them."""
        ...

    async def touched(self, tenant: str, after: int, limit: int) -> Sequence[Touched]:
        """What the entries after a leaf index are about."""
        ...

    async def listen(self, heard: Callable[[str], None]) -> Callable[[], bool]:
        """Have `heard` called with a tenant whose log has grown; returns what tells whether that still works.

        Raises StoreUnavailable. A store that cannot tell says nothing, for ever: look by yourself now and then.
        """
        ...
