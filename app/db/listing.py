"""One page of cases: filters, visibility and order as SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, not_, or_, select, true, tuple_
from sqlalchemy.engine import RowMapping

from app.db.rows import case_of
from app.db.tables import CASES, ROLE
from app.domain.case import Case, Json
from app.services.stored import SORTS, CaseQuery, Visible

C = CASES.c
Condition = ColumnElement[bool]


def page(query: CaseQuery) -> Select[Any]:
    """ValueError where `sort` is none of ours."""
    name, descending = query.sort.removeprefix("-"), query.sort.startswith("-")
    if name not in SORTS:
        raise ValueError(f"cases are not sorted by {name}")
    conditions = [C.tenant == query.tenant, *_filters(query), _visible(query.visible)]
    if query.after is not None:
        conditions.append(_beyond(C[name], descending, *query.after))
    return select(CASES).where(*conditions).order_by(*_order(C[name], descending)).limit(query.limit)


def found(rows: Iterable[RowMapping]) -> Sequence[Case]:
    return [case_of(row) for row in rows]


def _filters(query: CaseQuery) -> Iterable[Condition]:
    for name in ("case_type", "assignee", "team", "reference"):
        value = getattr(query, name)
        if value is not None:
            yield C[name] == value
    if query.state is not None:
        yield _in_state(query.state)


def _in_state(state: str) -> Condition:
    """A leaf is the state or below it. The first leaf is found by ranges, which an index can serve; of the
    next ones (`+` joins them) LIKE would read `_` as a wildcard and, on SQLite, ignore case."""
    leaves = C.state + "+"
    return or_(
        C.state == state,
        and_(C.state >= f"{state}.", C.state < f"{state}/"),
        and_(C.state >= f"{state}+", C.state < f"{state},"),
        func.replace(leaves, f"+{state}+", "") != leaves,
        func.replace(leaves, f"+{state}.", "") != leaves,
    )


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
