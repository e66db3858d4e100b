"""Finding by words on both stores: against a reader that filters in Python, however the store goes about it."""

import asyncio
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.db import open_store
from app.db.reads.search import SearchEffort
from app.domain.case.case import Case
from app.domain.case.search_query import terms
from app.domain.case.search_text import Said, SearchText, own_words, said_words
from app.domain.schemas.text_fields import TextFields
from app.services.store.case_query import ORDERS, CaseQuery, sort_value
from app.services.store.search import CaseCount
from app.services.store.stored import Record, Visible
from tests.databases import Database
from tests.db.test_store_listing import ALL, CASES, OURS, fill, in_order, sees, visibles
from tests.factories import ALICE, TENANT
from tests.lengths import length

VOCABULARY = ("printer", "Printers", "burns", "Straße", "東京", "EXP-2026", "2026", "a_b", "o'neill", "rare", "été")
FIELDS = TextFields({"type": "object", "properties": {"text": {"type": "string"}}})
EFFORTS = (
    SearchEffort(),
    SearchEffort(first_look=1, few=3, long_look=5, most_by_index=3, most_sorted=1, long_walk=5, most_counted=5),
    SearchEffort(first_look=1, few=0, long_look=4, most_by_index=0, most_sorted=0, long_walk=4, most_counted=4),
    SearchEffort(first_look=2, few=9, long_look=2, most_by_index=50, most_sorted=2, long_walk=3, most_counted=2),
    SearchEffort(first_look=0, few=1, long_look=1, most_by_index=1, most_sorted=0, long_walk=1, most_counted=1),
    SearchEffort(
        first_look=0, few=0, long_look=500, most_by_index=500, most_sorted=500, long_walk=500, most_counted=500
    ),
    SearchEffort(first_look=0, few=0, long_look=500, most_by_index=500, most_sorted=0, long_walk=500, most_counted=0),
    SearchEffort(first_look=0, few=0, long_look=500, most_by_index=500, most_sorted=0, long_walk=3, most_counted=500),
)


def _texts() -> dict[tuple[str, str], list[str]]:
    """What is written on each case: its reference, its data, its comments; some say nothing."""
    chance = random.Random(5)

    def text() -> str:
        return " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 5)))

    return {
        (case.tenant, case.id): [text() for _ in range(number % 4)] + ["unique"] * (number == 7)
        for number, case in enumerate(CASES)
    }


TEXTS = _texts()


def searchable(case: Case) -> SearchText:
    """The first text is in its data, the others are comments."""
    own, said = TEXTS[case.tenant, case.id][:1], TEXTS[case.tenant, case.id][1:]
    words = own_words(replace(case, data={"text": own[0]} if own else {}), FIELDS)
    comments = tuple(Said(f"{case.id[:-2]}{number:02}", said_words(text)) for number, text in enumerate(said))
    return SearchText(tenant=case.tenant, case_id=case.id, case_type=case.case_type, own=words, said=comments)


def naive(case: Case, q: str) -> bool:
    """Each term of the search begins at a word of one of the texts, and ends at one unless it has a star."""
    texts = [_plain(text) for text in (case.reference or "", *TEXTS[case.tenant, case.id])]
    for term in re.findall(r'"[^"]*"\*?|\S+', q):
        ends = "" if term.endswith("*") else " "
        if not any(f" {_plain(term).strip()}{ends}" in text for text in texts):
            return False
    return True


