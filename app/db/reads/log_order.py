"""Read entries in the order of the log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from app.db.reads.visibility import readable
from app.db.tables.log_order import LEAF
from app.db.tables.tables import CASES, ENTRY, ROLE
from app.services.store.log import LeafQuery

L = LEAF.c
E = ENTRY.c
C = CASES.c
ITS_ENTRY = and_(E.tenant == L.tenant, E.entry_id == L.entry_id)
SHOWN = (L.leaf_index, E.case_id, E.entry_id, E.case_seq, E.entry, E.entry_hash)


def size(tenant: str) -> Select[Any]:
    return select(func.coalesce(func.max(L.leaf_index) + 1, 0).label("size")).where(L.tenant == tenant)


def page(query: LeafQuery) -> Select[Any]:
    its_case = and_(C.tenant == E.tenant, C.id == E.case_id)
    within = (L.tenant == query.tenant, L.leaf_index > query.after, L.leaf_index <= query.until)
    found = select(*SHOWN).select_from(LEAF.join(ENTRY, ITS_ENTRY).outerjoin(CASES, its_case))
    return found.where(*within, _shown(query)).order_by(L.leaf_index).limit(query.limit)


def tail(tenant: str, after: int, until: int) -> Select[Any]:
    """With what says who may read each: the kind of its case, whose it is."""
    its_case = and_(C.tenant == E.tenant, C.id == E.case_id)
    found = select(*SHOWN, C.case_type, C.creator, C.assignee)
    within = (L.tenant == tenant, L.leaf_index > after, L.leaf_index <= until)
    placed = found.select_from(LEAF.join(ENTRY, ITS_ENTRY).outerjoin(CASES, its_case))
    return placed.where(*within).order_by(L.leaf_index)


def roles(tenant: str, case_ids: Sequence[str]) -> Select[Any]:
    r = ROLE.c
    return select(r.case_id, r.subject, r.role).where(r.tenant == tenant, r.case_id.in_(case_ids))


def of_case(tenant: str, case_id: str, after: int, limit: int) -> Select[Any]:
    found = select(*SHOWN).select_from(ENTRY.join(LEAF, ITS_ENTRY))
    about = (E.tenant == tenant, E.case_id == case_id, L.leaf_index > after)
    return found.where(*about).order_by(L.leaf_index).limit(limit)


def touched(tenant: str, after: int, limit: int) -> Select[Any]:
    """There are no gaps, so a range is a limit, and one whose cost a database guesses right."""
    found = select(L.leaf_index, E.case_id, E.kind).select_from(LEAF.join(ENTRY, ITS_ENTRY))
    within = (L.tenant == tenant, L.leaf_index > after, L.leaf_index <= after + limit)
    return found.where(*within).order_by(L.leaf_index)


def _shown(query: LeafQuery) -> ColumnElement[bool]:
    of_no_case = E.case_id.is_(None) if query.administers else false()
    its = readable(query.visible) if query.audits is None else or_(readable(query.visible), readable(query.audits))
    return or_(of_no_case, and_(C.id.is_not(None), its))
