"""The tables, the same on both databases; migrations/ creates them, with triggers and grants."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, partial, word
from app.db.tables.column_types import Int64, JsonText, Moment


class CaseRow(SQLModel, table=True):
    __tablename__ = "cases"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant", "case_type", "reference", name="one_case_per_reference"),
        ForeignKeyConstraint(
            ["tenant", "id", "seq", "state"],
            ["audit_entry.tenant", "audit_entry.case_id", "audit_entry.case_seq", "audit_entry.target"],
            name="every_state_is_audited",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("cases_by_opened", "tenant", "opened_at", "id", "team", "state"),
        Index("cases_by_changed", "tenant", "changed_at", "id"),
        Index("cases_by_urgency", "tenant", "urgency", "id", "team", "state"),
        Index("cases_by_reference", "tenant", "case_type", "reference", "id", "team", "state"),
        Index("cases_by_state", "tenant", "state", "case_type"),
        Index("cases_by_creator", "tenant", "creator"),
        partial("cases_by_assignee", "tenant", "assignee", "changed_at", "id", "state", where="assignee IS NOT NULL"),
        partial(
            "cases_by_team",
            *("tenant", "team", "changed_at", "id", "state", "urgency", "opened_at"),
            where="team IS NOT NULL",
        ),
        partial("cases_by_due", "tenant", "case_type", "due_at", "id", "team", "state", where="due_at IS NOT NULL"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    case_type: str = word()
    definition: str = word()
    definition_version: int = Field(sa_type=Int64)
    reference: str | None = maybe()
    state: str = word()
    version: int = Field(sa_type=Int64)
    seq: int = Field(sa_type=Int64)
    data: dict[str, Any] = Field(sa_type=JsonText)
    creator: str = word()
    opened_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    last_hash: str = word()
    memory: dict[str, list[str]] = Field(sa_type=JsonText)
    assignee: str | None = maybe()
    team: str | None = maybe()
    urgency: int = Field(sa_type=Int64)
    closed_at: datetime | None = maybe(Moment)
    due_at: datetime | None = maybe(Moment)
    recorded_at: datetime | None = maybe(Moment)


class AuditEntryRow(SQLModel, table=True):
    __tablename__ = "audit_entry"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant", "entry_hash", name="one_entry_per_hash"),
        UniqueConstraint("tenant", "case_id", "case_seq", name="one_entry_per_seq"),
        UniqueConstraint("tenant", "case_id", "case_seq", "target", name="entries_say_where_a_case_went"),
        CheckConstraint("(case_seq IS NULL) = (target IS NULL)", name="a_chained_entry_has_a_target"),
        CheckConstraint("case_seq IS NULL OR case_id IS NOT NULL", name="a_chained_entry_has_a_case"),
        partial("entries_outside_of_chains", "tenant", "case_id", "entry_id", where="case_seq IS NULL"),
        STRICT,
    )
    tenant: str = key()
    entry_id: str = key()
    kind: str = word()
    at: datetime = Field(sa_type=Moment)
    case_id: str | None = maybe()
    case_seq: int | None = maybe(Int64)
    source: str | None = maybe()
    target: str | None = maybe()
    prev_hash: str | None = maybe()
    entry_hash: str = word()
    entry: str = word()


class AuditPayloadRow(SQLModel, table=True):
    __tablename__ = "audit_payload"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["tenant", "entry_id"], ["audit_entry.tenant", "audit_entry.entry_id"], name="a_value_has_an_entry"
        ),
        STRICT,
    )
    tenant: str = key()
    entry_id: str = key()
    path: str = key()
    salt: bytes = Field(sa_type=LargeBinary)
    value: Any = Field(sa_type=JsonText, nullable=False)


class AuditPendingRow(SQLModel, table=True):
    __tablename__ = "audit_pending"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    entry_id: str = key()


class CaseActorRow(SQLModel, table=True):
    __tablename__ = "case_actor"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    case_id: str = key()
    event: str = key()
    subject: str = key()


class CaseRoleRow(SQLModel, table=True):
    __tablename__ = "case_role"
    __table_args__: ClassVar[Any] = (Index("cases_of_a_subject", "tenant", "subject", "role", "case_id"), STRICT)
    tenant: str = key()
    case_id: str = key()
    subject: str = key()
    role: str = key()


class ClockRow(SQLModel, table=True):
    """One cycle of an SLA clock. Only `facts` cannot be found by: the moments are caches of what it says."""

    __tablename__ = "clock"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"], name="a_clock_has_a_case"),
        CheckConstraint("current IN (0, 1)", name="current_is_a_flag"),
        CheckConstraint("next_fire_at IS NULL OR current = 1", name="only_the_newest_cycle_fires"),
        partial("one_current_cycle", "tenant", "case_id", "name", where="current = 1", unique=True),
        partial("clocks_by_next_fire", "next_fire_at", where="next_fire_at IS NOT NULL"),
        partial("clocks_by_status", "case_type", "name", "status", where="status IN ('running', 'paused')"),
        STRICT,
    )
    tenant: str = key()
    case_id: str = key()
    name: str = key()
    cycle: int = key(Int64)
    case_type: str = word()
    current: int = Field(sa_type=Int64)
    status: str = word()
    due_at: datetime | None = maybe(Moment)
    next_fire_at: datetime | None = maybe(Moment)
    breached_at: datetime | None = maybe(Moment)
    facts: Any = Field(sa_type=JsonText, nullable=False)


class FiringRow(SQLModel, table=True):
    __tablename__ = "sla_firing"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["tenant", "case_id", "clock", "cycle"],
            ["clock.tenant", "clock.case_id", "clock.name", "clock.cycle"],
            name="a_firing_has_a_clock",
        ),
        ForeignKeyConstraint(
            ["tenant", "entry_id"], ["audit_entry.tenant", "audit_entry.entry_id"], name="a_firing_has_an_entry"
        ),
        STRICT,
    )
    tenant: str = key()
    case_id: str = key()
    clock: str = key()
    cycle: int = key(Int64)
    step: int = key(Int64)
    n: int = key(Int64)
    entry_id: str = word()


class CalendarRow(SQLModel, table=True):
    __tablename__ = "calendar"
    __table_args__: ClassVar[Any] = (STRICT,)
    name: str = key()
    version: int = key(Int64)
    hash: str = word()
    applies_from: datetime = Field(sa_type=Moment)
    text: str = word()


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"
    __table_args__: ClassVar[Any] = (Index("answers_by_expiry", "expires_at"), STRICT)
    tenant: str = key()
    subject: str = key()
    key: str = key()
    fingerprint: str = word()
    answer: Any = Field(sa_type=JsonText, nullable=False)
    expires_at: datetime = Field(sa_type=Moment)


class DefinitionRow(SQLModel, table=True):
    __tablename__ = "definition"
    __table_args__: ClassVar[Any] = (UniqueConstraint("hash", name="one_definition_per_hash"), STRICT)
    case_type: str = key()
    version: int = key(Int64)
    hash: str = word()
    text: str = word()


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


CASES = _table("cases")
ENTRY = _table("audit_entry")
PAYLOAD = _table("audit_payload")
PENDING = _table("audit_pending")
ACTOR = _table("case_actor")
ROLE = _table("case_role")
CLOCK = _table("clock")
FIRING = _table("sla_firing")
CALENDAR = _table("calendar")
IDEMPOTENCY = _table("idempotency")
DEFINITION = _table("definition")
