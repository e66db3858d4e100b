"""Pages of cases, the first and the 500th, by every filter, sort and kind of reader, as cases grow a thousandfold."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import product
from time import perf_counter
from typing import Any

from sqlalchemy import Select, TextClause, func, select
from sqlalchemy.engine import RowMapping

from app.db.reads import listing
from app.db.store import SqlStore
from app.domain.case.attempt import Actor
from app.domain.case.case import Case
from app.services.assembly import Assembly
from app.services.cases.cursors import cursor_of, place_of
from app.services.cases.views import Wanted
from app.services.process.garbage import Garbage
from app.services.store.case_query import ORDERS, QUEUE, CaseQuery
from bench.grown import grown, house
from bench.harness import Bench, Row, median
from bench.servers import TENANT, Database
from bench.worst import growth, slowness, worst

LIMIT = 50
DEEP = 500
TIMES = 2
READERS = {
    "an admin": Actor(tenant=TENANT, id="user:root", roles=frozenset({"role:admin"})),
    "a clerk": Actor(tenant=TENANT, id="user:w7", roles=frozenset({"role:clerk"})),
    "a creator": Actor(tenant=TENANT, id="user:c7"),
    "an assignee": Actor(tenant=TENANT, id="user:w7"),
}
FILTERS: Mapping[str, Mapping[str, Any]] = {
    "all": {},
    "a case type": {"case_type": "incident"},
    "a state": {"state": "submitted"},
    "a state and those below": {"state": "support"},
    "a rare state": {"state": "checks"},
    "a state and a case type": {"state": "review", "case_type": "expense_claim"},
    "a team": {"team": "team:7"},
    "a team and a state": {"team": "team:7", "state": "submitted"},
    "an assignee": {"assignee": "user:w7"},
    "an assignee and a state": {"assignee": "user:w7", "state": "support"},
    "overdue": {"overdue": True},
    "a reference": {"case_type": "expense_claim", "reference": "REF-7"},
}
SORTS = [sort for sort in ORDERS if sort != QUEUE]
"""The order of work has an index for queues, and no other list."""


@dataclass
class Question:
    """A page that somebody asks for, and how long each answer took in ms, by size of the database."""

    reader: str
    filters: str
    sort: str
    deep: bool
    wanted: dict[str, Wanted] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)

    def __str__(self) -> str:
        page = f"page {DEEP} or the last" if self.deep else "first page"
        return f"{self.filters} as {self.reader}, sort={self.sort}, {page}"

    @property
    def ms(self) -> dict[str, float]:
        return {size: median(took) for size, took in self.took.items()}


def lists(bench: Bench) -> Sequence[Row]:
    """In the process, with the database, without HTTP, which costs the same for both."""
    typical, count, worst = asyncio.run(_asked(grown(bench)))
    grew, slowest = max(worst, key=growth), sorted(worst, key=slowness, reverse=True)
    note = "; ".join(f"{question}: {question.ms['many']:.1f} / {question.ms['few']:.1f} ms" for question in slowest[:6])
    ms = grew.ms
    return [
        Row(f"GET /cases, median of {count} pages, 1,000,000 cases / 1,000", *typical, "ms", 2, at_least=False),
        Row("the one that grew most", ms["many"], ms["few"], "ms", 2, at_least=False, note=str(grew)),
        Row("the slowest / 20 ms", slowest[0].ms["many"], 20, "ms", 1, at_least=False, note=note),
    ]


async def _asked(databases: Mapping[str, Database]) -> tuple[Sequence[float], int, Sequence[Question]]:
    """What is typical, of how many pages, and the worst of them."""
    questions = [Question(*what) for what in product(READERS, FILTERS, SORTS, (False, True))]
    async with AsyncExitStack() as stack:
        houses = {size: await stack.enter_async_context(house(found)) for size, found in databases.items()}
        for question in questions:
            for size, opened in houses.items():
                question.wanted[size] = await _wanted(opened, question)
        Garbage().stay()
        for question in questions:
            for size, opened in houses.items():
                question.took[size] = [await _time(opened, question, size)]
        typical = [median([question.ms[size] for question in questions]) for size in ("many", "few")]
        found = await worst(questions, lambda question, size: _time(houses[size], question, size))
    return typical, len(questions), found


async def _time(opened: Assembly, question: Question, size: str) -> float:
    took = []
    for _ in range(TIMES):
        began = perf_counter()
        await opened.cases.find(READERS[question.reader], question.wanted[size])
        took.append((perf_counter() - began) * 1000)
    return median(took)


async def _wanted(opened: Assembly, question: Question) -> Wanted:
    """The page, by a cursor where it is not the first: the last full one where there are no 500."""
    wanted = Wanted(sort=question.sort, limit=LIMIT, **FILTERS[question.filters])
    if not question.deep:
        return wanted
    reader, engine = READERS[question.reader], opened.policies.engine
    visible = engine.visible(TENANT, reader.id, engine.closure(TENANT, reader.id, reader.roles))
    query = CaseQuery(
        tenant=TENANT, visible=visible, sort=question.sort, limit=DEEP * LIMIT, **FILTERS[question.filters]
    )
    count = await _count(opened, query)
    pages = min(DEEP, count // LIMIT)
    if pages < 2:
        return wanted
    before = await _last_of(opened, replace(query, limit=(pages - 1) * LIMIT))
    return replace(wanted, cursor=cursor_of(place_of(before, question.sort), question.sort))


async def _count(opened: Assembly, query: CaseQuery) -> int:
    page = (await _page(opened, query)).subquery()
    [row] = await _rows(opened, select(func.count().label("count")).select_from(page))
    return int(row["count"])


async def _last_of(opened: Assembly, query: CaseQuery) -> Case:
    [case] = await listing.found(await _rows(opened, (await _page(opened, query)).offset(query.limit - 1).limit(1)))
    return case


async def _page(opened: Assembly, query: CaseQuery) -> Select[Any]:
    assert isinstance(opened.store, SqlStore)
    async with opened.store._reading(query.tenant) as read:
        kinds = await listing.kinds_of(read, query.tenant)
    return listing.page(query, kinds, opened.store._now())


async def _rows(opened: Assembly, statement: Select[Any] | TextClause) -> Sequence[RowMapping]:
    assert isinstance(opened.store, SqlStore)
    return await opened.store._rows(statement, TENANT)
