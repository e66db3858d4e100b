"""Read the log of a case backwards: the newest entries first, within a span."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, TextClause, and_, bindparam, func, select
from sqlalchemy.engine import RowMapping

from app.db.reads import ledger
from app.db.reads.ledger import E, P
from app.db.tables.tables import ENTRY, PAYLOAD
from app.services.store.history import Back, FieldSpan, LastSet
from app.services.store.stored import StoredEntry

OF_AN_ENTRY = (E.entry_id, E.case_seq, E.entry, E.entry_hash)


class SqlHistory(ABC):
    async def chain_back(self, back: Back) -> Sequence[StoredEntry]:
        asked = asdict(back) | {"kinds": sorted(back.kinds)}
        return await self._told(back.tenant, _chain(bool(back.kinds)), asked)

    async def denied_back(self, tenant: str, case_id: str, before: str | None, limit: int) -> Sequence[StoredEntry]:
        asked = {"tenant": tenant, "case_id": case_id, "before": before, "limit": limit}
        return await self._told(tenant, _denied(before is not None), asked)

    async def field_entries(self, span: FieldSpan) -> Sequence[StoredEntry]:
        asked = asdict(span) | {"named": _containing(json.dumps(span.path, ensure_ascii=False))}
        rows = await self._rows(_FIELD, span.tenant, values=asked)
        return [_with_one_value(row, span.path) for row in rows]

    async def moves(self, tenant: str, case_id: str, least: int) -> Sequence[tuple[str | None, str]]:
        rows = await self._rows(_MOVES, tenant, values={"tenant": tenant, "case_id": case_id, "least": least})
        return [(row["source"], row["target"]) for row in rows]

    async def last_set(
        self, tenant: str, case_id: str, paths: Sequence[str], below: int, least: int
    ) -> Sequence[LastSet]:
        if not paths:
            return []
        asked = {"tenant": tenant, "case_id": case_id, "paths": list(paths), "below": below, "least": least}
        return [LastSet(**row) for row in await self._rows(_LAST_SET, tenant, values=asked)]

    async def _told(self, tenant: str, wanted: Select[Any], asked: Mapping[str, Any]) -> Sequence[StoredEntry]:
        rows = await self._rows(wanted, tenant, values=asked)
        return ledger.with_values(rows, await self._values(tenant, [row["entry_id"] for row in rows]))

    @abstractmethod
    async def _values(self, tenant: str, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]: ...

    @abstractmethod
    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]: ...


@cache
def _chain(of_kinds: bool) -> Select[Any]:
    kinds = (E.kind.in_(bindparam("kinds", expanding=True)),) if of_kinds else ()
    return select(*OF_AN_ENTRY).where(*_span(), *kinds).order_by(E.case_seq.desc()).limit(_limit())


@cache
def _denied(before: bool) -> Select[Any]:
    beyond = (E.entry_id < bindparam("before"),) if before else ()
    wanted = select(*OF_AN_ENTRY).where(*_mine(), E.case_seq.is_(None), E.kind == "denied", *beyond)
    return wanted.order_by(E.entry_id.desc()).limit(_limit())


def _last_set() -> Select[Any]:
    same, span = and_(P.tenant == E.tenant, P.entry_id == E.entry_id), _span()
    newest = (
        select(P.path, func.max(E.case_seq).label("case_seq"))
        .select_from(ENTRY.join(PAYLOAD, same))
        .where(*span, P.path.in_(bindparam("paths", expanding=True)))
        .group_by(P.path)
        .subquery()
    )
    whole = newest.join(ENTRY, E.case_seq == newest.c.case_seq).join(PAYLOAD, and_(same, P.path == newest.c.path))
    return select(P.path, P.value, E.case_seq, E.entry_id, E.entry).select_from(whole).where(*span)


def _mine() -> tuple[ColumnElement[bool], ...]:
    return E.tenant == bindparam("tenant"), E.case_id == bindparam("case_id")


def _span() -> tuple[ColumnElement[bool], ...]:
    return *_mine(), E.case_seq < bindparam("below"), E.case_seq >= bindparam("least")


def _limit() -> BindParameter[int]:
    return bindparam("limit", type_=Integer)


def _containing(text: str) -> str:
    """As a pattern: what is found so is read afterwards, so case is nothing to be exact about."""
    for sign in ("!", "%", "_"):
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"


def _with_one_value(row: RowMapping, path: str) -> StoredEntry:
    told = {name.key: row[name.key] for name in OF_AN_ENTRY}
    return StoredEntry(**told, values={path: row["value"]} if row["path"] is not None else {})


_ITS_VALUE = and_(P.tenant == E.tenant, P.entry_id == E.entry_id, P.path == bindparam("path"))
_FIELD = (
    select(*OF_AN_ENTRY, P.path, P.value)
    .select_from(ENTRY.outerjoin(PAYLOAD, _ITS_VALUE))
    .where(*_mine(), E.case_seq > bindparam("after"), E.case_seq <= bindparam("until"))
    .where(E.entry.like(bindparam("named"), escape="!"))
    .order_by(E.case_seq)
)
_MOVES = select(E.source, E.target).where(*_mine(), E.case_seq >= bindparam("least")).distinct()
_LAST_SET = _last_set()
