"""A file of a case as it is kept, and what its entry says of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.domain.case.case import Case
from app.domain.case.held_file import HeldFile
from app.domain.case.made_by_verbs import Row
from app.domain.values.json import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow(Row):
    """A file of a case; its name stands behind the entry with the same id, its bytes under their SHA-256."""

    id: str
    case_id: str
    case_seq: int
    author: str
    attached_at: datetime
    sha256: str
    size: int
    declared_type: str
    sniffed_type: str | None
    category: str | None = None

    @classmethod
    def of(cls, file: HeldFile, case: Case, author: str, at: datetime, category: str | None) -> Self:
        """Once its entry is the newest of the case."""
        return cls(
            tenant=case.tenant,
            id=file.id,
            case_id=case.id,
            case_seq=case.seq,
            author=author,
            attached_at=at,
            sha256=file.sha256,
            size=file.size,
            declared_type=file.declared_type,
            sniffed_type=file.sniffed_type,
            category=category,
        )


def attachment_json(file: HeldFile, category: str | None) -> JsonObject:
    """What an entry says of a file; its name is a value behind it."""
    names = ("sha256", "size", "declared_type", "sniffed_type")
    told: dict[str, Json] = {name: getattr(file, name) for name in names}
    return told if category is None else {**told, "category": category}
