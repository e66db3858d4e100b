"""Read what people do with cases: comments, attachments, links."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, TextClause, and_, select
from sqlalchemy.engine import RowMapping

from app.db.reads.visibility import C, visible_to
from app.db.tables.tables import CASES, PAYLOAD
from app.db.tables.work import ATTACHMENT, COMMENT, LINK, SCAN
from app.services.store.stored import Visible
from app.services.store.work import StoredAttachment, StoredComment, StoredLink

M = COMMENT.c
A = ATTACHMENT.c
L = LINK.c
P = PAYLOAD.c


class SqlWorkReads(ABC):
    """What was written stands behind the entries alone, so that it is erased in one place."""

    async def comment(self, tenant: str, comment_id: str) -> StoredComment | None:
        rows = await self._rows(_comments(tenant).where(M.id == comment_id, M.edits.is_(None)), tenant)
        return _comment(rows[0], {}) if rows else None

    async def comments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]:
        page = _comments(tenant).where(M.case_id == case_id, M.edits.is_(None), M.case_seq > (after or 0))
        rows = await self._rows(page.order_by(M.case_seq).limit(limit), tenant)
        edits = await self._edits(tenant, [row["id"] for row in rows]) if rows else {}
        return [_comment(row, edits) for row in rows]

    async def comments_back(self, tenant: str, case_id: str, below: int | None, limit: int) -> Sequence[StoredComment]:
        page = _comments(tenant).where(M.case_id == case_id, M.edits.is_(None))
        page = page if below is None else page.where(M.case_seq < below)
        rows = await self._rows(page.order_by(M.case_seq.desc()).limit(limit), tenant)
        edits = await self._edits(tenant, [row["id"] for row in rows]) if rows else {}
        return [_comment(row, edits) for row in rows]

    async def attachments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredAttachment]:
        page = _attachments(tenant, case_id).where(A.case_seq > (after or 0)).order_by(A.case_seq).limit(limit)
        return [StoredAttachment(**row) for row in await self._rows(page, tenant)]

    async def attachment(self, tenant: str, case_id: str, attachment_id: str) -> StoredAttachment | None:
        rows = await self._rows(_attachments(tenant, case_id).where(A.id == attachment_id), tenant)
        return StoredAttachment(**rows[0]) if rows else None

    async def links(self, tenant: str, case_id: str, visible: Visible) -> Sequence[StoredLink]:
        types = visible.types | visible.denied_types | frozenset().union(*visible.by_role.values())
        far = and_(C.tenant == L.tenant, C.id == L.to_id, visible_to(visible, types))
        columns = (L.type, L.to_id.label("to"), C.case_type, C.reference, C.state, L.author, L.linked_at)
        wanted = select(*columns).select_from(LINK.join(CASES, far)).where(L.tenant == tenant, L.case_id == case_id)
        return [StoredLink(**row) for row in await self._rows(wanted.order_by(L.linked_at, L.type, L.to_id), tenant)]

    async def _edits(self, tenant: str, ids: Sequence[str]) -> Mapping[str, RowMapping]:
        """The last edit of each."""
        rows = await self._rows(_comments(tenant).where(M.edits.in_(ids)).order_by(M.case_seq), tenant)
        return {row["edits"]: row for row in rows}

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...


def _comments(tenant: str) -> Select[Any]:
    text = and_(P.tenant == M.tenant, P.entry_id == M.id, P.path == "/text")
    whole = COMMENT.outerjoin(PAYLOAD, text)
    return select(COMMENT, P.value.label("text")).select_from(whole).where(M.tenant == tenant)


def _attachments(tenant: str, case_id: str) -> Select[Any]:
    name = and_(P.tenant == A.tenant, P.entry_id == A.id, P.path == "/file_name")
    looked = and_(SCAN.c.tenant == A.tenant, SCAN.c.sha256 == A.sha256)
    shown = [column for column in ATTACHMENT.columns if column.name not in ("tenant", "case_id")]
    whole = ATTACHMENT.outerjoin(PAYLOAD, name).outerjoin(SCAN, looked)
    wanted = select(*shown, P.value.label("file_name"), SCAN.c.state.label("scan")).select_from(whole)
    return wanted.where(A.tenant == tenant, A.case_id == case_id)


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
