"""Find cases by words, and count them: along the order asked for where words are frequent, by the index where rare."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, Select, Subquery, TextClause, func, literal, select, true
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import listing
from app.db.orders import order, ordered_at_once
from app.db.searching import PostgresIndex, SqliteIndex, WordIndex, contains, in_phrases
from app.db.visibility import C, Condition
from app.domain.case import Case, Json
from app.domain.search_query import Term
from app.services.search_port import Count, Searched
from app.services.stored import CaseQuery


@dataclass(frozen=True, slots=True)
class Effort:
    """How far a search goes.

    `first_look`: pages of cases in the order asked for whose text is looked at first; a word in half of all fills one
    of three. `few`: of less, all are looked at. `long_look`: the most texts that are looked at for a page; where the
    index does not help either it ends short, with a cursor, so that nobody holds a connection for long.
    `most_by_index`: more ids take longer to fetch than it takes to meet 50 of their cases. `most_sorted`: of more, the
    first are met by a walk along an index of `long_walk` cases, of which nothing but the id is read. `most_counted`:
    cases whose text is looked at to count them, or because a case role shows them.
    """

    first_look: int = 3
    few: int = 500
    long_look: int = 2_000
    most_by_index: int = 20_000
    most_sorted: int = 1_000
    long_walk: int = 50_000
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
        found = await self._look(query, kinds, terms, effort.first_look * query.limit)
        if len(found) == query.limit:
            return Searched(found)
        if await self._number(query, kinds, effort.few) < effort.few:
            return Searched(await self._look(query, kinds, terms, effort.few))
        often = len(found) * effort.long_look >= query.limit * effort.first_look * query.limit
        found = await self._look(query, kinds, terms, effort.long_look) if often else []
        if len(found) == query.limit:
            return Searched(found)
        ids = await self._matching(query, kinds, terms)
        if ids is not None:
            return Searched(await self._first_of(ids, query, kinds, terms))
        found = found if often else await self._look(query, kinds, terms, effort.long_look)
        full = len(found) == query.limit
        return Searched(found, None if full else await self._place(query, kinds, effort.long_look))

    async def count(self, query: CaseQuery, terms: Sequence[Term], most: int) -> Count:
        kinds = await self._kinds(query)
        if not terms:
            return _counted(await self._number(query, kinds, most + 1), most)
        effort = self.effort
        met, seen = await self._met(query, kinds, terms, effort.few)
        if seen == effort.few and met * effort.most_counted > most * seen:
            met, seen = await self._met(query, kinds, terms, effort.most_counted)
        if met > most or seen < effort.few:
            return _counted(met, most)
        ids = await self._matching(query, kinds, terms)
        if ids is None:
            met, _ = await self._met(query, kinds, terms, effort.most_counted)
            return Count(min(met, most), more=True)
        return _counted(await self._number_of(ids, query, kinds, terms, most + 1), most)

    async def _look(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term], most: int) -> Sequence[Case]:
        """Those that have the terms of the first `most` in order."""
        some = listing.keys(replace(query, limit=most), kinds, self._now()).subquery()
        return await self._those(some, query, contains(terms, some.c))

    async def _those(self, keys: Subquery, query: CaseQuery, *conditions: Condition) -> Sequence[Case]:
        """The first of these that meet the conditions, a page at most."""
        first = select(keys).where(*conditions).order_by(*order(query, keys.c)).limit(query.limit)
        return listing.found(await self._about(query, listing.whole(first, query)))

    async def _place(self, query: CaseQuery, kinds: Kinds, most: int) -> tuple[Json, str] | None:
        """Where a look at so many ends; None where there are not so many."""
        page = listing.keys(replace(query, limit=most), kinds, self._now()).subquery()
        column = page.c[query.sort.removeprefix("-")].label("value")
        last = select(column, page.c.id).order_by(*order(query, page.c)).offset(most - 1).limit(1)
        rows = await self._about(query, last)
        return (rows[0]["value"], rows[0]["id"]) if rows else None

    async def _first_of(
        self, ids: Sequence[str], query: CaseQuery, kinds: Kinds, terms: Sequence[Term]
    ) -> Sequence[Case]:
        """Of cases that the index named. To sort them, each is read; to meet the first of many in their order, none."""
        if len(ids) > self.effort.most_sorted and listing.narrow(query):
            some, walked = await self._named_of(ids, query, kinds, terms)
            ids = some if walked < self.effort.long_walk else ids
        if len(ids) > self.effort.most_sorted and ordered_at_once(query):
            along = listing.keys(*self._walk(query, kinds), self._now()).subquery()
            met = self._index.met(ids, along.c)
            found = await self._those(along, query, met, *_phrases(terms, along.c))
            if len(found) == query.limit:
                return found
        if not ids:
            return []
        each = replace(query, limit=len(ids)) if in_phrases(terms) else query
        named = listing.keys_of_few(each, kinds, self._now(), self._index.among(ids)).subquery()
        return await self._those(named, query, *_phrases(terms, named.c))

    async def _number_of(
        self, ids: Sequence[str], query: CaseQuery, kinds: Kinds, terms: Sequence[Term], most: int
    ) -> int:
        """Of cases that the index named, those that the query asks for; `most` at most."""
        if len(ids) > self.effort.most_sorted:
            some, walked = await self._named_of(ids, query, kinds, terms)
            if len(some) >= most or walked < self.effort.long_walk:
                return min(len(some), most)
        return await self._number(query, kinds, most, self._index.among(ids), *_phrases(terms))

    async def _named_of(
        self, ids: Sequence[str], query: CaseQuery, kinds: Kinds, terms: Sequence[Term]
    ) -> tuple[Sequence[str], int]:
        """Those of the first in no order that the index named, and how many these are."""
        along = listing.unordered(*self._walk(query, kinds), self._now()).subquery()
        named = self._index.gathered(along.c.id).filter(self._index.met(ids, along.c), *_phrases(terms, along.c))
        walked: Any = func.count().label("walked")
        rows = await self._about(query, select(named.label("ids"), walked).select_from(along))
        return self._index.ids(rows), int(rows[0]["walked"])

    def _walk(self, query: CaseQuery, kinds: Kinds) -> tuple[CaseQuery, Kinds]:
        return listing.of_readable(replace(query, limit=self.effort.long_walk), kinds)

    async def _matching(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term]) -> Sequence[str] | None:
        """The ids of all that have the terms, and perhaps of some that have their words elsewhere; None: too many.

        Whose type the reader may read is found by the index; what he may read by a case role is looked at."""
        types, by_role = listing.types_of(query, kinds), listing.by_role_alone(query)
        found: list[str] = []
        if types:
            wanted = self._index.matching(query.tenant, types, terms, self.effort.most_by_index + 1)
            found += self._index.ids(await self._about(query, wanted))
        if by_role is not None and len(found) <= self.effort.most_by_index:
            some, has = self._some(by_role, kinds, terms, self.effort.most_counted)
            seen = select(func.count()).select_from(some).scalar_subquery()
            rows = await self._about(
                query, select(has.c.id, seen.label("seen")).select_from(_ONE.outerjoin(has, true()))
            )
            if rows[0]["seen"] == self.effort.most_counted:
                return None
            found += [row["id"] for row in rows if row["id"] is not None]
        return found if len(found) <= self.effort.most_by_index else None

    async def _met(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term], most: int) -> tuple[int, int]:
        """How many of the first in no order have the terms, and how many these are."""
        some, has = self._some(query, kinds, terms, most)
        met, seen = (select(func.count()).select_from(part).scalar_subquery() for part in (has, some))
        (row,) = await self._about(query, select(met.label("met"), seen.label("seen")))
        return int(row["met"]), int(row["seen"])

    def _some(self, query: CaseQuery, kinds: Kinds, terms: Sequence[Term], most: int) -> tuple[CTE, Subquery]:
        """The first in no order, and those of them that have the terms."""
        some = listing.unordered(replace(query, limit=most), kinds, self._now()).cte("some")
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


def _phrases(terms: Sequence[Term], case: Any = C) -> Sequence[Condition]:
    """Whether words stand in the order asked for, which an index cannot tell."""
    phrases = in_phrases(terms)
    return [contains(phrases, case)] if phrases else []


def _counted(number: int, most: int) -> Count:
    return Count(min(number, most), number > most)
