"""Read the lines of the policy that hold in one tenant, a page at a time, and lock them against change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.policy import POLICY_LINE, POLICY_STATE
from app.services.store.policy_lines import LineQuery

EVERY = "*"
L = POLICY_LINE.c


def page(query: LineQuery) -> Select[Any]:
    wanted = _in_force(query.tenant).where(L.id > query.after, *_conditions(query))
    return wanted.order_by(L.id).limit(query.limit)


def named(tenant: str, ids: Sequence[int]) -> Select[Any]:
    return _in_force(tenant).where(L.id.in_(ids)).order_by(L.id)


async def lock(connection: AsyncConnection) -> int:
    """SQLite has one writer anyway, and leaves FOR UPDATE out."""
    return int((await connection.execute(select(POLICY_STATE.c.version).with_for_update())).scalar_one())


def _in_force(tenant: str) -> Select[Any]:
    return select(POLICY_LINE).where(L.removed.is_(None), L.tenant.in_((tenant, EVERY)))


def _conditions(query: LineQuery) -> list[ColumnElement[bool]]:
    conditions = []
    if query.kind is not None:
        conditions.append(L.kind == query.kind)
    if query.case_types is not None:
        conditions.append(or_(L.kind == "g", L.obj.in_(sorted({*query.case_types, EVERY}))))
    if query.role is not None:
        conditions.append(or_(L.role == query.role, (L.kind == "g") & (L.obj == query.role)))
    if query.user is not None:
        conditions.append(L.role == query.user)
    if query.assignments is not None:
        conditions.append(_assigned() if query.assignments else ~_assigned())
    return conditions


def _assigned() -> ColumnElement[bool]:
    """The role of a user: no role's name begins so."""
    return (L.kind == "g") & L.role.startswith("user:", autoescape=True)
