"""One page of cases: filters, visibility and order as SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    TextClause,
    false,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.engine import RowMapping

from app.db.rows import case_of
from app.db.tables import CASES
from app.db.visibility import C, Condition, visible_to
from app.domain.case import Case, Json
from app.services.stored import SORTS, CaseQuery

# What is in a tenant, one step of the index per kind: few, however many cases there are.
_KINDS = text("""
    WITH RECURSIVE found (state, case_type) AS (
        SELECT * FROM (SELECT state, case_type FROM cases WHERE tenant = :tenant
                       ORDER BY state, case_type LIMIT 1) AS one
        UNION ALL
        SELECT
            (SELECT c.state FROM cases c WHERE c.tenant = :tenant
                AND (c.state, c.case_type) > (found.state, found.case_type) ORDER BY c.state, c.case_type LIMIT 1),
            (SELECT c.case_type FROM cases c WHERE c.tenant = :tenant
                AND (c.state, c.case_type) > (found.state, found.case_type) ORDER BY c.state, c.case_type LIMIT 1)
        FROM found WHERE found.state IS NOT NULL
    )
    SELECT state, case_type FROM found WHERE state IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class Kind:
    """That a tenant has cases of this type in this state."""

    state: str
    case_type: str


def kinds(tenant: str) -> TextClause:
    return _KINDS.bindparams(tenant=tenant)


def page(query: CaseQuery, kinds: Iterable[Kind], now: Any, *besides: Condition) -> Select[Any]:
    """`now` is what a case is overdue by. `kinds` are those of the tenant: a database guesses well how many cases have
    one of some whole values, and badly what a pattern means, or that nobody who reads one type will find it in a state
    of another. `besides` is what else must hold.

    ValueError where `sort` is none of ours.
    """
    name, descending = query.sort.removeprefix("-"), query.sort.startswith("-")
    if name not in SORTS:
        raise ValueError(f"cases are not sorted by {name}")
    conditions, types = _chosen(query, kinds, now, besides)
    if name == "reference":
        return _by_reference(query, descending, conditions, types)
    if name == "due_at":
        return _by_due(query, descending, conditions, types)
    conditions.append(visible_to(query.visible, types))
    if query.after is not None:
        conditions.append(_beyond(C[name], descending, *query.after))
    return select(CASES).where(*conditions).order_by(*_order(C[name], C.id, descending)).limit(query.limit)


def unordered(query: CaseQuery, kinds: Iterable[Kind], now: Any, *besides: Condition) -> Select[Any]:
    """The keys of those that all pages have together, at most `limit` of them."""
    conditions, types = _chosen(query, kinds, now, besides)
    return select(C.tenant, C.id).where(*conditions, visible_to(query.visible, types)).limit(query.limit)


def types_of(query: CaseQuery, kinds: Iterable[Kind]) -> frozenset[str]:
    """The case types that the reader may read all cases of, as far as there may be any on a page."""
    types = frozenset(kind.case_type for kind in kinds if _may_be(kind, query))
    allowed = types if query.visible.all_types else types & query.visible.types
    return frozenset() if query.visible.denied_all else allowed - query.visible.denied_types


def by_role_alone(query: CaseQuery) -> CaseQuery | None:
    """For what the reader may read by case roles; None where that is nothing, or nothing more."""
    visible = query.visible
    if visible.all_types or not visible.by_role:
        return None
    return replace(query, visible=replace(visible, types=frozenset()))


def found(rows: Iterable[RowMapping]) -> Sequence[Case]:
    return [case_of(row) for row in rows]


def order(query: CaseQuery, columns: Any) -> list[ColumnElement[Any]]:
    """That of the pages, for rows that come from one."""
    name, descending = query.sort.removeprefix("-"), query.sort.startswith("-")
    never_last = [columns.due_at.is_(None)] if name == "due_at" else []
    return [*never_last, *_order(columns[name], columns.id, descending)]


def _by_reference(
    query: CaseQuery, descending: bool, conditions: Sequence[Condition], types: frozenset[str]
) -> Select[Any]:
    """The first of each type, with a reference and without. One scan in order would pass all cases without a
    reference before it comes to a type in which every case has one."""
    parts = []
    for case_type, absent in product(sorted(types), (False, True)):
        chosen = [*conditions, *_of_type(case_type, query), _is_absent(C.reference, absent)]
        if query.after is not None:
            value, case_id = query.after
            if (value is None) is not absent:
                if absent is descending:
                    continue  # all of these stand before the cursor
            else:
                chosen.append(_beyond(C.reference, descending, value, case_id))
        parts.append(_first(chosen, _order(C.reference, C.id, descending), query.limit))
    if not parts:
        return select(CASES).where(false())
    whole = union_all(*parts).subquery()
    return select(whole).order_by(*_order(whole.c.reference, whole.c.id, descending)).limit(query.limit)


