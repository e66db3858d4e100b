"""Find cases by words, and count them: along the order asked for where words are frequent, by the index where rare."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, Select, Subquery, func, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.reads import listing
from app.db.reads.filters import Kind, narrow
from app.db.reads.listing import Read
from app.db.reads.made_once import MadeOnce
from app.db.reads.sorting import order
from app.db.reads.visibility import C, Condition
from app.db.reads.words import Ids, PostgresIndex, SqliteIndex, WordIndex, contains, in_phrases, joined
from app.domain.case.case import Case
from app.domain.case.search_query import Term
from app.services.store.case_query import CaseQuery, SortValue, sort_value
from app.services.store.search import CaseCount, Searched


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEffort:
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
    long_walk: int = 12_000
    most_counted: int = 5_000


class SqlSearch(ABC):
    _engine: AsyncEngine
    _lists: MadeOnce
    effort = SearchEffort()

    async def search(self, query: CaseQuery, terms: Sequence[Term], most: int | None = None) -> Searched:
        async with self._reading(query.tenant) as read:
            search = await self._search(read, query, terms)
            found = await search.page()
            return found if most is None else replace(found, count=await search.count(most))

    async def count(self, query: CaseQuery, most: int) -> CaseCount:
        async with self._reading(query.tenant) as read:
            [number] = await self._numbers(read, [query], most + 1)
        return _counted(number, most)

    async def counts(self, queries: Sequence[CaseQuery], most: int) -> Sequence[CaseCount]:
        if not queries:
            return []
        async with self._reading(queries[0].tenant) as read:
            numbers = await self._numbers(read, queries, most + 1)
        return [_counted(number, most) for number in numbers]

    async def _numbers(self, read: Read, queries: Sequence[CaseQuery], most: int) -> Sequence[int]:
        kinds = await listing.kinds_of(read, queries[0].tenant)
        made = self._lists.numbers(queries, kinds, most)
        (row,) = await read(made.statement, made.values)
        return [int(number) for number in row.values()]

    async def _search(self, read: Read, query: CaseQuery, terms: Sequence[Term]) -> "Search":
        index = PostgresIndex() if self._engine.dialect.name == "postgresql" else SqliteIndex()
        return Search(
            read=read,
            index=index,
            now=self._now(),
            effort=self.effort,
            query=query,
            kinds=await listing.kinds_of(read, query.tenant),
            terms=terms,
        )

    @abstractmethod
    def _reading(self, *tenants: str) -> AbstractAsyncContextManager[Read]:
        """Reads of one moment, about these tenants alone."""
        ...

    @abstractmethod
    def _now(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A look at the first cases in their order costs little, and is enough for frequent words. If it is not, words are
    rare, or rare where it looked: the index tells which. If it names too many, a long look is all there is."""

    read: Read
    index: WordIndex
    now: Any
    effort: SearchEffort
    query: CaseQuery
    kinds: Sequence[Kind]
    terms: Sequence[Term]

    async def page(self) -> Searched:
        effort, limit = self.effort, self.query.limit
        looked = effort.first_look * limit
        found = await self._look(looked)
        if len(found) == limit:
            return Searched(found)
        if await self.number(effort.few) < effort.few:
            return Searched(await self._look(effort.few))
        for further in (effort.few, effort.long_look):
            if len(found) * effort.long_look < limit * looked:
                break  # no full page is to be expected
            looked = further
            found = await self._look(looked)
            if len(found) == limit:
                return Searched(found)
        ids = await self._matching()
        if ids is not None:
            return Searched(await self._first_of(ids))
        if looked != effort.long_look:
            found = await self._look(effort.long_look)
        return Searched(found, None if len(found) == limit else await self._place(effort.long_look))

    async def count(self, most: int) -> CaseCount:
        effort = self.effort
        met, seen = await self._met(effort.few, most)
        if seen == effort.few and met * effort.most_counted > most * seen:
            met, seen = await self._met(effort.most_counted, most)
        if met > most or seen < effort.few:
            return _counted(met, most)
        ids = await self._matching()
        if ids is None:
            met, _ = await self._met(effort.most_counted, most)
            return CaseCount(min(met, most), more=True)
        return _counted(await self._number_of(ids, most + 1), most)

    async def number(self, most: int, *besides: Condition) -> int:
        """How many there are, wherever the page begins and whatever words they have; `most` at most."""
        some = listing.unordered(replace(self.query, limit=most), self.kinds, self.now, *besides).subquery()
        (row,) = await self.read(select(func.count().label("number")).select_from(some))
        return int(row["number"])

    async def _look(self, most: int) -> Sequence[Case]:
        """Those that have the terms of the first `most` in order."""
        some = listing.keys(replace(self.query, limit=most), self.kinds, self.now).subquery()
        return await self._those(some, contains(self.terms, some.c))

    async def _those(self, keys: Subquery, *conditions: Condition) -> Sequence[Case]:
        """The first of these that meet the conditions, a page at most."""
        first = select(keys).where(*conditions).order_by(*order(self.query, keys.c)).limit(self.query.limit)
        return await listing.found(await self.read(listing.whole(first, self.query)))

    async def _place(self, most: int) -> tuple[SortValue, str] | None:
        """Where a look at so many ends; None where there are not so many."""
        page = listing.keys(replace(self.query, limit=most), self.kinds, self.now).subquery()
        last = select(page).order_by(*order(self.query, page.c)).offset(most - 1).limit(1)
        rows = await self.read(last)
        return (sort_value(self.query.sort, rows[0].__getitem__), rows[0]["id"]) if rows else None

    async def _first_of(self, ids: Ids) -> Sequence[Case]:
        """Of cases that the index named. To sort them, each is read; to meet the first of many in their order, none."""
        ids = await self._narrowed(ids)
        if ids.number > self.effort.most_sorted:
            along = listing.keys(*self._walk(), self.now).subquery()
            found = await self._those(along, *self._named(ids, along.c))
            if len(found) == self.query.limit:
                return found
        if not ids.number:
            return []
        each = replace(self.query, limit=ids.number) if in_phrases(self.terms) else self.query
        named = listing.keys_of_few(each, self.kinds, self.now, self.index.among(ids)).subquery()
        return await self._those(named, *self._phrases(named.c))

    async def _number_of(self, ids: Ids, most: int) -> int:
        """Of cases that the index named, those that the query asks for; `most` at most."""
        ids = await self._narrowed(ids)
        return await self.number(most, self.index.among(ids), *self._phrases(C))

    async def _narrowed(self, ids: Ids) -> Ids:
        """Those of many that a filter leaves, where an index knows what it leaves and that is not much."""
        if ids.number <= self.effort.most_sorted or not narrow(self.query):
            return ids
        along = listing.unordered(*self._walk(), self.now).subquery()
        named = self._named(ids, along.c)
        gathered = joined(along.c.id).filter(*named).label("joined"), func.count().filter(*named).label("number")
        (row,) = await self.read(select(*gathered, func.count().label("walked")))
        return _ids(row) if row["walked"] < self.effort.long_walk else ids

    def _walk(self) -> tuple[CaseQuery, Sequence[Kind]]:
        return listing.of_readable(replace(self.query, limit=self.effort.long_walk), self.kinds)

    def _named(self, ids: Ids, cases: Any) -> Sequence[Condition]:
        return self.index.met(ids, cases), *self._phrases(cases)

    def _phrases(self, cases: Any) -> Sequence[Condition]:
        """Whether words stand in the order asked for, which an index cannot tell."""
        phrases = in_phrases(self.terms)
        return [contains(phrases, cases)] if phrases else []

    async def _matching(self) -> Ids | None:
        """All that have the terms, and perhaps some that have their words elsewhere; None: too many.

        Whose type the reader may read is found by the index; what he may read by a case role is looked at."""
        types, by_role = listing.types_of(self.query, self.kinds), listing.by_role_alone(self.query)
        found = Ids()
        if types:
            wanted = self.index.matching(self.query.tenant, types, self.terms, self.effort.most_by_index + 1)
            found = _ids(*await self.read(wanted))
        if by_role is not None and found.number <= self.effort.most_by_index:
            some, those = self._some(by_role, self.effort.most_counted)
            has = those.subquery()
            seen = select(func.count()).select_from(some).scalar_subquery()
            gathered = joined(has.c.id).label("joined"), func.count().label("number"), seen.label("seen")
            (row,) = await self.read(select(*gathered).select_from(has))
            if row["seen"] == self.effort.most_counted:
                return None
            found += _ids(row)
        return found if found.number <= self.effort.most_by_index else None

    async def _met(self, looked: int, most: int) -> tuple[int, int]:
        """How many of the first in no order have the terms, one more than `most` at most, and how many these are."""
        some, has = self._some(self.query, looked)
        met, seen = (
            select(func.count()).select_from(part).scalar_subquery() for part in (has.limit(most + 1).subquery(), some)
        )
        (row,) = await self.read(select(met.label("met"), seen.label("seen")))
        return int(row["met"]), int(row["seen"])

    def _some(self, query: CaseQuery, most: int) -> tuple[CTE, Select[Any]]:
        """The first in no order, and those of them that have the terms."""
        some = listing.unordered(replace(query, limit=most), self.kinds, self.now).cte("some")
        return some, select(some.c.id).where(contains(self.terms, some.c))


def _ids(row: RowMapping) -> Ids:
    return Ids(row["joined"] or "", row["number"])


def _counted(number: int, most: int) -> CaseCount:
    return CaseCount(min(number, most), number > most)
