"""What finding cases by words, and counting them, needs from a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.case.case import Case
from app.domain.case.search_query import Term
from app.services.store.case_query import CaseQuery, SortValue


@dataclass(frozen=True, slots=True)
class CaseCount:
    """How many there are; with `more`, at least so many."""

    value: int
    more: bool


@dataclass(frozen=True, slots=True)
class Searched:
    """A page of cases in the order asked for. Where `stopped_at` is not None the store has looked long enough: what
    else there is comes after this place. `count` is that of all pages, where it was asked for."""

    cases: Sequence[Case]
    stopped_at: tuple[SortValue, str] | None = None
    count: CaseCount | None = None


class Searching(Protocol):
    async def search(self, query: CaseQuery, terms: Sequence[Term], most: int | None = None) -> Searched:
        """The cases of a page whose reference, data and comments together have all terms; with `most` also how many
        there are on all pages, exactly up to that."""
        ...

    async def count(self, query: CaseQuery, most: int) -> CaseCount:
        """How many cases all pages have together, exactly up to `most`; none but `query.limit` of it is ignored."""
        ...

    async def counts(self, queries: Sequence[CaseQuery], most: int) -> Sequence[CaseCount]:
        """The same of several queries of one tenant, in one statement."""
        ...