def _by_due(query: CaseQuery, descending: bool, conditions: Sequence[Condition], types: frozenset[str]) -> Select[Any]:
    """The first of each type that are due at some time, then those that are not. The latter have no index, for an event
    on them would pay for it; so they are looked for only where the page has room left."""
    after = query.after
    never = [*conditions, visible_to(query.visible, types), _is_absent(C.due_at, True)]
    if after is not None and after[0] is None:
        never.append(_beyond(C.due_at, descending, *after))
    rest = select(CASES).where(*never).order_by(C.id.desc() if descending else C.id.asc()).limit(query.limit)
    if not types or (after is not None and after[0] is None):
        return rest
    beyond = [] if after is None else [_beyond(C.due_at, descending, *after)]
    given = [*conditions, _is_absent(C.due_at, False), *beyond]
    order = _order(C.due_at, C.id, descending)
    due = union_all(*(_first([*given, *_of_type(name, query)], order, query.limit) for name in sorted(types)))
    return _then(due, rest, descending, query.limit)


def _then(due: CompoundSelect[Any], rest: Select[Any], descending: bool, limit: int) -> Select[Any]:
    ordered = due.subquery()
    first = select(ordered).order_by(*_order(ordered.c.due_at, ordered.c.id, descending)).limit(limit).cte("due")
    # a limit of its own inside: what an expression comes to is not known when the statement is planned
    room = literal(limit) - select(func.count()).select_from(first).scalar_subquery()
    more = select(rest.subquery()).limit(room).subquery()
    page = union_all(select(first), select(more)).subquery()
    order = _order(page.c.due_at, page.c.id, descending)
    return select(page).order_by(page.c.due_at.is_(None), *order).limit(limit)


def _of_type(case_type: str, query: CaseQuery) -> tuple[Condition, ...]:
    return C.case_type == case_type, visible_to(query.visible, frozenset({case_type}))


def _first(conditions: Sequence[Condition], order: Sequence[ColumnElement[Any]], limit: int) -> Select[Any]:
    return select(select(CASES).where(*conditions).order_by(*order).limit(limit).subquery())


def _is_absent(column: ColumnElement[Any], absent: bool) -> Condition:
    return column.is_(None) if absent else column.is_not(None)


def _chosen(
    query: CaseQuery, kinds: Iterable[Kind], now: Any, besides: Sequence[Condition]
) -> tuple[list[Condition], frozenset[str]]:
    """What filters ask for, and the case types that there may be of it."""
    possible = [kind for kind in kinds if _may_be(kind, query)]
    types = frozenset(kind.case_type for kind in possible)
    conditions = [C.tenant == query.tenant, *_filters(query), *besides]
    if query.overdue is not None:
        conditions += _overdue(query.overdue, now, types)
    if query.state is not None:
        conditions.append(C.state.in_(sorted({kind.state for kind in possible})))
    return conditions, types


def _overdue(overdue: bool, now: Any, types: frozenset[str]) -> Sequence[Condition]:
    """The types, for the index by due moments begins with one."""
    if overdue:
        return C.case_type.in_(sorted(types)), C.due_at < now
    return (or_(C.due_at.is_(None), C.due_at >= now),)


def _filters(query: CaseQuery) -> Iterable[Condition]:
    for name in ("case_type", "assignee", "team", "reference"):
        value = getattr(query, name)
        if value is not None:
            yield C[name] == value


def _may_be(kind: Kind, query: CaseQuery) -> bool:
    return query.case_type in (None, kind.case_type) and (query.state is None or _is_in(kind.state, query.state))


def _is_in(whole: str, state: str) -> bool:
    """Whether it is the state, or one of the active leaves, which `+` joins, is it or below it."""
    return whole == state or any(leaf == state or leaf.startswith(f"{state}.") for leaf in whole.split("+"))


def _order(column: ColumnElement[Any], case_id: ColumnElement[Any], descending: bool) -> list[ColumnElement[Any]]:
    """Descending is ascending read backwards, so that one index serves both; without a reference is last, or first."""
    if descending:
        return [column.desc().nulls_first() if _may_be_absent(column) else column.desc(), case_id.desc()]
    return [column.asc().nulls_last() if _may_be_absent(column) else column.asc(), case_id.asc()]


def _may_be_absent(column: ColumnElement[Any]) -> bool:
    return getattr(column, "key", None) == "reference"


def _beyond(column: ColumnElement[Any], descending: bool, value: Json, case_id: str) -> Condition:
    """The rest of those that have a value, or, where `value` is None, of those that have none."""
    if value is None:
        return C.id < case_id if descending else C.id > case_id
    place = tuple_(literal(value, column.type), literal(case_id, C.id.type))
    return tuple_(column, C.id) < place if descending else tuple_(column, C.id) > place
