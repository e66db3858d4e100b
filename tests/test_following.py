"""Streams of the log: every entry once, in order, for whom it is, until a right or the service ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from app.db import open_store
from app.domain.errors import Unauthenticated, Unavailable
from app.services.log_store import FROM_THE_FIRST
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    STRANGER,
    actor,
    another_process,
    attempt,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    submit,
)
from tests.sequenced import check_the_order


def admitting(by):
    async def admitted():
        return by

    return admitted


def following(house, by=ADMIN, case_id=None, after=FROM_THE_FIRST):
    return aclosing(house.ledger.follow(admitting(by), case_id, after))


async def numbers(pages, count):
    """The next `count` leaf indexes of a stream."""
    found = []
    while len(found) < count:
        found += [leaf.leaf_index for leaf in (await anext(pages)).items]
    return found


async def ends(pages):
    """The stream ends by itself, and nothing comes before."""
    async for page in pages:
        assert not page.items
    return True


async def test_it_begins_with_what_is_there_and_goes_on_with_what_comes(house):
    await open_claim(house)
    await house.ledger.sequence()
    async with following(house) as pages:
        assert await numbers(pages, 1) == [0]
        await open_claim(house)
        await open_claim(house)
        await house.ledger.sequence()
        assert await numbers(pages, 2) == [1, 2]


async def test_it_goes_on_behind_the_last_entry_that_was_seen(house):
    for _ in range(4):
        await open_claim(house)
    await house.ledger.sequence()
    async with following(house, after=1) as pages:
        assert await numbers(pages, 2) == [2, 3]


async def test_now_leaves_out_what_was_before(house):
    await open_claim(house)
    await house.ledger.sequence()
    async with following(house, after=None) as pages:
        assert (await anext(pages)).next_after == 0
        await open_claim(house)
        await house.ledger.sequence()
        assert await numbers(pages, 1) == [1]


async def test_a_case_shows_its_own_entries_and_its_refused_attempts(house):
    case_id = await open_claim(house)
    await open_claim(house)
    await fire(house, case_id, "approve", STRANGER)
    await fired(house, case_id, "triage", CLERK)
    await house.ledger.sequence()
    async with following(house, ALICE, case_id) as pages:
        assert await numbers(pages, 3) == [0, 2, 3]


async def test_who_watches_a_case_is_not_woken_by_others(house):
    case_id = await open_claim(house)
    await house.ledger.sequence()
    async with house.arrivals.watching(ADMIN.tenant, case_id) as mine, house.arrivals.watching(ADMIN.tenant) as all_of:
        assert await mine.more(30)  # after the first look, whose size may be newer than what was read
        assert await all_of.more(30)
        await open_claim(house)
        await house.ledger.sequence()
        assert await all_of.more(30)
        assert not mine.grown.is_set()


async def test_the_tenants_stream_leaves_out_what_the_caller_may_not_read(house):
    async with following(house, ALICE) as pages:
        for by in (ALICE, actor("berta"), ALICE):
            await open_claim(house, by=by)
        await house.ledger.sequence()
        assert await numbers(pages, 2) == [0, 2]


async def test_a_silent_stream_says_that_it_lives_and_how_far_it_came(house, monkeypatch):
    monkeypatch.setattr("app.services.ledger.HEARTBEAT", 0)
    await open_claim(house, by=actor("berta"))
    await house.ledger.sequence()
    async with following(house, ALICE) as pages:
        told = [await anext(pages) for _ in range(3)]
    assert [(page.items, page.next_after) for page in told] == [((), -1), ((), 0), ((), 0)]


@pytest.mark.parametrize("of_a_case", [True, False])
async def test_a_right_that_is_taken_away_ends_a_stream_at_the_next_entry(house, database, of_a_case):
    case_id = await open_claim(house)
    await house.ledger.sequence()
    async with following(house, CLERK, case_id if of_a_case else None) as pages:
        async with another_process(database) as other:
            await let_nobody_read(other, "expense_claim")
            for case_type in ("incident", "permit"):
                await let_nobody_read(other, case_type)
            await fired(other, case_id, "triage", CLERK)
            await other.ledger.sequence()
        assert await ends(pages)


async def test_whoever_is_not_admitted_any_more_sees_nothing_more(house):
    async def admitted():
        if expired.is_set():
            raise Unauthenticated("The token has expired.")
        return ADMIN

    expired = asyncio.Event()
    await open_claim(house)
    await house.ledger.sequence()
    async with aclosing(house.ledger.follow(admitted, None, FROM_THE_FIRST)) as pages:
        assert await numbers(pages, 1) == [0]
        expired.set()
        await open_claim(house)
        await house.ledger.sequence()
        assert await ends(pages)


async def test_a_stop_of_the_service_ends_it(house):
    async with following(house) as pages:
        await anext(pages)
        waits = asyncio.create_task(ends(pages))
        await asyncio.sleep(0)
        house.arrivals.close()
        assert await waits


async def test_so_many_may_wait_and_no_more(house, monkeypatch):
    monkeypatch.setattr("app.services.arrivals.MOST_WATCHES", 1)
    house.ledger.check_room()
    async with following(house) as pages:
        await anext(pages)
        with pytest.raises(Unavailable):
            house.ledger.check_room()
    house.ledger.check_room()


async def test_nobody_is_looked_for_when_nobody_watches(house):
    async with following(house) as pages:
        await anext(pages)
    assert not house.arrivals._watched
    assert not house.arrivals._someone.is_set()


async def test_notices_are_heard_and_a_connection_that_broke_is_made_again(postgres, monkeypatch):
    monkeypatch.setattr("app.services.arrivals.LISTEN_AGAIN", 0)
    store = open_store(postgres.url)
    heard: asyncio.Queue[str] = asyncio.Queue()
    hears = await store.listen(heard.put_nowait)
    async with another_process(postgres, None) as other:
        await open_claim(other)
        await other.ledger.sequence()
        assert {await heard.get(), await heard.get()} == {"*", "acme"}
        store._ear._driver.terminate()
        assert not hears()
        assert (await store.listen(heard.put_nowait))()
        await open_claim(other)
        await other.ledger.sequence()
        assert await heard.get() == "acme"
    await store.close()


@asynccontextmanager
async def sequencing(*houses) -> AsyncIterator[None]:
    """Each process tries all the time."""

    async def forever(house):
        while True:
            await house.ledger.sequence(7)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(forever(house)) for house in houses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_along(house, until, by=ADMIN, case_id=None, restart_after=10):
    """Every stream breaks off now and then, and another one goes on behind the last entry that was seen."""
    seen, after = [], FROM_THE_FIRST
    while len(seen) < until:
        async with following(house, by, case_id, after) as pages:
            seen += await numbers(pages, min(restart_after, until - len(seen)))
            after = seen[-1]
    return seen


async def test_every_entry_comes_once_and_in_order_in_two_processes_while_16_write(house, database):
    async def write(where, number):
        case_id = await open_claim(where, by=actor(f"user{number}"))
        for _ in range(4):
            await submit(where, attempt(STRANGER, "approve", case_id), attempt(CLERK, "add_note", case_id))
        return case_id

    async with another_process(database) as other, sequencing(house, other):
        whole = 16 * 9
        readers = [asyncio.create_task(read_along(where, whole)) for where in (house, other)]
        cases = await asyncio.gather(*(write(where, number) for number in range(8) for where in (house, other)))
        streams = await asyncio.gather(*readers)
        assert len(set(cases)) == 16
        of_a_case = await read_along(other, 9, case_id=cases[0], restart_after=2)
    assert streams == [list(range(whole))] * 2
    assert of_a_case == sorted(set(of_a_case))
    await check_the_order(database)
