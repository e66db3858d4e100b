"""The values that a decision is made of: a case, who acts, what is attempted, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.domain.policy.scope import Scope
from app.domain.values.errors import CaseError, Reason

if TYPE_CHECKING:
    from app.domain.case.made_by_verbs import Work
    from app.domain.clocks.after_event import Turned
    from app.domain.deciding.verb import Verb

Json = Any
Data = dict[str, Json]

ANYONE = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody acted for: a reference, and roles where the caller gave some."""

    id: str
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls, as the border authenticated it. `id` is `user:NAME`, `service:NAME` or `system:NAME`."""

    tenant: str
    id: str
    roles: frozenset[str] = frozenset()
    authenticated: str = "jwt"
    scope: Scope | None = None


class Opens(StrEnum):
    """Whether an attempt opens a case: by POST /cases, by reference in a batch, or not at all."""

    NEVER = "never"
    ALWAYS = "always"
    IF_ABSENT = "if_absent"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key and the SHA-256 of the canonical call and body."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An actor trying an event now, or with `verb` a built-in verb in place of an event.

    The case is named by `case_id`, or by `case_type` and `reference`. `entry_id` and `new_case_id` are
    UUID v7 given at the border, so that deciding needs no source of ids.
    """

    actor: Actor
    event: str | None
    entry_id: str
    new_case_id: str
    request_id: str
    opens: Opens = Opens.NEVER
    case_id: str | None = None
    case_type: str | None = None
    reference: str | None = None
    data: Data | None = None
    payload: Data | None = None
    reason: str | None = None
    if_version: int | None = None
    occurred_at: datetime | None = None
    on_behalf_of: Principal | None = None
    idempotency: Idempotency | None = None
    verb: "Verb | None" = None

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def acting(self) -> str:
        """The reference that decides: the one acted for, else the caller."""
        return self.on_behalf_of.id if self.on_behalf_of else self.actor.id

    def happened(self, at: datetime) -> datetime:
        """When what is recorded at `at` happened: what is told of the future has not."""
        return at if self.occurred_at is None else min(self.occurred_at, at)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands after `seq` entries. `state` joins the active leaves with `+` in declaration order; `memory`
    holds, by state path, the leaves that were active in it when it was last left; `rounds` is what four eyes compares;
    `definition` is the hash it was opened under; `last_hash` that of its newest entry; `due_at` the earliest due moment
    of its running clocks. `opened_at`, `changed_at` and `closed_at` are when it happened, `recorded_at` when its newest
    entry was written: only that keeps entries in order.
    """

    tenant: str
    id: str
    case_type: str
    definition: str
    definition_version: int
    reference: str | None
    state: str
    version: int
    seq: int
    data: Data
    creator: str
    opened_at: datetime
    changed_at: datetime
    recorded_at: datetime
    last_hash: str
    memory: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    assignee: str | None = None
    team: str | None = None
    urgency: int = 0
    closed_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.state.split("+"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision on a case needs besides the case.

    `roles`: subject -> case roles given on this case, in brackets; `acted`: event -> who ever fired it here
    (only events that some four-eyes rule of the definition names).
    """

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    acted: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says: `rule` is the line that decided (CSV text), `policy` the hash in force."""

    allowed: bool
    rule: str | None
    policy: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An audit entry before it is sealed: what happened, without hashes and salts.

    `fields` maps RFC 6901 pointers (`/data/iban`, `/payload/note`, `/reason`) to values that stand in the
    entry only as commitments. `case_seq`, `source` and `target` are None where the entry is not part of a
    case's chain.
    """

    kind: str
    tenant: str
    entry_id: str
    at: datetime
    body: Mapping[str, Json]
    fields: Mapping[str, Json] = field(default_factory=dict)
    case_id: str | None = None
    case_seq: int | None = None
    source: str | None = None
    target: str | None = None
    prev: str | None = None


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """One value behind a commitment: the only part of the log that can be erased."""

    path: str
    salt: bytes
    value: Json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A sealed entry: `entry` is the exact canonical text, `entry_hash` SHA-256(0x00 || entry) in hex."""

    draft: Draft
    entry: str
    entry_hash: str
    payload: tuple[PayloadRow, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the caller keeps to expose a later omission."""

    entry_id: str
    case_seq: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An event that applied: the case as it is now and the sealed entry that says so.

    `readable` is False where the caller lacks `case:read`, so that the answer leaves the case out. `turned` is what
    the event did to the clocks, `work` what a verb made besides.
    """

    case: Case
    entry: AuditEntry
    opened: bool
    readable: bool = True
    turned: "Turned | None" = None
    work: "Work | None" = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that did not apply: the error for the caller and, for some codes, a `denied` entry."""

    error: CaseError
    entry: AuditEntry | None = None