def _plain(text: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    spaced = "".join(f" {one} " if one in "東京" else one for one in bare.casefold())
    found = " ".join(re.findall(r"[^\W_]+", spaced))
    return f" {found} "


@contextmanager
def a_searchable_store(database: Database, runner: asyncio.Runner) -> Iterator[Any]:
    store: Any = open_store(database.url)

    async def record() -> None:
        await fill(database)
        async with store.transaction(*{case.tenant for case in CASES}) as tx:
            await tx.record(Record(search_texts=[searchable(case) for case in CASES]))

    runner.run(record())
    try:
        yield store
    finally:
        runner.run(store.close())


async def all_pages(store: Any, query: CaseQuery, q: str) -> list[Case]:
    """Page through as a cursor does: after the last item, or where the search stopped."""
    cases: list[Case] = []
    wanted = query.limit
    query = replace(query, limit=wanted + 1)
    for _ in range(len(OURS) + 2):
        found = await store.search(query, terms(q))
        page = found.cases[:wanted]
        cases += page
        if len(found.cases) > wanted:
            query = replace(query, after=(sort_value(query.sort, partial(getattr, page[-1])), page[-1].id))
        elif found.stopped_at is not None:
            query = replace(query, after=found.stopped_at)
        else:
            return cases
    raise AssertionError("it does not end")


QUERIES = (
    "printer", "printer burns", "PRINTER*", "strasse", "東京", "東*x 2026", '"printer burns"', "exp-2026", "exp-20*",
    "2026 rare été", "a_b", "o'neill*", "nowhere", "unique", "r-1*", "printer nowhere", "neill o",
)  # fmt: skip
FILTERS: Sequence[dict[str, Any]] = (
    {}, {"case_type": "claim"}, {"state": "review"}, {"team": "team:a"}, {"assignee": ALICE}, {"overdue": True},
    {"case_type": "permit", "state": "checks", "overdue": False},
)  # fmt: skip


NOT_MINE = Visible(subject=ALICE, all_types=True, denied_by_role={"[creator]": frozenset({"*"})})
"""An index of words names what a case role denies; the page must not show it."""


def fits(case: Case, filters: dict[str, Any], overdue: frozenset[str]) -> bool:
    state = filters.get("state")
    return all(
        (
            filters.get("case_type") in (None, case.case_type),
            filters.get("team") in (None, case.team),
            filters.get("assignee") in (None, case.assignee),
            state is None or any(leaf == state or leaf.startswith(f"{state}.") for leaf in case.states),
            filters.get("overdue") in (None, case.id in overdue),
        )
    )


def test_all_pages_of_a_search_are_what_a_plain_reader_finds(database: Database) -> None:
    with asyncio.Runner() as runner, a_searchable_store(database, runner) as store:
        late = runner.run(store.cases(CaseQuery(tenant=TENANT, visible=ALL, overdue=True, limit=200)))
        overdue = frozenset(case.id for case in late)

        @settings(max_examples=length(15, 80), deadline=None, suppress_health_check=list(HealthCheck))
        @example("printer", {}, ALL, "due_at", 1, EFFORTS[1])
        @example("printer", {}, ALL, "-due_at", 3, EFFORTS[2])
        @example(
            "printer", {}, Visible(subject=ALICE, by_role={"[assignee]": frozenset({"*"})}), "reference", 3, EFFORTS[1]
        )
        @example(
            "printer", {}, Visible(subject=ALICE, by_role={"[creator]": frozenset({"*"})}), "opened_at", 2, EFFORTS[5]
        )
        @example("printer", {}, NOT_MINE, "opened_at", 200, EFFORTS[5])
        @example("printer", {}, NOT_MINE, "opened_at", 1, EFFORTS[6])
        @example("printer", {}, NOT_MINE, "due_at", 200, EFFORTS[6])
        @given(
            q=st.sampled_from(QUERIES),
            filters=st.sampled_from(FILTERS),
            visible=st.one_of(st.just(ALL), visibles),
            sort=st.sampled_from(ORDERS),
            limit=st.sampled_from([1, 3, 7, 200]),
            effort=st.sampled_from(EFFORTS),
        )
        def check(
            q: str, filters: dict[str, Any], visible: Visible, sort: str, limit: int, effort: SearchEffort
        ) -> None:
            store.effort = effort
            query = CaseQuery(tenant=TENANT, visible=visible, sort=sort, limit=limit, **filters)
            wanted = [c for c in OURS if sees(visible, c) and fits(c, filters, overdue) and naive(c, q)]
            assert runner.run(all_pages(store, query, q)) == in_order(wanted, sort)
            counted = runner.run(store.search(query, terms(q), 3)).count
            assert counted.value <= min(len(wanted), 3)
            assert counted == CaseCount(min(len(wanted), 3), len(wanted) > 3) or (
                counted.more and effort is not EFFORTS[0]
            )
            every = [c for c in OURS if sees(visible, c) and fits(c, filters, overdue)]
            assert runner.run(store.count(query, 3)) == CaseCount(min(len(every), 3), len(every) > 3)

        check()


@pytest.mark.parametrize("q", QUERIES)
async def test_nothing_of_another_tenant_is_found(database: Database, q: str) -> None:
    await fill(database)
    store = open_store(database.url)
    others = [case for case in CASES if case.tenant != TENANT]
    async with store.transaction(*{case.tenant for case in others}) as tx:
        await tx.record(Record(search_texts=[searchable(case) for case in others]))
    assert (await store.search(CaseQuery(tenant=TENANT, visible=ALL), terms(q))).cases == []
    await store.close()
