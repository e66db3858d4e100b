"""The feed of a tenant: in log order, under policy, waiting without a connection."""

import asyncio

import pytest

from app.db import open_store
from app.domain.case.entry import Draft
from app.domain.values.errors import Unauthenticated
from app.services.entries.identity import new_id
from app.services.store.log import FROM_THE_FIRST
from app.services.store.stored import Record
from tests.factories import OPENED, TENANT, sealed
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    STRANGER,
    actor,
    another_process,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    open_incident,
    running,
)


def admitting(by):
    async def admitted():
        return by

    return admitted


async def feed(house, by=ADMIN, after=FROM_THE_FIRST, limit=100, wait=0):
    return await house.ledger.feed(by, after, limit, wait, admitting(by))


def numbers(page):
    return [leaf.leaf_index for leaf in page.items]


async def open_claims(house, count, **values):
    ids = [await open_claim(house, **values) for _ in range(count)]
    await house.ledger.sequence()
    return ids


async def note(house, **values):
    """An entry that concerns no case."""
    entry = sealed(Draft(kind="policy", tenant=TENANT, entry_id=new_id(), at=OPENED, body={}, **values))
    async with house.store.transaction(TENANT) as tx:
        await tx.record(Record(entries=[entry]))
    await house.ledger.sequence()


async def test_it_begins_with_leaf_0_and_goes_on_after_the_last(house):
    ids = await open_claims(house, 5)
    page = await feed(house, limit=2)
    assert (numbers(page), page.next_after) == ([0, 1], 1)
    assert [leaf.case_id for leaf in page.items] == ids[:2]
    page = await feed(house, after=1)
    assert (numbers(page), page.next_after) == ([2, 3, 4], 4)
    page = await feed(house, after=4)
    assert (numbers(page), page.next_after) == ([], 4)


async def test_a_cursor_of_the_future_stays_where_it_is(house):
    await open_claims(house, 1)
    assert (await feed(house, after=70)).next_after == 70


async def test_it_shows_the_sealed_entry_and_the_values_behind_it(house):
    [case_id] = await open_claims(house, 1)
    [chained] = await house.cases.log(ADMIN, case_id, False, None, 10)
    [leaf] = (await feed(house)).items
    assert leaf.entry == chained
    assert leaf.entry.values["/data/currency"] == "EUR"


async def test_refused_attempts_are_in_it(house):
    [case_id] = await open_claims(house, 1)
    await fire(house, case_id, "approve", STRANGER)
    await house.ledger.sequence()
    assert [leaf.entry.case_seq for leaf in (await feed(house)).items] == [1, None]


async def test_what_the_caller_may_not_read_is_left_out_and_the_cursor_passes_it(house):
    await open_claims(house, 2, by=ALICE)
    await open_claims(house, 1, by=actor("berta"))
    await open_claims(house, 1, by=ALICE)
    page = await feed(house, by=ALICE)
    assert (numbers(page), page.next_after) == ([0, 1, 3], 3)
    page = await feed(house, by=STRANGER)
    assert (numbers(page), page.next_after) == ([], 3)


async def test_a_page_that_is_full_goes_on_right_behind_its_last_entry(house):
    await open_claims(house, 1, by=ALICE)
    await open_claims(house, 2, by=actor("berta"))
    await open_claims(house, 1, by=ALICE)
    page = await feed(house, by=ALICE, limit=1)
    assert (numbers(page), page.next_after) == ([0], 0)
    page = await feed(house, by=ALICE, limit=1, after=page.next_after)
    assert (numbers(page), page.next_after) == ([3], 3)


async def test_more_that_is_left_out_than_one_look_takes_in_is_passed_in_one_answer(house, monkeypatch):
    monkeypatch.setattr("app.services.log.ledger.WINDOW", 2)
    await open_claims(house, 7, by=actor("berta"))
    await open_claims(house, 1, by=ALICE)
    page = await feed(house, by=ALICE)
    assert (numbers(page), page.next_after) == ([7], 7)


async def test_what_concerns_no_case_is_for_administrators(house):
    await note(house)
    assert numbers(await feed(house, by=ADMIN)) == [0]
    for other in (CLERK, actor("susan", "supervisor"), STRANGER):
        page = await feed(house, by=other)
        assert (numbers(page), page.next_after) == ([], 0)


async def test_each_tenant_has_its_own(house):
    await open_claims(house, 2)
    await open_claims(house, 1, by=actor("alice", tenant="zeta"))
    page = await feed(house, by=actor("root", "admin", tenant="zeta"))
    assert [(leaf.leaf_index, leaf.entry.case_seq) for leaf in page.items] == [(0, 1)]
    assert page.next_after == 0
    assert (await feed(house, by=actor("root", "admin", tenant="nobody"))).next_after == -1


async def test_a_right_that_was_taken_away_on_another_process_binds_the_next_page(house, database):
    case_id = await open_claim(house)
    await fired(house, case_id, "triage", CLERK)
    await house.ledger.sequence()
    assert numbers(await feed(house, by=CLERK)) == [0, 1]
    async with another_process(database) as other:
        await let_nobody_read(other, "expense_claim")
    assert numbers(await feed(house, by=CLERK)) == []
    assert numbers(await feed(house, by=ADMIN)) == [0, 1]


async def test_who_waits_is_answered_when_something_comes(house, database):
    await open_claims(house, 1)
    waiting = [asyncio.create_task(feed(house, after=0, wait=30)) for _ in range(20)]
    async with another_process(database) as other:
        await open_claims(other, 1)
    assert [numbers(page) for page in await asyncio.gather(*waiting)] == [[1]] * 20


async def test_who_waits_is_not_answered_with_what_others_may_read(house):
    waits = asyncio.create_task(feed(house, by=ALICE, wait=30))
    await open_claims(house, 2, by=actor("berta"))
    await open_claims(house, 1, by=ALICE)
    assert numbers(await waits) == [2]


@pytest.mark.parametrize("pool_size", [2])
async def test_who_waits_holds_no_connection(database, pool_size):
    async with running(open_store(database.url, pool_size), desks=1) as house:
        waiting = [asyncio.create_task(feed(house, wait=30)) for _ in range(50)]
        await open_incident(house)
        await open_claims(house, 1)
        assert all(numbers(page)[0] == 0 for page in await asyncio.gather(*waiting))


async def test_nobody_waits_any_more_when_the_service_stops(house):
    waits = asyncio.create_task(feed(house, wait=30))
    await asyncio.sleep(0)
    house.log_watches.close()
    assert numbers(await waits) == []
    assert numbers(await feed(house, wait=30)) == []


async def test_who_is_not_let_in_any_more_gets_no_answer_to_what_they_waited_for(house):
    async def admitted():
        raise Unauthenticated("the key was revoked")

    asked = asyncio.create_task(house.ledger.feed(ADMIN, FROM_THE_FIRST, 10, 30, admitted))
    await open_claims(house, 1)
    with pytest.raises(Unauthenticated):
        await asked
