"""One page of cases: filters, visibility and order as SQL."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, Text, func, select, text, type_coerce
from sqlalchemy.engine import RowMapping

from app.db.connections.connected import Read as Read
from app.db.reads.filters import Among, Kind, besides_filters, filtered, may_be
from app.db.reads.sorting import in_order, keys_in_order, keys_sorted, order, ordered_at_once
from app.db.reads.visibility import C, Condition, visible_to
from app.db.rows.rows import case_of
from app.db.tables.tables import CASES
from app.domain.case.case import Case
from app.services.fairness.yielding import LoopTurn
from app.services.store.case_query import CaseQuery

WHOLE = [type_coerce(column, Text).label("data") if column.name == "data" else column for column in CASES.c]
"""All columns of a case, its data as text."""

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


async def kinds_of(read: Read, tenant: str) -> Sequence[Kind]:
    return [Kind(**row) for row in await read(_KINDS, {"tenant": tenant})]


def page(query: CaseQuery, kinds: Iterable[Kind], now: Any, *besides: Condition) -> Select[Any]:
    """`now` is what a case is overdue by. `kinds` are those of the tenant, read in the same transaction: a database
    guesses well how many cases have one of some whole values, and badly what a pattern means, or that nobody who reads
    one type will find it in a state of another. `besides` is what else must hold.

    ValueError where `sort` is none of ours.
    """
    if query.team is not None or not ordered_at_once(query):
        return whole(keys(query, kinds, now, *besides), query)
    return in_order(select(*WHOLE), *_chosen(query, kinds, now, besides))


def keys(query: CaseQuery, kinds: Iterable[Kind], now: Any, *besides: Condition) -> Select[Any]:
    """Of a page the tenants and ids, and what it is sorted by: of a row that is not shown nothing else is read."""
    return keys_in_order(*_chosen(query, kinds, now, besides))


def keys_of_few(query: CaseQuery, kinds: Iterable[Kind], now: Any, *few: Condition) -> Select[Any]:
    """The same where `few` names those that come into question."""
    return keys_sorted(*_chosen(query, kinds, now, few))


def whole(keys: Select[Any], query: CaseQuery) -> Select[Any]:
    """The cases that have these keys, in the order asked for."""
    named = C.id.in_(select(keys.subquery().c.id))
    return select(*WHOLE).where(C.tenant == query.tenant, named).order_by(*order(query, C))


def unordered(query: CaseQuery, kinds: Iterable[Kind], now: Any, *besides: Condition) -> Select[Any]:
    """The keys of those that all pages have together, at most `limit` of them."""
    query, conditions, types = _chosen(query, kinds, now, besides)
    return select(C.tenant, C.id).where(*conditions, visible_to(query.visible, types)).limit(query.limit)


def numbers(queries: Sequence[CaseQuery], kinds: Sequence[Kind], now: Any, most: int) -> Select[Any]:
    """How many all pages of each have together, `most` at most."""
    each = (unordered(replace(query, limit=most), kinds, now).subquery() for query in queries)
    counted = (select(func.count()).select_from(some).scalar_subquery() for some in each)
    return select(*(number.label(f"number_{place}") for place, number in enumerate(counted)))


def types_of(query: CaseQuery, kinds: Iterable[Kind]) -> frozenset[str]:
    """The case types that the reader may read all cases of, as far as there may be any on a page."""
    types = frozenset(kind.case_type for kind in kinds if may_be(kind, query))
    allowed = types if query.visible.all_types else types & query.visible.types
    return frozenset() if query.visible.denied_all else allowed - query.visible.denied_types


def of_readable(query: CaseQuery, kinds: Iterable[Kind]) -> tuple[CaseQuery, Sequence[Kind]]:
    """For cases that are known to be of its types, and readable: what an index over cases cannot tell is not asked.

    Types that are denied are none of those known; what is denied to a case role may be."""
    visible = query.visible
    known = replace(visible, all_types=True, types=frozenset(), by_role={}, denied_all=False, denied_types=frozenset())
    return replace(query, visible=known, case_type=None), [kind for kind in kinds if may_be(kind, query)]


def by_role_alone(query: CaseQuery) -> CaseQuery | None:
    """For what the reader may read by case roles; None where that is nothing, or nothing more."""
    visible = query.visible
    if visible.all_types or not visible.by_role:
        return None
    return replace(query, visible=replace(visible, types=frozenset()))


async def found(rows: Iterable[RowMapping]) -> Sequence[Case]:
    """The data of a page may be 200 large texts: others are served in between."""
    cases, turn = [], LoopTurn()
    for row in rows:
        cases.append(case_of({**row, "data": json.loads(row["data"])}))
        await turn.give()
    return cases


def _chosen(
    query: CaseQuery, kinds: Iterable[Kind], now: Any, besides: Sequence[Condition]
) -> tuple[CaseQuery, list[Condition], frozenset[str]]:
    """What filters ask for, and the case types that there may be of it: of a reader who may read all of them no more
    is asked, for no index knows it."""
    among = Among([kind for kind in kinds if may_be(kind, query)], now)
    if among.types <= query.visible.types:
        query = replace(query, visible=replace(query.visible, all_types=True))
    return query, [C.tenant == query.tenant, *filtered(query, among), *besides_filters(query), *besides], among.types
