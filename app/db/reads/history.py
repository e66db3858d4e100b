"""Read the log of a case backwards: the newest entries first, within a span."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, TextClause, and_, func, select
from sqlalchemy.engine import RowMapping

from app.db.reads import ledger
from app.db.reads.ledger import E, P
from app.db.tables.tables import ENTRY, PAYLOAD
from app.services.store.history import Back, LastSet
from app.services.store.stored import StoredEntry

OF_AN_ENTRY = (E.entry_id, E.case_seq, E.entry, E.entry_hash)


class SqlHistory(ABC):
    async def chain_back(self, back: Back) -> Sequence[StoredEntry]:
        span = (E.case_seq < back.below, E.case_seq >= back.least)
        kinds = (E.kind.in_(sorted(back.kinds)),) if back.kinds else ()
        wanted = select(*OF_AN_ENTRY).where(E.tenant == back.tenant, E.case_id == back.case_id, *span, *kinds)
        return await self._told(back.tenant, wanted.order_by(E.case_seq.desc()).limit(back.limit))

    async def denied_back(self, tenant: str, case_id: str, before: str | None, limit: int) -> Sequence[StoredEntry]:
        part = (E.case_seq.is_(None), E.kind == "denied", *(() if before is None else (E.entry_id < before,)))
        wanted = select(*OF_AN_ENTRY).where(E.tenant == tenant, E.case_id == case_id, *part)
        return await self._told(tenant, wanted.order_by(E.entry_id.desc()).limit(limit))

    async def moves(self, tenant: str, case_id: str, least: int) -> Sequence[tuple[str | None, str]]:
        mine = (E.tenant == tenant, E.case_id == case_id, E.case_seq >= least)
        rows = await self._rows(select(E.source, E.target).where(*mine).distinct(), tenant)
        return [(row["source"], row["target"]) for row in rows]

    async def last_set(
        self, tenant: str, case_id: str, paths: Sequence[str], below: int, least: int
    ) -> Sequence[LastSet]:
        if not paths:
            return []
        rows = await self._rows(_last_set(tenant, case_id, paths, below, least), tenant)
        return [LastSet(**row) for row in rows]

    async def _told(self, tenant: str, wanted: Select[Any]) -> Sequence[StoredEntry]:
        rows = await self._rows(wanted, tenant)
        return ledger.with_values(rows, await self._values(tenant, [row["entry_id"] for row in rows]))

    @abstractmethod
    async def _values(self, tenant: str, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...


def _last_set(tenant: str, case_id: str, paths: Sequence[str], below: int, least: int) -> Select[Any]:
    same = and_(P.tenant == E.tenant, P.entry_id == E.entry_id)
    span = (E.tenant == tenant, E.case_id == case_id, E.case_seq < below, E.case_seq >= least)
    newest = (
        select(P.path, func.max(E.case_seq).label("case_seq"))
        .select_from(ENTRY.join(PAYLOAD, same))
        .where(*span, P.path.in_(paths))
        .group_by(P.path)
        .subquery()
    )
    whole = newest.join(ENTRY, E.case_seq == newest.c.case_seq).join(PAYLOAD, and_(same, P.path == newest.c.path))
    return select(P.path, P.value, E.case_seq, E.entry_id, E.entry).select_from(whole).where(*span)
