"""What the services need from a store and a policy, derived from what they call."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from app.domain.case import Case, Policy
from app.services.log_store import LogStore
from app.services.stored import (
    AnswerKey,
    CaseKey,
    CaseQuery,
    ClockKey,
    Found,
    Locked,
    PolicyChange,
    PolicyFile,
    PolicyLine,
    Record,
    StoredCalendar,
    StoredClock,
    StoredDefinition,
    StoredEntry,
    Visible,
)


class Refused(Exception):
    """The database refused a record: a key that exists, a case that moved on, a constraint. Nothing was written."""


class StoreUnavailable(Exception):
    """The database cannot be reached, or took too long."""


class Transaction(Protocol):
    """One write transaction: lock, decide outside, record once."""

    async def lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked: ...

    async def lock_due(self, limit: int) -> Locked:
        """Lock up to `limit` cases with a clock whose `next_fire_at` has come, oldest first, and return them as `lock`
        does. Cases that somebody else has locked are left out: whoever asks at the same time gets others.

        A clock may have moved on since it was found: look at `clocks` and `at` again.
        """
        ...

    async def record(self, record: Record) -> None:
        """Write everything or raise Refused. The only function that changes a case.

        A clock that is there is replaced. Where a new cycle begins, the one before is in the record too, no longer
        `current`. A firing that is there is refused.
        """
        ...

    async def recache(self, clocks: Sequence[StoredClock]) -> None:
        """Replace what is cached of clocks that exist (and `facts`); Refused where one does not."""
        ...

    async def change_policy(self, change: PolicyChange) -> int:
        """Apply a change under the policy lock and return the new policy version."""
        ...

    async def add_definition(self, case_type: str, digest: str, text: str) -> tuple[StoredDefinition, bool]:
        """Store a definition under the next version of its case type, and whether it is new."""
        ...

    async def add_calendar(
        self, name: str, digest: str, text: str, applies_from: datetime
    ) -> tuple[StoredCalendar, bool]:
        """Store a calendar as the next version of its name, unless the newest one has this hash; whether it is new."""
        ...


class Store(LogStore, Protocol):
    """A database with the schema of migrations/. SQLite and PostgreSQL pass one conformance suite."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Commits on leaving; raises Refused or StoreUnavailable where the commit fails."""
        ...

    async def case(self, key: CaseKey) -> Found | None: ...

    async def cases(self, query: CaseQuery) -> Sequence[Case]: ...

    async def clocks(self, tenant: str, case_ids: Sequence[str]) -> Mapping[str, Sequence[StoredClock]]:
        """The current clocks of each of these cases, by name; none where a case has none, or is not there."""
        ...

    async def cycles(self, tenant: str, case_id: str) -> Sequence[StoredClock]:
        """All cycles of all clocks of a case, by name and number."""
        ...

    async def every_clock(self, after: ClockKey | None, limit: int) -> Sequence[StoredClock]:
        """A page of all cycles of all clocks of all tenants, in the order of their keys."""
        ...

    async def clock_counts(self) -> Sequence[tuple[str, str, str, int]]:
        """How many clocks run or are paused: (case type, name, status, count)."""
        ...

    async def next_due(self) -> tuple[datetime | None, datetime]:
        """The earliest `next_fire_at` of all, and the store's time."""
        ...

    async def calendars(self) -> Sequence[StoredCalendar]:
        """Every version, by name and number."""
        ...

    async def entries(
        self, tenant: str, case_id: str, *, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        """A case's chain after `case_seq`, or its `denied` entries after an entry id."""
        ...

    async def policy_version(self) -> int: ...

    async def policy_lines(self, since: int | None = None) -> Sequence[PolicyLine]:
        """The lines in force; with `since`, every line added or removed after that version."""
        ...

    async def policy_files(self) -> Sequence[PolicyFile]: ...

    async def definitions(self, hashes: Sequence[str] | None = None) -> Sequence[StoredDefinition]: ...

    async def forget_answers(self) -> int:
        """Delete idempotency answers that have expired; returns how many."""
        ...

    async def problems(self) -> Sequence[str]:
        """Why the store is not ready: unreachable, or an old schema. Empty: ready."""
        ...

    async def warnings(self) -> Sequence[str]:
        """What an operator should know of a store that is ready all the same."""
        ...

    def details(self) -> dict[str, str]:
        """What `/readyz` tells of the store: its kind and versions."""
        ...

    async def close(self) -> None: ...


class PolicyEngine(Policy, Protocol):
    """The policy in memory (app/policy), which follows the lines of the store."""

    version: int

    def load(self, lines: Sequence[PolicyLine], version: int) -> None:
        """A whole build, at start only."""
        ...

    def apply(self, changed: Sequence[PolicyLine], version: int) -> None:
        """Lines that were added or removed after `self.version`."""
        ...

    def visible(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:read` lines as one predicate."""
        ...
