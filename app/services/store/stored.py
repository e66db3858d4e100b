"""What a store keeps and gives, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.case.case import Case, Surroundings
from app.domain.case.entry import AuditEntry
from app.domain.case.keys import AnswerKey as AnswerKey
from app.domain.case.keys import CaseKey as CaseKey
from app.domain.case.keys import LinkKey as LinkKey
from app.domain.case.made_by_verbs import CaseRole, Row
from app.domain.case.search_text import SearchText
from app.domain.values.json import Json, JsonObject
from app.services.store.policy_lines import PolicyFile as PolicyFile
from app.services.store.policy_lines import PolicyLine as PolicyLine

FileKey = tuple[str, str]  # tenant, id
ClockKey = tuple[str, str, str, int]  # tenant, case id, name, cycle


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """Kept until `expires_at`; `answer` is None where only that a `denied` entry was written is remembered."""

    key: AnswerKey
    fingerprint: str
    answer: JsonObject | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClock:
    """One cycle of an SLA clock: `facts` is its whole state as JSON, the other moments are there to find it by.

    `current` marks the newest cycle of its name on its case. `due_at` is None while it does not run.
    """

    tenant: str
    case_id: str
    name: str
    cycle: int
    case_type: str
    current: bool
    status: str
    due_at: datetime | None
    next_fire_at: datetime | None
    breached_at: datetime | None
    facts: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFiring:
    """That a step fired: its key is unique for ever, and is written with its effect."""

    tenant: str
    case_id: str
    clock: str
    cycle: int
    step: int
    n: int
    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCalendar:
    """One version of a business calendar, from `applies_from` until the next one's.

    `text` is its JSON with holidays as dates, `hash` that of its declaration.
    """

    name: str
    version: int
    hash: str
    applies_from: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What one lock statement returns; `at` is the store's time after the locks were taken, UTC.

    `cases` holds a row per key that exists; `busy` the keys that another process is using right now; `links` those that
    were asked for afterwards and are there.
    """

    at: datetime
    policy_version: int
    cases: Mapping[CaseKey, Case] = field(default_factory=dict)
    surroundings: Mapping[str, Surroundings] = field(default_factory=dict)  # by case id
    answers: Mapping[AnswerKey, StoredAnswer] = field(default_factory=dict)
    clocks: Mapping[str, Sequence[StoredClock]] = field(default_factory=dict)  # the current ones, by case id
    busy: frozenset[AnswerKey] = frozenset()
    links: frozenset[LinkKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Acted:
    """That `subject` fired `event` on a case: what four eyes asks for."""

    tenant: str
    case_id: str
    event: str
    subject: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A case as it is to be, and the `seq` it had when it was locked (None: it is new)."""

    was_seq: int | None
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one transaction writes; `holds`: who has a case role from now on; `search_texts`: one at most for a case."""

    cases: Sequence[Changed] = ()
    entries: Sequence[AuditEntry] = ()
    acted: Sequence[Acted] = ()
    answers: Sequence[StoredAnswer] = ()
    clocks: Sequence[StoredClock] = ()
    firings: Sequence[StoredFiring] = ()
    made: Sequence[Row] = ()
    holds: Mapping[CaseRole, bool] = field(default_factory=dict)
    search_texts: Sequence[SearchText] = ()


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Lines to add and ids of lines to remove, in one new policy version; `file` where a file asked for it.

    With `seeds` the file must be new, else the change is refused: another replica was faster.
    """

    add: Sequence[PolicyLine] = ()
    remove: Sequence[int] = ()
    file: PolicyFile | None = None
    seeds: bool = False


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """One version of a case type: `text` is its canonical JSON, `hash` the SHA-256 of that."""

    case_type: str
    version: int
    hash: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """Which cases a caller may read: the `case:read` lines as one predicate.

    A case is visible if its type is in `types` or `all_types`, or it stands to the caller in a case role that reads
    it; and no deny line hits. Case-relative parts map a bracketed role to the case types it reads, with `*` for all.
    `subject` is the caller's reference.
    """

    subject: str
    all_types: bool = False
    types: frozenset[str] = frozenset()
    by_role: Mapping[str, frozenset[str]] = field(default_factory=dict)
    denied_all: bool = False
    denied_types: frozenset[str] = frozenset()
    denied_by_role: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A case read without a lock, with what a decision on it needs."""

    case: Case
    surroundings: Surroundings
    policy_version: int
    at: datetime
    clocks: Sequence[StoredClock] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An audit entry as it is kept, with the values that were not erased (path -> value)."""

    entry_id: str
    case_seq: int | None
    entry: str
    entry_hash: str
    values: Mapping[str, Json]
