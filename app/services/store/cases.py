"""What services ask of a store about cases, and what a transaction does for those who decide on them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.case.case import Case
from app.domain.case.held_file import HeldFile
from app.services.store.case_query import CaseQuery
from app.services.store.stored import CaseKey, FileKey, Found, LinkKey, Locked, StoredClock, StoredEntry
from app.services.store.transactions import EntryTransaction
from app.services.store.work import Working


class PresentCases(Protocol):
    async def present(self, tenant: str, case_ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids that name a case."""
        ...


class CaseReads(Protocol):
    """One case, and what its log says."""

    async def case(self, key: CaseKey) -> Found | None: ...

    async def entries(
        self, tenant: str, case_id: str, *, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        """A case's chain after `case_seq`, or its `denied` entries after an entry id."""
        ...


class HeldFiles(Protocol):
    async def held_files(self, named: Collection[FileKey], since: datetime) -> Mapping[FileKey, HeldFile]:
        """Those of these files that were sent since a moment, and that no case has."""
        ...


class Unlocked(HeldFiles, Protocol):
    async def unlocked(self, cases: Sequence[CaseKey], links: Sequence[LinkKey]) -> Locked:
        """What a lock of these cases would return now, with those of the links that are there."""
        ...


class CaseLists(Protocol):
    """Pages of cases, and the clocks of a page."""

    async def cases(self, query: CaseQuery) -> Sequence[Case]: ...

    async def clocks(self, tenant: str, case_ids: Sequence[str]) -> Mapping[str, Sequence[StoredClock]]:
        """The current clocks of each of these cases, by name; none where a case has none, or is not there."""
        ...


class CaseTransaction(EntryTransaction, Working, HeldFiles, Protocol):
    async def lock_due(self, limit: int) -> Locked:
        """Lock up to `limit` cases with a clock whose `next_fire_at` has come, oldest first, and return them as `lock`
        does. Cases that somebody else has locked are left out: whoever asks at the same time gets others.

        A clock may have moved on since it was found: look at `clocks` and `at` again.
        """
        ...

    async def recache(self, clocks: Sequence[StoredClock]) -> None:
        """Replace what is cached of clocks that exist (and `facts`); Refused where one does not."""
        ...
