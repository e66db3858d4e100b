"""One page of cases: filters, visibility and order as SQL."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.engine import RowMapping

from app.db.rows import case_of
from app.db.tables import CASES, ROLE
from app.domain.case import Case, Json
from app.services.stored import SORTS, CaseQuery, Visible

C = CASES.c
Condition = ColumnElement[bool]


# The distinct states of a tenant, one step of the index each: few, however many cases there are.
_STATES = text("""
    WITH RECURSIVE found (state) AS (
        SELECT min(state) FROM cases WHERE tenant = :tenant
        UNION ALL
        SELECT (SELECT min(c.state) FROM cases c WHERE c.tenant = :tenant AND c.state > found.state)
        FROM found WHERE found.state IS NOT NULL
    )
    SELECT state FROM found WHERE state IS NOT NULL
""")


def states(tenant: str) -> TextClause:
    """The states that cases of a tenant are in, as they stand in their rows."""
    return _STATES.bindparams(tenant=tenant)


def page(query: CaseQuery, states: Collection[str] = ()) -> Select[Any]:
    """`states` are those of the tenant, needed where the query filters by one: a list of whole values has an index
    and statistics, where a pattern has neither. ValueError where `sort` is none of ours."""
    name, descending = query.sort.removeprefix("-"), query.sort.startswith("-")
    if name not in SORTS:
        raise ValueError(f"cases are not sorted by {name}")
    conditions = [C.tenant == query.tenant, *_filters(query, states), _visible(query.visible)]
    if query.after is not None:
        conditions.append(_beyond(C[name], descending, *query.after))
    return select(CASES).where(*conditions).order_by(*_order(C[name], descending)).limit(query.limit)


def found(rows: Iterable[RowMapping]) -> Sequence[Case]:
    return [case_of(row) for row in rows]


def _filters(query: CaseQuery, states: Collection[str]) -> Iterable[Condition]:
    for name in ("case_type", "assignee", "team", "reference"):
        value = getattr(query, name)
        if value is not None:
            yield C[name] == value
    if query.state is not None:
        yield C.state.in_(sorted(whole for whole in states if _is_in(whole, query.state)))


def _is_in(whole: str, state: str) -> bool:
    """Whether it is the state, or one of the active leaves, which `+` joins, is it or below it."""
    return whole == state or any(leaf == state or leaf.startswith(f"{state}.") for leaf in whole.split("+"))


def _visible(visible: Visible) -> Condition:
    allowed = or_(
        true() if visible.all_types else _of_types(visible.types),
        *(_stands(visible.subject, role, types) for role, types in sorted(visible.by_role.items())),
    )
    denied = or_(
        true() if visible.denied_all else _of_types(visible.denied_types),
        *(_stands(visible.subject, role, types) for role, types in sorted(visible.denied_by_role.items())),
    )
    return and_(allowed, not_(denied))


def _stands(subject: str, role: str, types: frozenset[str]) -> Condition:
    return and_(_in_role(subject, role), true() if "*" in types else _of_types(types))


def _in_role(subject: str, role: str) -> Condition:
    if role == "[creator]":
        return C.creator == subject
    if role == "[assignee]":
        # Never NULL: NOT (NULL) would hide the unassigned cases from a deny line.
        return and_(C.assignee.is_not(None), C.assignee == subject)
    r = ROLE.c
    return exists().where(r.tenant == C.tenant, r.case_id == C.id, r.subject == subject, r.role == role)


def _of_types(types: frozenset[str]) -> Condition:
    return C.case_type.in_(sorted(types)) if types else false()


def _order(column: ColumnElement[Any], descending: bool) -> list[ColumnElement[Any]]:
    """Descending is ascending read backwards, so that one index serves both; without a value is last, or first."""
    if descending:
        return [column.desc().nulls_first() if column is C.reference else column.desc(), C.id.desc()]
    return [column.asc().nulls_last() if column is C.reference else column.asc(), C.id.asc()]


def _beyond(column: ColumnElement[Any], descending: bool, value: Json, case_id: str) -> Condition:
    later = C.id < case_id if descending else C.id > case_id
    if value is None:
        rest = and_(column.is_(None), later)
        return or_(rest, column.is_not(None)) if descending else rest
    place = tuple_(literal(value, column.type), literal(case_id, C.id.type))
    beyond = tuple_(column, C.id) < place if descending else tuple_(column, C.id) > place
    return or_(beyond, column.is_(None)) if column is C.reference and not descending else beyond
