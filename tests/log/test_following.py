"""Streams of the log: every entry once, in order, for whom it is, until a right or the service ends."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from app.db import open_store
from app.domain.policy.scope import Scope
from app.domain.values.errors import TooMany, Unauthenticated, Unavailable
from app.services.fairness import yielding
from app.services.log.watches import WatchLimits
from app.services.store.log import FROM_THE_FIRST
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
    running,
    submit,
)
from tests.log.test_feed import note
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
    async with (
        house.log_watches.watching(ADMIN.tenant, ADMIN.id, case_id) as mine,
        house.log_watches.watching(ADMIN.tenant, ADMIN.id) as all_of,
    ):
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
    monkeypatch.setattr("app.services.log.ledger.HEARTBEAT", 0)
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
        house.log_watches.close()
        assert await waits


async def begun(stack, house, by, case_id=None):
    """A stream that holds its place until the stack is closed."""
    pages = await stack.enter_async_context(following(house, by, case_id))
    await anext(pages)
    return pages


ELSEWHERE = actor("vera", "admin", tenant="victim")


@pytest.mark.parametrize(
    ("limits", "one_more", "others"),
    [
        (WatchLimits(streams_per_caller=2), (TooMany, ALICE), (CLERK, ELSEWHERE)),
        (WatchLimits(streams_per_tenant=2), (TooMany, CLERK), (ELSEWHERE,)),
        (WatchLimits(all=2), (Unavailable, ELSEWHERE), ()),
    ],
)
async def test_so_many_may_wait_and_no_more(store, limits, one_more, others):
    refusal, by = one_more
    async with running(store, watches=limits) as house:
        async with AsyncExitStack() as stack:
            for _ in range(2):
                await begun(stack, house, ALICE)
            for waits in (begun(stack, house, by), house.ledger.feed(by, FROM_THE_FIRST, 10, 30, admitting(by))):
                with pytest.raises(refusal):
                    await waits
            assert await house.ledger.feed(by, FROM_THE_FIRST, 10, 0, admitting(by))
            for other in others:
                await begun(stack, house, other)
        async with AsyncExitStack() as stack:  # whoever closes frees the place
            await begun(stack, house, by)


async def test_one_read_serves_all_who_wait_in_a_tenant(house, monkeypatch):
    reads = Counter()
    for name in ("tail", "leaves", "case_leaves", "log_size", "policy_version", "case"):
        counted(monkeypatch, house.store, name, reads)
    case_id = await open_claim(house)
    await house.ledger.sequence()
    async with AsyncExitStack() as stack:
        streams = [await begun(stack, house, by, of) for by in (ADMIN, CLERK, ALICE) for of in (None, case_id) * 8]
        assert await asyncio.gather(*(numbers(pages, 1) for pages in streams)) == [[0]] * 48
        waiting = [asyncio.ensure_future(numbers(pages, 1)) for pages in streams]
        await settled(house)
        reads.clear()
        await fired(house, case_id, "triage", CLERK)
        decided = reads.copy()
        await house.ledger.sequence()
        assert await asyncio.gather(*waiting) == [[1]] * 48
    assert reads["tail"] == 1
    assert reads["leaves"] + reads["case_leaves"] + reads["log_size"] + reads["case"] - decided["case"] == 0
    assert reads["policy_version"] - decided["policy_version"] == 1


async def test_the_policy_is_asked_once_for_all_streams_of_somebody(house, monkeypatch):
    engine, asked = house.policies.engine, Counter()
    visible = engine.visible
    monkeypatch.setattr(engine, "visible", lambda *given: asked.update([given[1]]) or visible(*given))
    readers = (ADMIN, CLERK)
    async with AsyncExitStack() as stack:
        streams = [await begun(stack, house, by) for by in readers * 8]
        for number in range(2):
            waiting = [asyncio.ensure_future(numbers(pages, 1)) for pages in streams]
            await settled(house)
            await open_claim(house)
            await house.ledger.sequence()
            assert await asyncio.gather(*waiting) == [[number]] * 16
    assert asked == {by.id: 1 for by in readers}


async def test_those_who_wait_are_judged_some_at_a_time_and_not_all_in_one_round(house, monkeypatch):
    """Three hundred streams of one tenant would else hold the loop for as long as all of them take."""
    monkeypatch.setattr(yielding, "LONGEST", 0)  # each who looks at the clock finds that those before took long
    judged, rounds, over = [], 0, asyncio.Event()
    judge = house.ledger._judged
    monkeypatch.setattr(house.ledger, "_judged", lambda *given: judged.append(rounds) or judge(*given))

    async def counting():
        nonlocal rounds
        while not over.is_set():
            rounds += 1
            await asyncio.sleep(0)

    case_id = await open_claim(house)
    await house.ledger.sequence()
    async with AsyncExitStack() as stack:
        streams = [await begun(stack, house, ADMIN) for _ in range(20)]
        assert await asyncio.gather(*(numbers(pages, 1) for pages in streams)) == [[0]] * 20
        waiting = [asyncio.ensure_future(numbers(pages, 1)) for pages in streams]
        await settled(house)
        judged.clear()
        others = asyncio.ensure_future(counting())
        await fired(house, case_id, "triage", CLERK)
        await house.ledger.sequence()
        assert await asyncio.gather(*waiting) == [[1]] * 20
        over.set()
        await others
    assert len(set(judged)) == len(judged) >= 20


def counted(monkeypatch, store, name, reads):
    reading = getattr(store, name)

    async def counting(*given):
        reads[name] += 1
        return await reading(*given)

    monkeypatch.setattr(store, name, counting)


async def settled(house):
    """All have read what there was when they were seen first."""
    watched = house.log_watches._watched["acme"]
    while watched.size is None or any(watch.grown.is_set() for watch in watched.watches):  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_what_is_read_together_is_judged_for_each(house):
    """The clerk's own claim, what concerns no case (for administrators), and a claim of a stranger."""
    readers = {
        ADMIN: [0, 1, 2],
        CLERK: [0, 2],
        STRANGER: [2],
        ALICE: [],
        replace(ADMIN, scope=Scope(case_types=frozenset({"permit"}))): [],
    }
    async with AsyncExitStack() as stack:
        streams = [await begun(stack, house, by) for by in readers]
        waiting = [asyncio.ensure_future(numbers(pages, 3)) for pages in streams]
        seen = seen_together(house)
        await settled(house)
        await open_claim(house, by=CLERK)
        await house.ledger.sequence()
        await note(house)
        await open_claim(house, by=STRANGER)
        await house.ledger.sequence()
        async with asyncio.timeout(30):
            await waiting[0]
            while [seen[by.id, by.scope] for by in readers] != list(readers.values()):  # noqa: ASYNC110
                await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert [seen[by.id, by.scope] for by in readers] == list(readers.values())


def seen_together(house):
    """What each reader gets of what is read for all."""
    seen = defaultdict(list)
    together = house.ledger._together

    async def noting(actor, *given):
        page = await together(actor, *given)
        seen[actor.id, actor.scope] += [leaf.leaf_index for leaf in page.items]
        return page

    house.ledger._together = noting
    return seen


async def test_nobody_is_looked_for_when_nobody_watches(house):
    async with following(house) as pages:
        await anext(pages)
    assert not house.log_watches._watched
    assert not house.log_watches._someone.is_set()


async def test_notices_are_heard_and_a_connection_that_broke_is_made_again(postgres, monkeypatch):
    monkeypatch.setattr("app.services.log.watches.LISTEN_AGAIN", 0)
    store = open_store(postgres.url)
    heard: asyncio.Queue[str] = asyncio.Queue()
    hears = await store.listen(heard.put_nowait)
    async with another_process(postgres, None) as other:
        await open_claim(other)
        await other.ledger.sequence()
        assert {await heard.get(), await heard.get()} == {"*", "acme"}
        store._listener._driver.terminate()
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
