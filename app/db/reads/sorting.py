"""The orders that cases are listed in: of each the first, by an index that has them so."""

from collections.abc import Sequence
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, func, literal, or_, select, tuple_, union_all

from app.db.reads import queue_order
from app.db.reads.visibility import C, Condition, visible_to
from app.services.store.case_query import QUEUE, SORTS, CaseQuery, SortValue


def ordered_at_once(query: CaseQuery) -> bool:
    """Whether one index has all cases in the order asked for."""
    return query.sort != QUEUE and not SORTS[_sort(query)[0]].may_be_absent


def keys_in_order(query: CaseQuery, conditions: Sequence[Condition], types: frozenset[str]) -> Select[Any]:
    """Tenants and ids of the first, and what they are sorted by."""
    if query.sort == QUEUE:
        return queue_order.first(query, conditions, types)
    name, descending = _sort(query)
    if name == "due_at":
        return _by_due(query, descending, conditions, types)
    if SORTS[name].may_be_absent:
        return _present_and_absent(query, descending, conditions, types)
    return in_order(select(*_key(C[name])), query, conditions, types)


def keys_sorted(query: CaseQuery, conditions: Sequence[Condition], types: frozenset[str]) -> Select[Any]:
    """The same of few, each of which is read: one sort instead of a look into every index that has some in order."""
    if query.sort == QUEUE:
        return queue_order.sorted_keys(query, [*conditions, visible_to(query.visible, types)])
    beyond = [] if query.after is None else [_after(query, *query.after)]
    found = select(*_key(C[_sort(query)[0]])).where(*conditions, visible_to(query.visible, types), *beyond)
    return found.order_by(*order(query, C)).limit(query.limit)


def in_order(
    chosen: Select[Any], query: CaseQuery, conditions: Sequence[Condition], types: frozenset[str]
) -> Select[Any]:
    """The first of those that one index has in order."""
    name, descending = _sort(query)
    beyond = [] if query.after is None else [_beyond(C[name], descending, *query.after)]
    found = chosen.where(*conditions, visible_to(query.visible, types), *beyond)
    return found.order_by(*_order(C[name], C.id, descending)).limit(query.limit)


def order(query: CaseQuery, columns: Any) -> list[ColumnElement[Any]]:
    """That of the pages, for rows that come from one."""
    if query.sort == QUEUE:
        return queue_order.order(columns)
    name, descending = _sort(query)
    first, then = _order(columns[name], columns.id, descending)
    return [first.nulls_last() if name == "due_at" else first, then]


def _sort(query: CaseQuery) -> tuple[str, bool]:
    """The column, and whether it descends."""
    name = query.sort.removeprefix("-")
    if name not in SORTS:
        raise ValueError(f"cases are not sorted by {name}")
    return name, query.sort.startswith("-")


def _key(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return C.tenant, C.id, column


def _present_and_absent(
    query: CaseQuery, descending: bool, conditions: Sequence[Condition], types: frozenset[str]
) -> Select[Any]:
    """The first of each type, with a value and without. One scan in order would pass all cases without one before it
    comes to a type in which every case has one."""
    name, parts = _sort(query)[0], []
    column = C[name]
    for case_type, absent in product(sorted(types), (False, True)):
        chosen = [*conditions, *_of_type(case_type, query), _is_absent(column, absent)]
        if query.after is not None:
            value, case_id = query.after
            if (value is None) is not absent:
                if absent is descending:
                    continue  # all of these stand before the cursor
            else:
                chosen.append(_beyond(column, descending, value, case_id))
        parts.append(_first(column, chosen, descending, query.limit))
    if not parts:
        return select(*_key(column)).where(false())
    whole = union_all(*parts).subquery()
    return select(whole).order_by(*_order(whole.c[name], whole.c.id, descending)).limit(query.limit)


def _by_due(query: CaseQuery, descending: bool, conditions: Sequence[Condition], types: frozenset[str]) -> Select[Any]:
    """The first of each type that are due at some time, then those that are not. The latter have no index, for an event
    on them would pay for it; so they are looked for only where the page has room left."""
    after = query.after
    never = [*conditions, visible_to(query.visible, types), _is_absent(C.due_at, True)]
    if after is not None and after[0] is None:
        never.append(_beyond(C.due_at, descending, *after))
    by_id = C.id.desc() if descending else C.id.asc()
    rest = select(*_key(C.due_at)).where(*never).order_by(by_id).limit(query.limit)
    if not types or (after is not None and after[0] is None):
        return rest
    beyond = [] if after is None else [_beyond(C.due_at, descending, *after)]
    given = [*conditions, _is_absent(C.due_at, False), *beyond]
    parts = ([*given, *_of_type(name, query)] for name in sorted(types))
    due = union_all(*(_first(C.due_at, part, descending, query.limit) for part in parts))
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


def _first(column: ColumnElement[Any], conditions: Sequence[Condition], descending: bool, limit: int) -> Select[Any]:
    found = select(*_key(column)).where(*conditions).order_by(*_order(column, C.id, descending))
    return select(found.limit(limit).subquery())


def _is_absent(column: ColumnElement[Any], absent: bool) -> Condition:
    return column.is_(None) if absent else column.is_not(None)


def _order(column: ColumnElement[Any], case_id: ColumnElement[Any], descending: bool) -> list[ColumnElement[Any]]:
    """Descending is ascending read backwards, so that one index serves both; what is absent is last, or first."""
    if descending:
        return [column.desc().nulls_first() if _may_be_absent(column) else column.desc(), case_id.desc()]
    return [column.asc().nulls_last() if _may_be_absent(column) else column.asc(), case_id.asc()]


def _may_be_absent(column: ColumnElement[Any]) -> bool:
    """As one of the values in order; those without a due moment come last either way."""
    return column.key != "due_at" and SORTS[str(column.key)].may_be_absent


def _beyond(column: ColumnElement[Any], descending: bool, value: SortValue, case_id: str) -> Condition:
    """The rest of those that have a value, or, where `value` is None, of those that have none."""
    if value is None:
        return C.id < case_id if descending else C.id > case_id
    place = tuple_(literal(value, column.type), literal(case_id, C.id.type))
    return tuple_(column, C.id) < place if descending else tuple_(column, C.id) > place


def _after(query: CaseQuery, value: SortValue, case_id: str) -> Condition:
    """The rest of all, as `order` has them."""
    name, descending = _sort(query)
    absent_first, absent = descending and _may_be_absent(C[name]), C[name].is_(None)
    if value is None:
        rest = and_(absent, _beyond(C[name], descending, None, case_id))
        return or_(rest, C[name].is_not(None)) if absent_first else rest
    rest = _beyond(C[name], descending, value, case_id)
    return rest if absent_first else or_(rest, absent)
