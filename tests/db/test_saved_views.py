"""Saved views: one's own, and those that others of the tenant share."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.db import open_store
from app.services.store.ports import Store
from app.services.store.saved_views import MOST_OWN, NoRoomForViews, SavedView, Shows, TitleTaken
from tests.databases import Database
from tests.factories import ALICE, BOB, TENANT, new_id

SHOWS = Shows("unassigned", {"case_type": "claim", "open": True}, "-urgency", ("state", "data.amount"))


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    opened = open_store(database.url)
    yield opened
    await opened.close()


def a_view(title: str = "Large", **values) -> SavedView:
    return SavedView(**{"tenant": TENANT, "id": new_id(), "owner": ALICE, "title": title, "shows": SHOWS, **values})


async def test_a_view_is_read_as_it_was_kept(store):
    view = a_view(shared=True, preferred=True)
    assert await store.keep_view(view)
    assert await store.saved_view(TENANT, ALICE, view.id) == view
    assert await store.saved_views(TENANT, ALICE) == [view]


async def test_views_of_others_are_seen_only_where_they_are_shared_and_in_the_tenant(store):
    own, shared, hidden = a_view("Own", owner=BOB), a_view("Shared", shared=True), a_view("Hidden")
    foreign = a_view("Foreign", tenant="globex", shared=True)
    for view in (own, shared, hidden, foreign):
        await store.keep_view(view)
    assert await store.saved_views(TENANT, BOB) == [own, shared]
    assert await store.saved_view(TENANT, BOB, hidden.id) is None
    assert await store.saved_view(TENANT, BOB, foreign.id) is None
    assert await store.saved_views("globex", ALICE) == [foreign]


async def test_only_the_owner_changes_or_removes_a_view(store):
    view = a_view(shared=True)
    await store.keep_view(view)
    assert not await store.keep_view(replace(view, owner=BOB, title="Mine now"))
    assert not await store.drop_view(TENANT, BOB, view.id)
    assert await store.saved_view(TENANT, ALICE, view.id) == view
    changed = replace(view, title="Larger", shows=Shows())
    assert await store.keep_view(changed)
    assert await store.saved_views(TENANT, ALICE) == [changed]
    assert await store.drop_view(TENANT, ALICE, view.id)
    assert await store.saved_views(TENANT, ALICE) == []


async def test_one_title_and_one_preferred_view_of_each_owner(store):
    first = a_view("First", preferred=True)
    await store.keep_view(first)
    with pytest.raises(TitleTaken):
        await store.keep_view(a_view("First"))
    await store.keep_view(a_view("First", owner=BOB, preferred=True))
    second = a_view("Second", preferred=True)
    await store.keep_view(second)
    assert await store.saved_views(TENANT, ALICE) == [replace(first, preferred=False), second]
    assert (await store.saved_views(TENANT, BOB))[0].preferred


async def test_an_owner_has_room_for_so_many_views(store):
    for number in range(MOST_OWN):
        await store.keep_view(a_view(f"{number:03}"))
    with pytest.raises(NoRoomForViews):
        await store.keep_view(a_view("one more"))
    assert len(await store.saved_views(TENANT, ALICE)) == MOST_OWN
    await store.keep_view(a_view("one more", owner=BOB))


async def test_no_two_writers_take_the_last_room(store):
    await asyncio.gather(*(store.keep_view(a_view(f"{number:03}")) for number in range(MOST_OWN - 1)))
    more = [store.keep_view(a_view(f"one more, {number}")) for number in range(6)]
    kept = await asyncio.gather(*more, return_exceptions=True)
    assert [type(one) for one in kept if one is not True] == [NoRoomForViews] * 5
    assert len(await store.saved_views(TENANT, ALICE)) == MOST_OWN
