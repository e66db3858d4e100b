"""Say something on a case, or say it anew: what was said before stays in the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.domain.case.case import Case
from app.domain.case.made_by_verbs import Row, Work
from app.domain.case.search_text import Said, said_words
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import Denied, Reason, invalid
from app.domain.values.json import JsonObject
from app.domain.values.names import SUBJECT
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import is_text

MOST_CHARACTERS = 10_000
MOST_MENTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow(Row):
    """A comment; its text stands behind the entry with the same id. `edits` is the comment that it says anew."""

    id: str
    case_id: str
    case_seq: int
    author: str
    written_at: datetime
    mentions: tuple[str, ...]
    edits: str | None


@dataclass(frozen=True, slots=True)
class Edited:
    """The comment that another one says anew; a comment never changes, so it is read before."""

    id: str
    case_id: str
    author: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Comment(Verb):
    """Markdown, kept as text. `edits` is the id of a comment, `edited` that comment where there is one."""

    text: str
    mentions: tuple[str, ...] = ()
    edits: str | None = None
    edited: Edited | None = None
    act: ClassVar[str] = "case:comment"
    doing: ClassVar[str] = "comment on this case"
    name: ClassVar[str] = "comment"

    def done(self, here: OnCase) -> Done:
        self._check(here)
        body = {"mentions": list(self.mentions), **({"edits": self.edits} if self.edits else {})}
        return Done(kind="comment", case=here.case, body=body, fields={"/text": self.text})

    def work(self, here: OnCase, case: Case) -> Work:
        entry_id, author = here.attempt.entry_id, here.attempt.acting
        row = CommentRow(
            tenant=case.tenant,
            id=entry_id,
            case_id=case.id,
            case_seq=case.seq,
            author=author,
            written_at=here.at,
            mentions=self.mentions,
            edits=self.edits,
        )
        return Work(rows=(row,), said=Said(self.edits or entry_id, said_words(self.text)), shown=self._shown(row))

    def _check(self, here: OnCase) -> None:
        if not self.text.strip() or len(self.text) > MOST_CHARACTERS or not is_text(self.text):
            raise invalid("text", f"must be 1 to {MOST_CHARACTERS} characters of text")
        if len(self.mentions) > MOST_MENTIONS or not all(SUBJECT.fullmatch(name) for name in self.mentions):
            raise invalid("mentions", f"must be at most {MOST_MENTIONS} times `user:NAME`")
        if self.edits is None:
            return
        if self.edited is None or self.edited.case_id != here.case.id:
            raise invalid("edits", "must be the id of a comment on this case, as it was first written")
        if self.edited.author != here.attempt.acting:
            remedy = "whoever wrote it has to edit it; add a comment of your own"
            reason = Reason("rule", "a comment is edited by its author only", remedy)
            raise Denied("you may not edit this comment", reasons=(reason,))

    def _shown(self, row: CommentRow) -> JsonObject:
        first = self.edited
        return {
            "id": first.id if first else row.id,
            "author": row.author,
            "text": self.text,
            "mentions": list(self.mentions),
            "written_at": rfc3339(first.written_at if first else row.written_at),
            "edited_at": rfc3339(row.written_at) if first else None,
        }
