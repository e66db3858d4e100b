"""Link a case to another: both chains say so, each in its own direction."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Self

from app.domain.case.case import Case
from app.domain.case.keys import LinkKey
from app.domain.case.made_by_verbs import Row, Work
from app.domain.case.sealing import seal
from app.domain.deciding.case_after import chained
from app.domain.deciding.entry_draft import verb_draft
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import Conflict, Denied, invalid
from app.domain.values.rfc3339 import rfc3339

INVERSE: Final = {
    "relates_to": "relates_to",
    "duplicates": "duplicated_by",
    "duplicated_by": "duplicates",
    "blocks": "blocked_by",
    "blocked_by": "blocks",
    "parent": "child",
    "child": "parent",
}
"""This case stands so to the other: it blocks it, duplicates it, is its parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink(Row):
    """That one case stands to another as `type` says; the other case has a row with the inverse type."""

    case_id: str
    type: str
    to_id: str
    author: str
    linked_at: datetime

    @property
    def key(self) -> LinkKey:
        return LinkKey(self.tenant, self.case_id, self.type, self.to_id)


@dataclass(frozen=True, slots=True)
class Link(Verb):
    """`there` is the other case as the caller stands to it; None where there is none, or none to be seen. `known`: they
    are linked so already."""

    type: str
    to: str
    there: OnCase | None = None
    known: bool = False
    act: ClassVar[str] = "case:comment"
    doing: ClassVar[str] = "link this case"
    name: ClassVar[str] = "link"

    @property
    def other(self) -> str:
        return self.to

    def link(self, tenant: str, case_id: str) -> LinkKey:
        return LinkKey(tenant, case_id, self.type, self.to)

    def seen(self, there: OnCase | None, known: bool) -> Self:
        return replace(self, there=there, known=known)

    def done(self, here: OnCase) -> Done:
        if self.type not in INVERSE:
            raise invalid("type", f"must be one of {', '.join(INVERSE)}")
        if self.to == here.case.id:
            raise invalid("to", "must be another case")
        verdict = self._other_case().decide(self.act)
        if not verdict.allowed:  # its log says so too
            raise Denied("you may not link the other case", reasons=verdict.reasons)
        if self.known:
            raise Conflict("the two cases are linked so already")
        return Done(kind="linked", case=here.case, body={"link": {"type": self.type, "to": self.to}})

    def work(self, here: OnCase, case: Case) -> Work:
        there = self._other_case()
        author, at = here.attempt.acting, here.at
        rows = (
            CaseLink(tenant=case.tenant, case_id=case.id, type=self.type, to_id=self.to, author=author, linked_at=at),
            CaseLink(
                tenant=case.tenant, case_id=self.to, type=INVERSE[self.type], to_id=case.id, author=author, linked_at=at
            ),
        )
        back = {"type": INVERSE[self.type], "to": case.id}
        other = chained(there, there.case)
        draft = verb_draft(there, there.decide(self.act), Done(kind="linked", case=other, body={"link": back}), other)
        entry = seal(draft, there.new_salt)
        shown = {"type": self.type, "to": self.to, "author": author, "linked_at": rfc3339(at)}
        far = (replace(other, last_hash=entry.entry_hash), entry)
        return Work(rows=rows, other=far, links=tuple(row.key for row in rows), shown=shown)

    def _other_case(self) -> OnCase:
        """As the caller stands to it. Raises Invalid where they may not read it."""
        if self.there is None or not self.there.readable:
            raise invalid("to", "must be a case that you may read")
        return self.there
