"""What a built-in verb makes besides an entry: rows of comments, files, case roles and links."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.values.json import Json


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment; its text stands behind the entry with the same id. `edits` is the comment that it says anew."""

    tenant: str
    id: str
    case_id: str
    case_seq: int
    author: str
    written_at: datetime
    mentions: tuple[str, ...]
    edits: str | None


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file of a case; its name stands behind the entry with the same id, its bytes under their SHA-256."""

    tenant: str
    id: str
    case_id: str
    case_seq: int
    author: str
    attached_at: datetime
    sha256: str
    size: int
    declared_type: str
    sniffed_type: str | None


@dataclass(frozen=True, slots=True)
class CaseRole:
    """That a subject has a role, in brackets, on one case."""

    tenant: str
    case_id: str
    subject: str
    role: str


@dataclass(frozen=True, slots=True)
class CaseLink:
    """That one case stands to another as `type` says; the other case has a row with the inverse type."""

    tenant: str
    case_id: str
    type: str
    to_id: str
    author: str
    linked_at: datetime


Row = CommentRow | AttachmentRow | CaseLink


@dataclass(frozen=True, slots=True)
class Work:
    """What a verb makes. `shown` is what its answer shows, in place of the case where there is any.

    `other` is the far end of a link, and the entry in that case's own chain.
    """

    rows: tuple[Row, ...] = ()
    given: tuple[CaseRole, ...] = ()
    taken: tuple[CaseRole, ...] = ()
    other: tuple[Case, AuditEntry] | None = None
    shown: Json = None
