"""Find cases by words, and count them: along the order asked for where words are frequent, by the index where rare."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, Select, Subquery, TextClause, func, literal, select, true
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import listing
from app.db.searching import PostgresIndex, SqliteIndex, WordIndex, contains, in_phrases
from app.db.visibility import Condition
from app.domain.case import Case, Json
from app.domain.search_query import Term
from app.services.search_port import Count, Searched
from app.services.stored import CaseQuery


@dataclass(frozen=True, slots=True)
class Effort:
    """How far a search goes.

    `first_look`: pages of cases in the order asked for whose text is looked at first; a word in half of all fills one
    of three. `few`: of less, all are looked at. `most_by_index`: more would take longer to fetch than it takes to meet
    50 of them in their order. `long_look`: then a page ends short, with a cursor, so that nobody holds a connection
    for long. `most_counted`: cases whose text is looked at to count them, or because a case role shows them.
    """

    first_look: int = 3
    few: int = 500
    most_by_index: int = 20_000
    long_look: int = 2_000
    most_counted: int = 5_000


Kinds = Sequence[listing.Kind]
_ONE = select(literal(1).label("one")).subquery()


class SqlSearch(ABC):
    """A look at the first cases in their order costs little, and is enough for frequent words. If it is not, words are
    rare, or rare where it looked: the index tells which. If it names too many, a long look is all there is."""

    _engine: AsyncEngine
    effort = Effort()

    async def search(self, query: CaseQuery, terms: Sequence[Term]) -> Searched:
        kinds = await self._kinds(query)
        effort = self.effort
        first = await self._look(query, kinds, terms, effort.first_look * query.limit)
        if len(first) == query.limit:
            return Searched(first)
        if await self._number(query, kinds, effort.few) < effort.few:
            return Searched(await self._look(query, kinds, terms, effort.few))
        ids = await self._matching(query, kinds, terms)
        if ids is not None:
            page = listing.page(query, kinds, self._now(), *self._are(ids, terms))
            return Searched(listing.found(await self._about(query, page)) if ids else [])
        found = await self._look(query, kinds, terms, effort.long_look)
        full = len(found) == query.limit
        return Searched(found, None if full else await self._place(query, kinds, effort.long_look))

    async def count(self, query: CaseQuery, terms: Sequence[Term], most: int) -> Count:
        kinds = await self._kinds(query)
        if not terms:
            return _counted(await self._number(query, kinds, most + 1), most)
        met, seen = await self._met(query, kinds, terms)
        if met > most or seen < self.effort.most_counted:
            return _counted(met, most)
        ids = await self._matching(query, kinds, terms)
        if ids is None:
            return Count(met, more=True)
        return _counted(await self._number(query, kinds, most + 1, *self._are(ids, terms)), most)

    async def _look(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term], most: int) -> Sequence[Case]:
        """Those that have the terms of the first `most` in order."""
        page = listing.page(replace(query, limit=most), kinds, self._now()).subquery()
        has = select(page).where(contains(terms, page.c)).order_by(*listing.order(query, page.c)).limit(query.limit)
        return listing.found(await self._about(query, has))

    async def _place(self, query: CaseQuery, kinds: Kinds, most: int) -> tuple[Json, str] | None:
        """Where a look at so many ends; None where there are not so many."""
        page = listing.page(replace(query, limit=most), kinds, self._now()).subquery()
        column = page.c[query.sort.removeprefix("-")].label("value")
        last = select(column, page.c.id).order_by(*listing.order(query, page.c)).offset(most - 1).limit(1)
        rows = await self._about(query, last)
        return (rows[0]["value"], rows[0]["id"]) if rows else None

    async def _matching(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term]) -> Sequence[str] | None:
        """The ids of all that have the terms, and perhaps of some that have their words elsewhere; None: too many.

        Whose type the reader may read is found by the index; what he may read by a case role is looked at."""
        types, by_role = listing.types_of(query, kinds), listing.by_role_alone(query)
        found: list[str] = []
        if types:
            wanted = self._index.matching(query.tenant, types, terms, self.effort.most_by_index + 1)
            found += [row["id"] for row in await self._about(query, wanted)]
        if by_role is not None and len(found) <= self.effort.most_by_index:
            some, has = self._some(by_role, kinds, terms)
            seen = select(func.count()).select_from(some).scalar_subquery()
            rows = await self._about(
                query, select(has.c.id, seen.label("seen")).select_from(_ONE.outerjoin(has, true()))
            )
            if rows[0]["seen"] == self.effort.most_counted:
                return None
            found += [row["id"] for row in rows if row["id"] is not None]
        return found if len(found) <= self.effort.most_by_index else None

    def _are(self, ids: Sequence[str], terms: Sequence[Term]) -> Sequence[Condition]:
        phrases = in_phrases(terms)
        return [self._index.among(ids), *([contains(phrases)] if phrases else [])]

    async def _met(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term]) -> tuple[int, int]:
        """How many of the first in no order have the terms, and how many these are."""
        some, has = self._some(query, kinds, terms)
        met, seen = (select(func.count()).select_from(part).scalar_subquery() for part in (has, some))
        (row,) = await self._about(query, select(met.label("met"), seen.label("seen")))
        return int(row["met"]), int(row["seen"])

    def _some(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term]) -> tuple[CTE, Subquery]:
        """The first in no order, and those of them that have the terms."""
        some = listing.unordered(replace(query, limit=self.effort.most_counted), kinds, self._now()).cte("some")
        return some, select(some.c.id).where(contains(terms, some.c)).subquery()

    async def _number(self, query: CaseQuery, kinds: Kinds, most: int, *besides: Condition) -> int:
        """How many there are, wherever the page begins; `most` at most."""
        some = listing.unordered(replace(query, limit=most), kinds, self._now(), *besides).subquery()
        (row,) = await self._about(query, select(func.count().label("number")).select_from(some))
        return int(row["number"])

    async def _kinds(self, query: CaseQuery) -> Kinds:
        return [listing.Kind(**row) for row in await self._about(query, listing.kinds(query.tenant))]

    async def _about(self, query: CaseQuery, wanted: Select[Any] | TextClause) -> Sequence[RowMapping]:
        """Every read is about the tenant of the query alone."""
        return await self._rows(wanted, query.tenant)

    @property
    def _index(self) -> WordIndex:
        return PostgresIndex() if self._engine.dialect.name == "postgresql" else SqliteIndex()

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _now(self) -> Any: ...


def _counted(number: int, most: int) -> Count:
    return Count(min(number, most), number > most)
