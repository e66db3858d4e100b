"""Add a file to a case: its bytes are kept already, under their SHA-256."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.domain.case.case import Case
from app.domain.case.made_by_verbs import Row, Work
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import invalid
from app.domain.values.json import JsonObject
from app.domain.values.media_types import contradicts
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import is_text

LONGEST_NAME = 255
UNSEEN = "0" * 64
"""The SHA-256 of a file that has not come yet, where it is asked whether one may be attached at all."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach(Verb):
    """`declared_type` is what the sender says the file is, `sniffed_type` what its first bytes say, where they do."""

    file_name: str
    sha256: str
    size: int
    declared_type: str
    sniffed_type: str | None
    act: ClassVar[str] = "case:attach"
    doing: ClassVar[str] = "attach files to this case"
    name: ClassVar[str] = "attach"

    def done(self, here: OnCase) -> Done:
        if not 0 < len(self.file_name) <= LONGEST_NAME or not is_text(self.file_name):
            raise invalid("file_name", f"must be 1 to {LONGEST_NAME} characters")
        if not self.sha256:
            raise invalid("body", "was not received: it would have been refused when it came; send it again")
        self.check_type(self.sniffed_type)
        attachment: JsonObject = {
            "sha256": self.sha256,
            "size": self.size,
            "declared_type": self.declared_type,
            "sniffed_type": self.sniffed_type,
        }
        return Done(
            kind="attachment", case=here.case, body={"attachment": attachment}, fields={"/file_name": self.file_name}
        )

    def check_type(self, sniffed_type: str | None) -> None:
        """Raises Invalid where the first bytes are not of the declared type."""
        if contradicts(self.declared_type, sniffed_type):
            raise invalid("Content-Type", f"says {self.declared_type}, but the file does not begin like one")

    def work(self, here: OnCase, case: Case) -> Work:
        attempt = here.attempt
        row = AttachmentRow(
            tenant=case.tenant,
            id=attempt.entry_id,
            case_id=case.id,
            case_seq=case.seq,
            author=attempt.acting,
            attached_at=here.at,
            sha256=self.sha256,
            size=self.size,
            declared_type=self.declared_type,
            sniffed_type=self.sniffed_type,
        )
        shown = {
            "id": row.id,
            "file_name": self.file_name,
            "author": row.author,
            "attached_at": rfc3339(row.attached_at),
            "size": row.size,
            "sha256": row.sha256,
            "declared_type": row.declared_type,
            "sniffed_type": row.sniffed_type,
        }
        return Work(rows=(row,), shown=shown)
