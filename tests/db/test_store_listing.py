"""Every filter, order and visibility of a page of cases, against a plain Python filter."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from app.db import open_store
from app.db.reads import listing
from app.db.reads.filters import NARROW, SQL
from app.db.tables.tables import CASES as CASES_TABLE
from app.db.tables.tables import ROLE
from app.domain.case.case import Case
from app.services.store import case_query, may_see
from app.services.store.case_query import ORDERS, QUEUE, CaseQuery, sort_value
from app.services.store.ports import Store
from app.services.store.search import CaseCount
from app.services.store.stored import Visible
from tests.clock_making import IN_THE_FUTURE, LONG_AGO
from tests.databases import Database, engine_of
from tests.factories import ALICE, BOB, OPENED, TENANT, TENANTS, a_case, opening, told
from tests.lengths import LONG, length

ALL = Visible(subject=ALICE, all_types=True)
AFTER_ALL = datetime(9999, 1, 1, tzinfo=UTC)
TYPES = ("claim", "permit", "complaint")
STATES = (
    "draft",
    "review",
    "review.first_line",
    "review.first_line.deep",
    "reviewed",
    "review_x.first",
    "checks.budget.open+checks.fraud.open",
    "checks.budget.ok+checks.fraud.ok",
    "a.x+b+c.y",
)
LIMITS = (1, 4, 200) if LONG else (3, 200)
DUE = (None, LONG_AGO, IN_THE_FUTURE, LONG_AGO + timedelta(microseconds=1), None)


def some_cases() -> list[Case]:
    """Cases that meet each value often, in clusters of equal times, so that only the id orders them."""
    cycles = zip(
        itertools.cycle(TYPES),
        itertools.cycle(STATES),
        itertools.cycle((None, ALICE, BOB, None)),
        itertools.cycle((None, "team:a", "team:b", "team:a", None)),
        range(45),
        strict=False,
    )
    cases = [
        a_case(
            case_type=case_type,
            state=state,
            assignee=assignee,
            team=team,
            creator=(ALICE, BOB)[number % 7 == 0],
            reference=None if number % 3 == 0 else f"{'rR'[number % 2]}-{number}",
            urgency=number % 4 - 1,
            opened_at=OPENED + timedelta(microseconds=number % 5),
            closed_at=OPENED if number % 4 == 3 else None,
            changed_at=OPENED + timedelta(days=number % 6),
            due_at=DUE[number // 3 % len(DUE)],
        )
        for case_type, state, assignee, team, number in cycles
    ]
    return [*cases, *(told(replace(case, tenant="globex", state="draft")) for case in cases[:9])]


CASES = some_cases()
OURS = [case for case in CASES if case.tenant == TENANT]
# (case id, subject, role): Bob handles some cases of Alice's, and the other tenant's twins tempt.
ROLES = {(case.id, (ALICE, BOB)[i % 2], ("[handler]", "[witness]")[i % 3 == 0]) for i, case in enumerate(OURS[::4])}


@pytest.fixture
async def listed(database: Database) -> AsyncIterator[Store]:
    await fill(database)
    store = open_store(database.url)
    yield store
    await store.close()


async def fill(database: Database) -> None:
    store = open_store(database.url)
    async with store.transaction(*TENANTS) as tx:
        await tx.record(opening(*CASES))
    await store.close()
    engine = engine_of(database.admin_url)
    async with engine.begin() as connection:
        given_roles = [{"tenant": TENANT, "case_id": c, "subject": s, "role": r} for c, s, r in sorted(ROLES)]
        foreign = [{"tenant": "globex", "case_id": c.id, "subject": ALICE, "role": "[handler]"} for c in OURS]
        await connection.execute(insert(ROLE), [*given_roles, *foreign])
    await engine.dispose()


async def all_pages(store: Store, query: CaseQuery) -> list[Case]:
    """Page through by the last item, as a cursor does."""
    cases: list[Case] = []
    while page := await store.cases(query):
        assert len(page) <= query.limit
        assert len(cases) < len(OURS)
        cases.extend(page)
        place = sort_value(query.sort, partial(getattr, page[-1]))
        query = replace(query, after=(place, page[-1].id))
    return cases


def in_order(cases: list[Case], sort: str) -> list[Case]:
    """Backwards is forwards reversed, but cases that are never due come last either way."""
    if sort == QUEUE:
        return sorted(cases, key=lambda case: (case.due_at or AFTER_ALL, -case.urgency, case.opened_at, case.id))
    column, descending = sort.removeprefix("-"), sort.startswith("-")

    def place(case: Case):
        value = getattr(case, column)
        return (value is None, value if value is not None else 0, case.id)

    ordered = sorted(cases, key=place, reverse=descending)
    return sorted(ordered, key=lambda case: case.due_at is None) if column == "due_at" else ordered


@pytest.mark.parametrize("limit", LIMITS)
async def test_every_order_pages_through_all_cases_once(listed, limit):
    for sort in ORDERS:
        assert await all_pages(listed, CaseQuery(tenant=TENANT, visible=ALL, sort=sort, limit=limit)) == in_order(
            OURS, sort
        ), sort


async def test_whoever_asks_alike_is_answered_by_one_statement_with_values_of_their_own(listed):
    alice = CaseQuery(tenant=TENANT, visible=Visible(subject=ALICE, by_role={"[creator]": frozenset("*")}), limit=200)
    bob = replace(alice, visible=replace(alice.visible, subject=BOB))
    for who in (alice, bob, replace(alice, assignee=ALICE), replace(bob, assignee=BOB)):
        theirs = [
            case for case in OURS if case.creator == who.visible.subject and who.assignee in (None, case.assignee)
        ]
        assert theirs
        assert {case.id for case in await listed.cases(who)} == {case.id for case in theirs}
        assert await listed.counts([who, alice], 200) == [CaseCount(len(theirs), False), await listed.count(alice, 200)]
    assert len(listed._lists._made) == 5  # pages and counts, each with and without an assignee; one count alone


async def test_what_is_overdue_is_so_when_it_is_asked_again(database):
    await fill(database)
    if database.kind != "sqlite":
        pytest.skip("on PostgreSQL time is the database's, which no test moves")
    now = LONG_AGO
    store = open_store(database.url, now=lambda: now)
    overdue = CaseQuery(tenant=TENANT, visible=ALL, overdue=True, limit=200)
    assert len(await store.cases(overdue)) == 0
    now = AFTER_ALL
    assert {case.id for case in await store.cases(overdue)} == {case.id for case in OURS if case.due_at}
    await store.close()


async def test_an_unknown_order_is_an_error(listed):
    with pytest.raises(ValueError, match="data"):
        await listed.cases(CaseQuery(tenant=TENANT, visible=ALL, sort="data"))


FILTERS = [
    {"case_type": "claim"},
    {"assignee": ALICE},
    {"team": "team:a"},
    {"reference": "R-1"},
    {"reference": "r-2"},
    {"reference": "%"},
    {"case_type": "claim", "team": "team:b", "assignee": BOB},
]


def test_every_filter_means_something_in_sql():
    assert set(SQL) == set(case_query.FILTERS) >= set(NARROW)


WORK = [
    ({"open": True}, lambda case: case.closed_at is None),
    ({"open": False}, lambda case: case.closed_at is not None),
    ({"open": True, "assignee": ALICE}, lambda case: case.closed_at is None and case.assignee == ALICE),
    ({"open": True, "unassigned": True}, lambda case: case.closed_at is None and case.assignee is None),
    ({"unassigned": False}, lambda case: case.assignee is not None),
    ({"creator": BOB}, lambda case: case.creator == BOB),
    ({"due_before": OPENED}, lambda case: case.due_at is not None and case.due_at < OPENED),
    (
        {"open": True, "teams": frozenset({"team:a", "team:b"})},
        lambda case: case.closed_at is None and case.team is not None,
    ),
    ({"teams": frozenset()}, lambda case: False),
    ({"changed_after": OPENED + timedelta(days=3)}, lambda case: case.changed_at > OPENED + timedelta(days=3)),
    ({"open": True, "overdue": True}, lambda case: case.closed_at is None and case.due_at in DUE[1::2]),
]
OF_BOB = Visible(subject=BOB, by_role={"[creator]": frozenset({"*"})}, types=frozenset({"permit"}))


async def test_work_is_listed_by_due_moment_then_urgency_then_age_and_counted(listed):
    """Many are due at one moment, equally urgent and of one age: only the id orders these."""
    for (filters, holds), visible, limit in itertools.product(WORK, (ALL, OF_BOB), LIMITS):
        wanted = [case for case in OURS if holds(case) and sees(visible, case)]
        query = CaseQuery(tenant=TENANT, visible=visible, sort=QUEUE, limit=limit, **filters)
        assert await all_pages(listed, query) == in_order(wanted, QUEUE), (filters, visible, limit)
        assert await listed.counts([query, query], 1000) == [CaseCount(len(wanted), False)] * 2
        if wanted:
            assert await listed.counts([query], len(wanted) - 1) == [CaseCount(len(wanted) - 1, True)]


@pytest.mark.parametrize("filters", FILTERS)
async def test_a_filter_takes_equal_values(listed, filters):
    wanted = [case for case in OURS if all(getattr(case, name) == value for name, value in filters.items())]
    query = CaseQuery(tenant=TENANT, visible=ALL, limit=2, **filters)
    assert await all_pages(listed, query) == in_order(wanted, "-changed_at")


@pytest.mark.parametrize("sort", ["due_at", "-due_at", *(("-changed_at", "reference") if LONG else ())])
@pytest.mark.parametrize("filters", [{}, {"case_type": "claim"}, {"state": "review", "team": "team:a"}])
async def test_what_is_overdue_is_past_its_due_moment_and_the_rest_is_not(listed, filters, sort):
    shown = {}
    for overdue in (True, False, None):
        shown[overdue] = await all_pages(
            listed, CaseQuery(tenant=TENANT, visible=ALL, overdue=overdue, sort=sort, limit=4, **filters)
        )
    assert all(case.due_at is not None and case.due_at < OPENED for case in shown[True])
    assert all(case.due_at in (None, IN_THE_FUTURE) for case in shown[False])
    assert in_order([*shown[True], *shown[False]], sort) == shown[None]
    assert all(shown.values())


@pytest.mark.parametrize("sort", ["due_at", "-due_at"])
async def test_by_due_moment_only_the_visible_are_listed(listed, sort):
    for visible in (
        Visible(subject=BOB, by_role={"[creator]": frozenset({"*"})}),
        Visible(subject=BOB, types=frozenset({"permit"})),
    ):
        found = await all_pages(listed, CaseQuery(tenant=TENANT, visible=visible, sort=sort, limit=1))
        assert found == in_order([case for case in OURS if sees(visible, case)], sort)
        assert found
    assert await listed.cases(CaseQuery(tenant=TENANT, visible=Visible(subject=BOB), sort=sort)) == []
    assert await listed.cases(CaseQuery(tenant="nobody", visible=ALL, sort=sort)) == []


async def test_nothing_is_overdue_at_its_due_moment(tmp_path, sqlite_template):
    file = tmp_path / "driven.db"
    file.write_bytes(sqlite_template.read_bytes())
    time = [OPENED]
    store = open_store(f"sqlite+aiosqlite:///{file}", now=lambda: time[0])
    case = a_case(due_at=OPENED)
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))
    overdue = CaseQuery(tenant=TENANT, visible=ALL, overdue=True)
    assert await store.cases(overdue) == []
    time[0] += timedelta(microseconds=1)
    assert await store.cases(overdue) == [case]
    await store.close()


WANTED = ["review", "checks", "checks.fraud", "checks.fraud.open", "b", "c", "a", "review.first", "review_x", "REVIEW"]


@pytest.mark.parametrize("state", [*WANTED, "r_view", "review%", "checks.budget.open+checks.fraud.open", "x+b"])
async def test_a_state_is_found_with_its_substates_in_every_region(listed, state):
    def is_in(case: Case) -> bool:
        return case.state == state or any(leaf == state or leaf.startswith(f"{state}.") for leaf in case.states)

    found = await all_pages(listed, CaseQuery(tenant=TENANT, visible=ALL, state=state, limit=7))
    assert found == in_order([case for case in OURS if is_in(case)], "-changed_at")


def sees(visible: Visible, case: Case) -> bool:
    def stands(by_role) -> bool:
        return any(plays(role) and types & {"*", case.case_type} for role, types in by_role.items())

    def plays(role: str) -> bool:
        if role == "[creator]":
            return case.creator == visible.subject
        if role == "[assignee]":
            return case.assignee == visible.subject
        return (case.id, visible.subject, role) in ROLES

    allowed = visible.all_types or case.case_type in visible.types or stands(visible.by_role)
    denied = visible.denied_all or case.case_type in visible.denied_types or stands(visible.denied_by_role)
    return bool(allowed and not denied)


types = st.frozensets(st.sampled_from(TYPES))
by_role = st.dictionaries(
    st.sampled_from(["[creator]", "[assignee]", "[handler]", "[witness]", "[absent]"]),
    st.frozensets(st.sampled_from([*TYPES, "*"])),
    max_size=3,
)


def standing(case: Case) -> may_see.CaseStanding:
    """The case as it is read once for many, for whom the same predicate is asked without a database."""
    given = frozenset((subject, role) for of, subject, role in ROLES if of == case.id)
    return may_see.CaseStanding(case.case_type, case.creator, case.assignee, given)


visibles = st.builds(
    Visible,
    subject=st.sampled_from([ALICE, BOB]),
    all_types=st.booleans(),
    types=types,
    by_role=by_role,
    denied_all=st.sampled_from([False, False, False, True]),
    denied_types=types,
    denied_by_role=by_role,
)


@contextmanager
def a_filled_store(database: Database, runner: asyncio.Runner) -> Iterator[Store]:
    runner.run(fill(database))
    store = open_store(database.url)
    try:
        yield store
    finally:
        runner.run(store.close())


def test_just_the_visible_cases_are_listed(database):
    with asyncio.Runner() as runner, a_filled_store(database, runner) as store:

        @settings(max_examples=length(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
        @example(Visible(subject=ALICE, by_role={"[handler]": frozenset({"*"})}), 200)
        @example(Visible(subject=BOB, all_types=True, denied_by_role={"[handler]": frozenset({"claim"})}), 200)
        @example(Visible(subject=ALICE, all_types=True, denied_by_role={"[assignee]": frozenset({"*"})}), 200)
        @given(visible=visibles, limit=st.sampled_from([5, 200]))
        def check(visible: Visible, limit: int) -> None:
            listed = runner.run(all_pages(store, CaseQuery(tenant=TENANT, visible=visible, limit=limit)))
            assert listed == in_order([case for case in OURS if sees(visible, case)], "-changed_at")
            assert [case for case in OURS if may_see.sees(visible, standing(case))] == [
                c for c in OURS if sees(visible, c)
            ]

        check()


async def test_the_kinds_of_cases_and_a_page_of_them_are_of_one_moment(postgres: Database):
    """Else a case of a type that is new in between could stand on the page of somebody who may not read it."""
    store = open_store(postgres.url)
    async with store._reading(TENANT) as read:
        assert await listing.kinds_of(read, TENANT) == []
        await fill(postgres)
        assert await read(select(CASES_TABLE.c.id)) == []
    assert await store.cases(CaseQuery(tenant=TENANT, visible=ALL, limit=1)) != []
    await store.close()
