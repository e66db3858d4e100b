"""What a page reads at once: over one connection, of one moment, about its own tenant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.db import open_store
from app.db.connections.sqlite_library import HAS_WAL
from app.services.store.case_query import CaseQuery
from app.services.store.ports import Store
from app.services.store.stored import CaseKey, Visible
from tests.databases import Database
from tests.db.test_saved_views import a_view
from tests.factories import ALICE, BOB, TENANT, a_case, opening

ALL = CaseQuery(tenant=TENANT, visible=Visible(subject=ALICE, all_types=True))


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    if database.kind == "sqlite" and not HAS_WAL:
        pytest.skip("without a WAL each read is for itself: whoever writes would wait for all of them")
    opened = open_store(database.url, pool_size=3)
    yield opened
    await opened.close()


async def opened(store: Store, *cases) -> None:
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(*cases))


async def test_it_is_of_the_moment_of_the_first_read(store):
    await opened(store, a_case())
    async with store.together(TENANT):
        assert len(await store.cases(ALL)) == 1
        await opened(store, a_case())
        assert len(await store.cases(ALL)) == 1
    assert len(await store.cases(ALL)) == 2


async def test_all_of_a_page_takes_one_connection(store):
    async with store.together(TENANT):
        await asyncio.gather(*(store.cases(ALL) for _ in range(5)), *(store.policy_version() for _ in range(5)))
        assert store.connections().in_use == 1
        async with store.together(TENANT):
            assert await store.cases(ALL) == []
        assert store.connections().in_use == 1
    assert store.connections().in_use == 0


async def test_at_most_half_of_the_connections_are_held(store):
    """Where pages that wait for a turn held all of them, nobody else would read anything."""
    async with store.together(TENANT):
        assert await store.cases(ALL) == []
        async with store.together("globex"):
            assert store.connections().in_use == 1
            assert await store.saved_views("globex", BOB) == []
            assert store.connections().in_use == 1


async def test_another_tenant_is_read_for_itself(store):
    foreign = a_view(tenant="globex", shared=True)
    await store.keep_view(foreign)
    async with store.together(TENANT):
        assert await store.saved_views(TENANT, ALICE) == []
        assert await store.saved_views("globex", BOB) == [foreign]


async def test_whoever_did_not_begin_it_reads_for_itself(store):
    began, over = asyncio.Event(), asyncio.Event()

    async def somebody() -> int:
        await began.wait()
        try:
            return len(await store.cases(ALL))
        finally:
            over.set()

    other = asyncio.create_task(somebody())
    async with store.together(TENANT):
        assert await store.cases(ALL) == []
        await opened(store, a_case())
        began.set()
        await over.wait()
    assert await other == 1


async def test_who_still_asks_at_the_end_gets_an_answer_and_nobody_else_their_connection(store):
    await opened(store, a_case())
    async with store.together(TENANT):
        late = [asyncio.create_task(store.cases(ALL)) for _ in range(5)]
        await asyncio.sleep(0)
    assert [len(found) for found in await asyncio.gather(*late)] == [1] * 5
    assert store.connections().in_use == 0


async def test_what_fails_in_it_ends_it_and_leaves_nothing_behind(store):
    async def failing() -> None:
        async with store.together(TENANT):
            await store.cases(ALL)
            raise LookupError

    with pytest.raises(LookupError):
        await failing()
    assert store.connections().in_use == 0
    assert await store.cases(ALL) == []


async def test_a_case_is_read_with_the_rest_and_of_the_same_moment(store):
    case = a_case()
    await opened(store, case)
    async with store.together(TENANT):
        assert len(await store.cases(ALL)) == 1
        found = await store.case(CaseKey(TENANT, case.id))
        assert found is not None
        assert found.case == case
        assert store.connections().in_use == 1
        later = a_case()
        await opened(store, later)
        assert await store.case(CaseKey(TENANT, later.id)) is None
    assert await store.case(CaseKey(TENANT, later.id)) is not None


async def test_another_task_may_end_it_and_who_began_it_reads_on_for_itself(store):
    await opened(store, a_case())
    async with AsyncExitStack() as reading:
        await reading.enter_async_context(store.together(TENANT))
        assert len(await store.cases(ALL)) == 1
        await asyncio.create_task(reading.aclose())
        assert store.connections().in_use == 0
        await opened(store, a_case())
        assert len(await store.cases(ALL)) == 2
    assert store.connections().in_use == 0
