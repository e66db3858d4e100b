"""What the services need from a store and a policy, derived from what they call."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from app.domain.case.case import Case
from app.domain.policy.port import Policy
from app.services.process.gauges import Connections
from app.services.store.callers import KeyId, Settled, Spending, StoredKey
from app.services.store.case_query import CaseQuery
from app.services.store.definitions import DefinitionReads
from app.services.store.failures import Refused as Refused
from app.services.store.failures import StoreUnavailable as StoreUnavailable
from app.services.store.history import HistoryReads
from app.services.store.log import LogStore
from app.services.store.people import PeopleChanges, PeopleStore
from app.services.store.policy_lines import LineQuery
from app.services.store.saved_views import SavedViews
from app.services.store.scans import ScanStore
from app.services.store.search import Searching
from app.services.store.stored import (
    AnswerKey,
    CaseKey,
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
from app.services.store.work import Blobs, Working, WorkReads


class Transaction(Working, PeopleChanges, Protocol):
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

    async def lock_policy(self) -> int:
        """The policy version, which nobody else changes until this transaction ends."""
        ...

    async def note_policy_file(self, file: PolicyFile) -> None:
        """Remember the hash of a file whose lines are in force as they are."""

    async def change_policy(self, change: PolicyChange) -> int:
        """Apply a change under the policy lock and return the new policy version."""
        ...

    async def add_api_key(self, key: StoredKey) -> None: ...

    async def revoke_api_key(self, tenant: str, key_id: str, by: str, at: datetime) -> tuple[StoredKey | None, bool]:
        """The key as it is from now on, and whether that is new; None where there is none."""
        ...

    async def add_definition(self, case_type: str, digest: str, text: str) -> tuple[StoredDefinition, bool]:
        """Store a definition under the next version of its case type, and whether it is new."""
        ...

    async def add_calendar(
        self, name: str, digest: str, text: str, applies_from: datetime
    ) -> tuple[StoredCalendar, bool]:
        """Store a calendar as the next version of its name, unless the newest one has this hash; whether it is new."""
        ...


class Store(
    WorkReads, SavedViews, HistoryReads, Blobs, ScanStore, LogStore, Searching, DefinitionReads, PeopleStore, Protocol
):
    """A database with the schema of migrations/. SQLite and PostgreSQL pass one conformance suite."""

    def transaction(self, *tenants: str) -> AbstractAsyncContextManager[Transaction]:
        """About these tenants: PostgreSQL shows and takes no others' rows, but what `lock_due` finds.
        Commits on leaving; raises Refused or StoreUnavailable where the commit fails."""
        ...

    async def case(self, key: CaseKey) -> Found | None: ...

    async def present(self, tenant: str, case_ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids that name a case."""
        ...

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

    async def cases_without_clocks(
        self, definitions: Sequence[str], after: tuple[str, str] | None, limit: int
    ) -> Sequence[tuple[str, str]]:
        """A page of cases (tenant, id) of these definitions that have no clock, in the order of their keys."""
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

    async def policy_page(self, query: LineQuery) -> Sequence[PolicyLine]: ...

    async def policy_lines_named(self, tenant: str, ids: Sequence[int]) -> Sequence[PolicyLine]:
        """Those of these lines that are in force and hold in the tenant."""
        ...

    async def policy_files(self) -> Sequence[PolicyFile]: ...

    async def api_keys(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredKey]:
        """A page of all keys of a tenant, by id."""
        ...

    async def live_api_keys(self, keys: Sequence[KeyId]) -> tuple[Mapping[KeyId, StoredKey], datetime]:
        """Those that are there, not expired and not revoked, and the store's time. Never from a replica."""
        ...

    async def note_api_key_uses(self, uses: Mapping[KeyId, datetime]) -> None: ...

    async def settle_rates(self, spendings: Sequence[Spending]) -> Sequence[Settled]:
        """Add what was spent to the buckets that all share, and return them."""
        ...

    async def forget_rates(self) -> None:
        """Delete the buckets that are full."""
        ...

    async def forget_answers(self) -> int:
        """Delete idempotency answers that have expired; returns how many."""
        ...

    async def problems(self) -> Sequence[str]:
        """Why the store is not ready: unreachable, or an old schema. Empty: ready."""
        ...

    async def warnings(self) -> Sequence[str]:
        """What an operator should know of a store that is ready all the same."""
        ...

    def connections(self) -> Connections:
        """How many connections of this process are in use."""
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

    def changed(self, add: Sequence[PolicyLine], remove: Sequence[PolicyLine]) -> "PolicyEngine":
        """The policy as these lines would make it, for questions that are asked at once; the live one stays."""
        ...

    def holders(self, tenant: str, roles: frozenset[str]) -> Iterable[str]:
        """The users that `g` lines give one of these roles itself in a tenant; with `*` among them, any role."""
        ...

    def roles_about(self, tenant: str, case_type: str) -> frozenset[str]:
        """Every role that a line about a case type names, and those that include one."""
        ...

    def including(self, roles: frozenset[str]) -> frozenset[str]:
        """These roles and every role that includes one of them."""
        ...

    def holds(self, line: PolicyLine) -> bool:
        """Whether a line that says the same, with the same tenant, is in force."""
        ...

    def faults(self, line: PolicyLine) -> Sequence[tuple[str, str]]:
        """What is wrong with a line taken alone: the field of PolicyLine, and a sentence."""

    def auditable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:audit` lines as one predicate over cases."""
        ...

    def claimable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:claim` lines as one predicate."""
        ...
