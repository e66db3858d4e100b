"""The tables, the same on both databases; migrations/ creates them, with triggers and grants."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.db.types import Count, JsonText, Moment, Word

_SQLITE = {"sqlite_strict": True}


def _key(kind: Any = Word) -> Any:
    return Field(primary_key=True, sa_type=kind)


def _word() -> Any:
    return Field(sa_type=Word)


def _maybe(kind: Any = Word) -> Any:
    return Field(default=None, sa_type=kind, nullable=True)


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
        Index("cases_by_reference", "tenant", "case_type", "reference", "id"),
        Index("cases_by_state", "tenant", "state", "case_type"),
        Index("cases_by_creator", "tenant", "creator"),
        Index(
            "cases_by_assignee",
            "tenant",
            "assignee",
            "changed_at",
            "id",
            "state",
            sqlite_where=text("assignee IS NOT NULL"),
            postgresql_where=text("assignee IS NOT NULL"),
        ),
        Index(
            "cases_by_team",
            "tenant",
            "team",
            "changed_at",
            "id",
            "state",
            sqlite_where=text("team IS NOT NULL"),
            postgresql_where=text("team IS NOT NULL"),
        ),
        _SQLITE,
    )
    tenant: str = _key()
    id: str = _key()
    case_type: str = _word()
    definition: str = _word()
    definition_version: int = Field(sa_type=Count)
    reference: str | None = _maybe()
    state: str = _word()
    version: int = Field(sa_type=Count)
    seq: int = Field(sa_type=Count)
    data: dict[str, Any] = Field(sa_type=JsonText)
    creator: str = _word()
    opened_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    last_hash: str = _word()
    memory: dict[str, list[str]] = Field(sa_type=JsonText)
    assignee: str | None = _maybe()
    team: str | None = _maybe()
    urgency: int = Field(sa_type=Count)
    closed_at: datetime | None = _maybe(Moment)


class AuditEntryRow(SQLModel, table=True):
    __tablename__ = "audit_entry"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant", "entry_hash", name="one_entry_per_hash"),
        UniqueConstraint("tenant", "case_id", "case_seq", name="one_entry_per_seq"),
        UniqueConstraint("tenant", "case_id", "case_seq", "target", name="entries_say_where_a_case_went"),
        CheckConstraint("(case_seq IS NULL) = (target IS NULL)", name="a_chained_entry_has_a_target"),
        CheckConstraint("case_seq IS NULL OR case_id IS NOT NULL", name="a_chained_entry_has_a_case"),
        Index(
            "entries_outside_of_chains",
            "tenant",
            "case_id",
            "entry_id",
            sqlite_where=text("case_seq IS NULL"),
            postgresql_where=text("case_seq IS NULL"),
        ),
        _SQLITE,
    )
    tenant: str = _key()
    entry_id: str = _key()
    kind: str = _word()
    at: datetime = Field(sa_type=Moment)
    case_id: str | None = _maybe()
    case_seq: int | None = _maybe(Count)
    source: str | None = _maybe()
    target: str | None = _maybe()
    prev_hash: str | None = _maybe()
    entry_hash: str = _word()
    entry: str = _word()


class AuditPayloadRow(SQLModel, table=True):
    __tablename__ = "audit_payload"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["tenant", "entry_id"], ["audit_entry.tenant", "audit_entry.entry_id"], name="a_value_has_an_entry"
        ),
        _SQLITE,
    )
    tenant: str = _key()
    entry_id: str = _key()
    path: str = _key()
    salt: bytes = Field(sa_type=LargeBinary)
    value: Any = Field(sa_type=JsonText, nullable=False)


class AuditPendingRow(SQLModel, table=True):
    __tablename__ = "audit_pending"
    __table_args__: ClassVar[Any] = (_SQLITE,)
    tenant: str = _key()
    entry_id: str = _key()


class CaseActorRow(SQLModel, table=True):
    __tablename__ = "case_actor"
    __table_args__: ClassVar[Any] = (_SQLITE,)
    tenant: str = _key()
    case_id: str = _key()
    event: str = _key()
    subject: str = _key()


class CaseRoleRow(SQLModel, table=True):
    __tablename__ = "case_role"
    __table_args__: ClassVar[Any] = (Index("cases_of_a_subject", "tenant", "subject", "role", "case_id"), _SQLITE)
    tenant: str = _key()
    case_id: str = _key()
    subject: str = _key()
    role: str = _key()


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"
    __table_args__: ClassVar[Any] = (Index("answers_by_expiry", "expires_at"), _SQLITE)
    tenant: str = _key()
    subject: str = _key()
    key: str = _key()
    fingerprint: str = _word()
    answer: Any = Field(sa_type=JsonText, nullable=False)
    expires_at: datetime = Field(sa_type=Moment)


class DefinitionRow(SQLModel, table=True):
    __tablename__ = "definition"
    __table_args__: ClassVar[Any] = (UniqueConstraint("hash", name="one_definition_per_hash"), _SQLITE)
    case_type: str = _key()
    version: int = _key(Count)
    hash: str = _word()
    text: str = _word()


class PolicyLineRow(SQLModel, table=True):
    __tablename__ = "policy_line"
    __table_args__: ClassVar[Any] = (
        Index("lines_by_added", "added"),
        Index("lines_by_removed", "removed"),
        _SQLITE,
    )
    id: int = Field(primary_key=True, sa_type=Count, sa_column_kwargs={"autoincrement": False})
    kind: str = _word()
    role: str = _word()
    tenant: str = _word()
    obj: str = _word()
    act: str = _word()
    when_: str = _word()
    eft: str = _word()
    source: str | None = _maybe()
    added: int = Field(sa_type=Count)
    removed: int | None = _maybe(Count)


class PolicyFileRow(SQLModel, table=True):
    __tablename__ = "policy_file"
    __table_args__: ClassVar[Any] = (_SQLITE,)
    name: str = _key()
    sha256: str = _word()


class PolicyStateRow(SQLModel, table=True):
    __tablename__ = "policy_state"
    __table_args__: ClassVar[Any] = (CheckConstraint("id = 1", name="one_policy_state"), _SQLITE)
    id: int = Field(primary_key=True, sa_type=Count, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=Count)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


CASES = _table("cases")
ENTRY = _table("audit_entry")
PAYLOAD = _table("audit_payload")
PENDING = _table("audit_pending")
ACTOR = _table("case_actor")
ROLE = _table("case_role")
IDEMPOTENCY = _table("idempotency")
DEFINITION = _table("definition")
POLICY_LINE = _table("policy_line")
POLICY_FILE = _table("policy_file")
POLICY_STATE = _table("policy_state")
