"""Add a file to a case: its bytes are kept already, under their SHA-256."""

from dataclasses import dataclass, replace
from typing import ClassVar

from app.domain.case.attachment import AttachmentRow as AttachmentRow
from app.domain.case.attachment import attachment_json
from app.domain.case.case import Case
from app.domain.case.files import counted
from app.domain.case.held_file import HeldFile
from app.domain.case.made_by_verbs import Work
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import invalid
from app.domain.values.json import Json
from app.domain.values.media_types import contradicts
from app.domain.values.names import NAME
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import is_text

LONGEST_NAME = 255
UNSEEN = "0" * 64
"""The SHA-256 of a file that has not come yet, where it is asked whether one may be attached at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach(Verb):
    """`declared_type` is what the sender says the file is, `sniffed_type` what its first bytes say, where they do;
    `category` what it is for, by which guards count it."""

    file_name: str
    sha256: str
    size: int
    declared_type: str
    sniffed_type: str | None
    category: str | None = None
    act: ClassVar[str] = "case:attach"
    doing: ClassVar[str] = "attach files to this case"
    name: ClassVar[str] = "attach"

    def done(self, here: OnCase) -> Done:
        self.check_name()
        if self.category is not None and not NAME.fullmatch(self.category):
            raise invalid("category", "must be a name in small letters, digits and underscores, such as passport")
        if not self.sha256:
            raise invalid("body", "was not received: it would have been refused when it came; send it again")
        self.check_type(self.sniffed_type)
        case = here.case
        if self.category is not None:
            case = replace(case, files=counted(case.files, self.category))
        return Done(
            kind="attachment",
            case=case,
            body={"attachment": attachment_json(self._file(here), self.category)},
            fields={"/file_name": self.file_name},
        )

    def check_name(self) -> None:
        if not 0 < len(self.file_name) <= LONGEST_NAME or not is_text(self.file_name):
            raise invalid("file_name", f"must be 1 to {LONGEST_NAME} characters")

    def check_type(self, sniffed_type: str | None) -> None:
        """Raises Invalid where the first bytes are not of the declared type."""
        if contradicts(self.declared_type, sniffed_type):
            raise invalid("Content-Type", f"says {self.declared_type}, but the file does not begin like one")

    def work(self, here: OnCase, case: Case) -> Work:
        row = AttachmentRow.of(self._file(here), case, here.attempt.acting, here.at, self.category)
        shown: dict[str, Json] = {
            "id": row.id,
            "file_name": self.file_name,
            "author": row.author,
            "attached_at": rfc3339(row.attached_at),
            "size": row.size,
            "sha256": row.sha256,
            "declared_type": row.declared_type,
            "sniffed_type": row.sniffed_type,
        }
        if row.category is not None:
            shown["category"] = row.category
        return Work(rows=(row,), shown=shown)

    def _file(self, here: OnCase) -> HeldFile:
        attempt = here.attempt
        return HeldFile(
            tenant=attempt.tenant,
            id=attempt.entry_id,
            owner=attempt.actor.id,
            file_name=self.file_name,
            sha256=self.sha256,
            size=self.size,
            declared_type=self.declared_type,
            sniffed_type=self.sniffed_type,
        )
