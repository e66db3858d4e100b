"""Read what people do with cases: comments, attachments, links."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, TextClause, and_, bindparam, select
from sqlalchemy.engine import RowMapping

from app.db.reads.made_once import MOST, seen_by
from app.db.reads.visibility import C, visible_to
from app.db.tables.tables import CASES, PAYLOAD
from app.db.tables.work import ATTACHMENT, COMMENT, LINK, SCAN
from app.services.store.stored import Visible
from app.services.store.work import StoredAttachment, StoredComment, StoredLink

_LINKS: dict[Hashable, Select[Any]] = {}
M = COMMENT.c
A = ATTACHMENT.c
L = LINK.c
P = PAYLOAD.c


class SqlWorkReads(ABC):
    """What was written stands behind the entries alone, so that it is erased in one place."""

    async def comment(self, tenant: str, comment_id: str) -> StoredComment | None:
        one = _COMMENTS.where(M.id == bindparam("id"), M.edits.is_(None))
        rows = await self._rows(one, tenant, values={"tenant": tenant, "id": comment_id})
        return _comment(rows[0], {}) if rows else None

    async def comments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]:
        page = _FIRST_SAID.where(M.case_seq > (after or 0)).order_by(M.case_seq).limit(limit)
        rows = await self._rows(page, tenant, values={"tenant": tenant, "case_id": case_id})
        edits = await self._edits(tenant, [row["id"] for row in rows]) if rows else {}
        return [_comment(row, edits) for row in rows]

    async def comments_back(self, tenant: str, case_id: str, below: int | None, limit: int) -> Sequence[StoredComment]:
        asked = {"tenant": tenant, "case_id": case_id, "below": below, "limit": limit}
        rows = await self._rows(_comments_back(below is not None), tenant, values=asked)
        edits = await self._edits(tenant, [row["id"] for row in rows]) if rows else {}
        return [_comment(row, edits) for row in rows]

    async def attachments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredAttachment]:
        asked = {"tenant": tenant, "case_id": case_id, "after": after or 0, "limit": limit}
        return [StoredAttachment(**row) for row in await self._rows(_PAGE_OF_ATTACHMENTS, tenant, values=asked)]

    async def attachment(self, tenant: str, case_id: str, attachment_id: str) -> StoredAttachment | None:
        asked = {"tenant": tenant, "case_id": case_id, "id": attachment_id}
        rows = await self._rows(_ATTACHMENTS.where(A.id == bindparam("id")), tenant, values=asked)
        return StoredAttachment(**rows[0]) if rows else None

    async def links(self, tenant: str, case_id: str, visible: Visible) -> Sequence[StoredLink]:
        asked = {"tenant": tenant, "case_id": case_id, "subject": visible.subject}
        return [StoredLink(**row) for row in await self._rows(_links(visible), tenant, values=asked)]

    async def _edits(self, tenant: str, ids: Sequence[str]) -> Mapping[str, RowMapping]:
        """The last edit of each."""
        rows = await self._rows(_EDITS, tenant, values={"tenant": tenant, "ids": list(ids)})
        return {row["edits"]: row for row in rows}

    @abstractmethod
    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]: ...


def _links(visible: Visible) -> Select[Any]:
    """Made once for all who may see as much."""
    seen = seen_by(visible)
    if seen not in _LINKS:
        if len(_LINKS) == MOST:
            _LINKS.clear()
        subject: Any = bindparam("subject")
        types = visible.types | visible.denied_types | frozenset().union(*visible.by_role.values())
        far = and_(C.tenant == L.tenant, C.id == L.to_id, visible_to(replace(visible, subject=subject), types))
        columns = (L.type, L.to_id.label("to"), C.case_type, C.reference, C.state, L.author, L.linked_at)
        wanted = select(*columns).select_from(LINK.join(CASES, far))
        mine = wanted.where(L.tenant == bindparam("tenant"), L.case_id == bindparam("case_id"))
        _LINKS[seen] = mine.order_by(L.linked_at, L.type, L.to_id)
    return _LINKS[seen]


@cache
def _comments_back(below: bool) -> Select[Any]:
    page = _FIRST_SAID.where(M.case_seq < bindparam("below")) if below else _FIRST_SAID
    return page.order_by(M.case_seq.desc()).limit(bindparam("limit", type_=Integer))


def _comments() -> Select[Any]:
    text = and_(P.tenant == M.tenant, P.entry_id == M.id, P.path == "/text")
    whole = COMMENT.outerjoin(PAYLOAD, text)
    return select(COMMENT, P.value.label("text")).select_from(whole).where(M.tenant == bindparam("tenant"))


def _attachments() -> Select[Any]:
    name = and_(P.tenant == A.tenant, P.entry_id == A.id, P.path == "/file_name")
    looked = and_(SCAN.c.tenant == A.tenant, SCAN.c.sha256 == A.sha256)
    shown = [column for column in ATTACHMENT.columns if column.name not in ("tenant", "case_id")]
    whole = ATTACHMENT.outerjoin(PAYLOAD, name).outerjoin(SCAN, looked)
    wanted = select(*shown, P.value.label("file_name"), SCAN.c.state.label("scan")).select_from(whole)
    return wanted.where(A.tenant == bindparam("tenant"), A.case_id == bindparam("case_id"))


# Made once: the page of a case asks all of it.
_COMMENTS = _comments()
_FIRST_SAID = _COMMENTS.where(M.case_id == bindparam("case_id"), M.edits.is_(None))
_EDITS = _COMMENTS.where(M.edits.in_(bindparam("ids", expanding=True))).order_by(M.case_seq)
_ATTACHMENTS = _attachments()
_PAGE_OF_ATTACHMENTS = (
    _ATTACHMENTS.where(A.case_seq > bindparam("after")).order_by(A.case_seq).limit(bindparam("limit", type_=Integer))
)


def _comment(row: RowMapping, edits: Mapping[str, RowMapping]) -> StoredComment:
    last = edits.get(row["id"], row)
    return StoredComment(
        id=row["id"],
        case_id=row["case_id"],
        case_seq=row["case_seq"],
        author=row["author"],
        text=last["text"],
        mentions=last["mentions"],
        written_at=row["written_at"],
        edited_at=last["written_at"] if last is not row else None,
    )
