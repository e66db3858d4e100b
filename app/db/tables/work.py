"""The tables of what people do with cases: comments, files, links; and the queues that they claim from."""

from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, partial, word
from app.db.tables.column_types import Int64, JsonText, Moment
from app.db.tables.tables import CASES
from app.domain.case.made_by_verbs import Row
from app.domain.verbs.attaching import AttachmentRow
from app.domain.verbs.commenting import CommentRow
from app.domain.verbs.linking import CaseLink

WAITING = "assignee IS NULL AND closed_at IS NULL"
"""A case that somebody may claim next. Events on cases that somebody has do not touch these indexes."""
IN_TEAM = f"team IS NOT NULL AND {WAITING}"

IN_HAND = "assignee IS NOT NULL AND closed_at IS NULL"
OPEN_IN_TEAM = "team IS NOT NULL AND closed_at IS NULL"
"""Of open cases each is in two at most of the indexes that pages list their work by."""

_IN_ORDER = ("case_type", "urgency", "due_at", "opened_at", "id")


def _of_an_entry(name: str, own: str = "id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", own], ["audit_entry.tenant", "audit_entry.entry_id"], name=name)


class CommentTable(SQLModel, table=True):
    __tablename__ = "comment"
    __table_args__: ClassVar[Any] = (
        _of_an_entry("a_comment_has_an_entry"),
        UniqueConstraint("tenant", "case_id", "case_seq", name="comments_in_order"),
        partial("edits_of_a_comment", "tenant", "edits", "case_seq", where="edits IS NOT NULL"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    case_id: str = word()
    case_seq: int = Field(sa_type=Int64)
    author: str = word()
    written_at: datetime = Field(sa_type=Moment)
    mentions: Any = Field(sa_type=JsonText, nullable=False)
    edits: str | None = maybe()


class BlobTable(SQLModel, table=True):
    """Content by its SHA-256: `upload` names its chunks here, or is null where it stands in a folder.

    `claimed_at` is `kept_at` where whoever kept it last has an upload of the table below, as every release from now on.
    """

    __tablename__ = "blob"
    __table_args__: ClassVar[Any] = (
        partial("blobs_by_upload", "tenant", "upload", where="upload IS NOT NULL"),
        STRICT,
    )
    tenant: str = key()
    sha256: str = key()
    size: int = Field(sa_type=Int64)
    upload: str | None = maybe()
    kept_at: datetime = Field(sa_type=Moment)
    claimed_at: datetime | None = maybe(Moment)


class BlobUploadTable(SQLModel, table=True):
    """An upload that has not ended: the room that it takes until its content is kept, and from then on which one. One
    that has an `owner` is a file that a field may hold, and ends a day later."""

    __tablename__ = "blob_upload"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    upload: str = key()
    size: int = Field(sa_type=Int64)
    sha256: str | None = maybe()
    owner: str | None = maybe()
    file_name: str | None = maybe()
    declared_type: str | None = maybe()
    sniffed_type: str | None = maybe()


class BlobUsageTable(SQLModel, table=True):
    """The bytes of a tenant's contents and uploads, counted by triggers."""

    __tablename__ = "blob_usage"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    size: int = Field(sa_type=Int64)


class BlobScanTable(SQLModel, table=True):
    """Whether somebody looked at a content, from when such looks are asked for; `next_at` is when the next try is."""

    __tablename__ = "blob_scan"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["tenant", "sha256"],
            ["blob.tenant", "blob.sha256"],
            name="a_scan_has_its_content",
            ondelete="CASCADE",
        ),
        partial("scans_waiting", "next_at", where="state = 'unchecked'"),
        STRICT,
    )
    tenant: str = key()
    sha256: str = key()
    state: str = word()
    kept_at: datetime = Field(sa_type=Moment)
    next_at: datetime = Field(sa_type=Moment)
    tries: int = Field(sa_type=Int64)
    looked_at: datetime | None = maybe(Moment)
    found: str | None = maybe()


class BlobChunkTable(SQLModel, table=True):
    __tablename__ = "blob_chunk"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    upload: str = key()
    n: int = key(Int64)
    content: bytes = Field(sa_type=LargeBinary)


class AttachmentTable(SQLModel, table=True):
    __tablename__ = "attachment"
    __table_args__: ClassVar[Any] = (
        _of_an_entry("an_attachment_has_an_entry"),
        ForeignKeyConstraint(["tenant", "sha256"], ["blob.tenant", "blob.sha256"], name="an_attachment_has_its_bytes"),
        UniqueConstraint("tenant", "case_id", "case_seq", name="attachments_in_order"),
        Index("attachments_by_content", "tenant", "sha256"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    case_id: str = word()
    case_seq: int = Field(sa_type=Int64)
    author: str = word()
    attached_at: datetime = Field(sa_type=Moment)
    sha256: str = word()
    size: int = Field(sa_type=Int64)
    declared_type: str = word()
    sniffed_type: str | None = maybe()
    category: str | None = maybe()


class CaseLinkTable(SQLModel, table=True):
    __tablename__ = "case_link"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"], name="a_link_has_a_case"),
        ForeignKeyConstraint(["tenant", "to_id"], ["cases.tenant", "cases.id"], name="a_link_has_a_far_end"),
        STRICT,
    )
    tenant: str = key()
    case_id: str = key()
    type: str = key()
    to_id: str = key()
    author: str = word()
    linked_at: datetime = Field(sa_type=Moment)


def _queue(name: str, *columns: Any, where: str) -> Index:
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


C = CASES.c
_WAITING_IN_ORDER = tuple(C[column] for column in _IN_ORDER)
_DUE_IN_ORDER = (C.due_at, C.urgency.desc(), C.opened_at, C.id)

_queue("cases_waiting", C.tenant, *_WAITING_IN_ORDER, where=WAITING)
_queue("cases_waiting_in_team", C.tenant, C.team, *_WAITING_IN_ORDER, where=IN_TEAM)
_queue("cases_of_nobody", C.tenant, C.case_type, *_DUE_IN_ORDER, where=WAITING)
_queue("cases_in_hand", C.tenant, C.assignee, *_DUE_IN_ORDER, C.case_type, where=IN_HAND)
_queue("cases_open_in_team", C.tenant, C.team, *_DUE_IN_ORDER, C.case_type, where=OPEN_IN_TEAM)

COMMENT, BLOB, CHUNK, ATTACHMENT, LINK = (
    SQLModel.metadata.tables[name] for name in ("comment", "blob", "blob_chunk", "attachment", "case_link")
)
UPLOAD, USAGE, SCAN = (SQLModel.metadata.tables[name] for name in ("blob_upload", "blob_usage", "blob_scan"))


class Made(NamedTuple):
    """Where one kind of what verbs make is kept; with `once` a row that is there already stays as it is."""

    kind: type[Row]
    table: Table
    once: bool = False


MADE = (Made(CommentRow, COMMENT), Made(AttachmentRow, ATTACHMENT), Made(CaseLink, LINK, once=True))
"""Both databases write them by this alone; the columns are the fields of the row."""
