"""The order in which work is done: by due moment, then the most urgent, then the oldest, each part along an index."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_, union_all

from app.db.reads.visibility import C, Condition, visible_to
from app.services.store.case_query import IN_QUEUE, CaseQuery, ColumnValue

MOST_PARTS = 20
"""Teams whose first cases are looked up one by one; of more, all are read and sorted."""
KEY = (C.tenant, C.id, *(C[name] for name in IN_QUEUE))


def order(columns: Any) -> list[ColumnElement[Any]]:
    return [columns.due_at.asc().nulls_last(), *_order(columns)[1:]]


def first(query: CaseQuery, conditions: Sequence[Condition], types: frozenset[str]) -> Select[Any]:
    """The keys of a page. Those that are never due are looked for only where it has room left."""
    parts = list(_parts(query, conditions, types))
    place = query.after
    among_the_last = place is not None and place[0][0] is None
    beyond = [] if place is None else [_beyond(*place)]
    due = [] if among_the_last else [_some([*part, C.due_at.is_not(None), *beyond], query.limit) for part in parts]
    if place is not None and not among_the_last:
        beyond = []
    never = (
        [] if _due_at_some_time(query) else [_some([*part, C.due_at.is_(None), *beyond], query.limit) for part in parts]
    )
    if not due or not never:
        return _page(due or never, query.limit)
    return _then(_page(due, query.limit), _page(never, query.limit), query.limit)


def sorted_keys(query: CaseQuery, conditions: Sequence[Condition]) -> Select[Any]:
    """Of few, each of which is read."""
    beyond = [] if query.after is None else [_after(*query.after)]
    return select(*KEY).where(*conditions, *beyond).order_by(*order(C)).limit(query.limit)


def _parts(query: CaseQuery, conditions: Sequence[Condition], types: frozenset[str]) -> Iterator[Sequence[Condition]]:
    """What one index has in order: the cases of an assignee, of a team, of a case type."""
    everything = [*conditions, visible_to(query.visible, types)]
    if not types:
        return
    if query.assignee is not None or query.team is not None:
        yield everything
    elif query.teams is not None:
        few = len(query.teams) <= MOST_PARTS
        yield from ([*everything, C.team == team] for team in sorted(query.teams)) if few else [everything]
    else:
        for name in sorted(types):
            yield [*conditions, C.case_type == name, visible_to(query.visible, frozenset({name}))]


def _due_at_some_time(query: CaseQuery) -> bool:
    return query.overdue is True or query.due_before is not None


def _some(conditions: Sequence[Condition], limit: int) -> Select[Any]:
    """Ordered by the due moment also where all have none: PostgreSQL does not see that they are the same."""
    return select(select(*KEY).where(*conditions).order_by(*_order(C)).limit(limit).subquery())


def _page(parts: Sequence[Select[Any]], limit: int) -> Select[Any]:
    if not parts:
        return select(*KEY).where(false())
    whole = union_all(*parts).subquery()
    return select(whole).order_by(*_order(whole.c)).limit(limit)


def _then(due: Select[Any], never: Select[Any], limit: int) -> Select[Any]:
    first = due.cte("due")
    # a limit of its own inside: what an expression comes to is not known when the statement is planned
    room = literal(limit) - select(func.count()).select_from(first).scalar_subquery()
    more = select(never.subquery()).limit(room).subquery()
    page = union_all(select(first), select(more)).subquery()
    return select(page).order_by(*order(page.c)).limit(limit)


def _order(columns: Any) -> list[ColumnElement[Any]]:
    """Of cases that are all due, or all not."""
    return [columns.due_at.asc(), columns.urgency.desc(), columns.opened_at.asc(), columns.id.asc()]


def _beyond(place: Sequence[ColumnValue], case_id: str) -> Condition:
    """The rest of those that are due, or, where the place is among the others, of those that are not."""
    due_at, urgency, opened_at = place
    older = tuple_(C.opened_at, C.id) > tuple_(literal(opened_at, C.opened_at.type), literal(case_id, C.id.type))
    behind = and_(C.urgency <= urgency, or_(C.urgency < urgency, older))
    if due_at is None:
        return behind
    return and_(C.due_at >= due_at, or_(C.due_at > due_at, behind))


def _after(place: Sequence[ColumnValue], case_id: str) -> Condition:
    """The rest of all."""
    if place[0] is None:
        return and_(C.due_at.is_(None), _beyond(place, case_id))
    return or_(C.due_at.is_(None), _beyond(place, case_id))
