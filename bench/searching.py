"""First pages and counts of what is found by words, by how frequent they are, as cases grow a thousandfold."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import product
from time import perf_counter
from typing import Any

from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.process.garbage import Garbage
from bench.grown import grown, house
from bench.harness import Bench, Row, median
from bench.lists import LIMIT, READERS, SORTS, TIMES
from bench.servers import Database
from bench.words import FREQUENT, MIDDLING, NAMES, RARE
from bench.worst import growth, slowness, worst

WORDS: Mapping[str, str] = {
    "a word in half of all": FREQUENT,
    "a rare word": RARE,
    "two names": " ".join(NAMES),
    "a reference": "REF-7",
    "the beginning of one": "REF-77*",
    "a phrase": '"printer burns"',
    "no case's word": "nobody",
}
BETWEEN = {"a word in one of a hundred": MIDDLING}
FILTERS: Mapping[str, Mapping[str, Any]] = {
    "all": {},
    "a type": {"case_type": "incident"},
    "a team": {"team": "team:7"},
}


@dataclass
class Search:
    """A first page, and how long each answer took in ms, by size of the database."""

    what: str
    wanted: Wanted
    reader: str
    filters: str
    took: dict[str, list[float]] = field(default_factory=dict)

    def __str__(self) -> str:
        counted = " and the count" if self.wanted.count else ""
        return f"{self.what} in {self.filters} as {self.reader}, sort={self.wanted.sort}{counted}"

    @property
    def ms(self) -> dict[str, float]:
        return {size: median(took) for size, took in self.took.items()}


Searches = Sequence[Search]


def searching(bench: Bench) -> Sequence[Row]:
    """In the process, with the database, without HTTP, as lists are measured."""
    typical, count, pages, between, counts = asyncio.run(_asked(grown(bench)))
    grew, slow = max(pages, key=growth), sorted(pages, key=slowness, reverse=True)
    note = "; ".join(f"{search}: {search.ms['many']:.1f} / {search.ms['few']:.1f} ms" for search in slow[:6])
    middle, counted = (max(some, key=slowness) for some in (between, counts))
    return [
        Row(f"GET /cases?q=, median of {count} pages, 1,000,000 / 1,000", *typical, "ms", 2, at_least=False),
        Row("the one that grew most", grew.ms["many"], grew.ms["few"], "ms", 2, at_least=False, note=str(grew)),
        Row("the slowest / 20 ms", slow[0].ms["many"], 20, "ms", 1, at_least=False, note=note),
        Row("a word in one case of a hundred, the slowest / 20 ms", middle.ms["many"], 20, "ms", note=str(middle)),
        Row("a page with its count, the slowest / 20 ms", counted.ms["many"], 20, "ms", note=str(counted)),
    ]


async def _asked(databases: Mapping[str, Database]) -> tuple[Sequence[float], int, Searches, Searches, Searches]:
    """What is typical, of how many pages, and the worst: of pages, of words neither rare nor frequent, of counts."""
    pages = [_search(*what) for what in product(WORDS.items(), READERS, FILTERS, SORTS)]
    between = [_search(*what) for what in product(BETWEEN.items(), READERS, FILTERS, SORTS)]
    words = {"no word": None, **WORDS}
    counts = [_search(*what, count=True) for what in product(words.items(), READERS, FILTERS, ["-changed_at"])]
    async with AsyncExitStack() as stack:
        houses = {size: await stack.enter_async_context(house(found)) for size, found in databases.items()}
        Garbage().stay()
        for search in (*pages, *between, *counts):
            for size, opened in houses.items():
                search.took[size] = [await _time(opened, search)]
        typical = [median([search.ms[size] for search in pages]) for size in ("many", "few")]
        worsts = [
            await worst(some, lambda search, size: _time(houses[size], search)) for some in (pages, between, counts)
        ]
    return typical, len(pages), *worsts


def _search(word: tuple[str, str | None], reader: str, filters: str, sort: str, count: bool = False) -> Search:
    what, q = word
    return Search(what, Wanted(sort=sort, limit=LIMIT, q=q, count=count, **FILTERS[filters]), reader, filters)


async def _time(opened: Assembly, search: Search) -> float:
    took = []
    for _ in range(TIMES):
        began = perf_counter()
        await opened.cases.find(READERS[search.reader], search.wanted)
        took.append((perf_counter() - began) * 1000)
    return median(took)
