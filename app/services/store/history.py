"""What the page of a case needs of the log and of what was said: the newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.values.json import Json
from app.services.store.stored import StoredEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Entries of a case's chain with `least` <= case_seq < `below`, the newest first; of these kinds alone where some
    are named. The span bounds what is looked at."""

    tenant: str
    case_id: str
    below: int
    least: int
    limit: int
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSet:
    """That an entry gave the value at `path` (such as `/data/iban`); `entry` is its canonical text."""

    path: str
    value: Json
    case_seq: int
    entry_id: str
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpan:
    """Of a case's chain what stands with `after` < case_seq <= `until` and names a path such as `/data/iban`."""

    tenant: str
    case_id: str
    path: str
    after: int
    until: int


class HistoryReads(Protocol):
    async def field_entries(self, span: FieldSpan) -> Sequence[StoredEntry]:
        """In the order of the chain, each with the value at that path alone, where there is one."""
        ...

    async def chain_back(self, back: Back) -> Sequence[StoredEntry]: ...

    async def denied_back(self, tenant: str, case_id: str, before: str | None, limit: int) -> Sequence[StoredEntry]:
        """The refused attempts on a case before an entry id, the newest first."""
        ...

    async def moves(self, tenant: str, case_id: str, least: int) -> Sequence[tuple[str | None, str]]:
        """From where to where the entries from a `case_seq` on led the case, each way once."""
        ...

    async def last_set(
        self, tenant: str, case_id: str, paths: Sequence[str], below: int, least: int
    ) -> Sequence[LastSet]:
        """Of each path the newest entry in the span that gave it a value, where there is one that was not erased."""
        ...
