"""Who is signed in: by which cookie, for how long, and until when. A clock that tests turn; nobody waits for it."""

from datetime import timedelta

import pytest

from app.db import open_store
from app.domain.case.attempt import Actor
from app.domain.values.errors import Denied
from app.services.callers.sessions import IDLE, LONGEST, MOST, NOTED_EVERY, Sessions
from app.services.store.people import REMEMBERED
from tests.databases import sqlite_of
from tests.factories import TENANT
from tests.house import change, rows
from tests.ticking import MONDAY, Watch

ANN = Actor(tenant=TENANT, id="user:ann", roles=frozenset({"role:clerk"}))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def watch():
    return Watch(MONDAY)


@pytest.fixture
async def store(tmp_path, sqlite_template, watch):
    file = tmp_path / "stateward.db"
    file.write_bytes(sqlite_template.read_bytes())
    opened = open_store(sqlite_of(file).url, now=watch)
    yield opened
    await opened.close()


@pytest.fixture
def sessions(store):
    return Sessions(store)


async def began(sessions, who=ANN, **values):
    cookie, _ = await sessions.begin(who, "password", **values)
    return cookie


async def test_whoever_has_the_cookie_is_who_signed_in_with_the_roles_that_were_told(sessions):
    found = await sessions.find(await began(sessions))
    assert (found.actor.tenant, found.actor.id, found.actor.roles) == (TENANT, "user:ann", frozenset({"role:clerk"}))
    assert found.actor.authenticated == "session:password"


async def test_the_database_holds_nothing_that_a_cookie_could_be_made_of(sessions, store, tmp_path):
    cookie = await began(sessions)
    held = str(await rows(sqlite_of(tmp_path / "stateward.db"), "SELECT * FROM session"))
    assert cookie.partition(".")[2] not in held


@pytest.mark.parametrize(
    "cookie", [None, "", "acme", "acme.", ".x", "acme." + "A" * 43, "acme." + "A" * 44, "../x." + "A" * 43, "x" * 9000]
)
async def test_what_is_no_cookie_of_ours_is_nobody(sessions, cookie):
    await began(sessions)
    assert await sessions.find(cookie) is None
    assert await sessions.whose(cookie) is None
    await sessions.end(cookie)


async def test_a_cookie_is_good_in_its_tenant_only(sessions):
    cookie = await began(sessions)
    assert await sessions.find(cookie.replace(TENANT, "globex")) is None


async def test_half_an_hour_without_a_click_is_the_end(sessions, watch):
    cookie = await began(sessions)
    watch.now += IDLE - MINUTE
    assert await sessions.find(cookie)
    watch.now += IDLE - MINUTE
    assert await sessions.find(cookie), "it was seen meanwhile"
    watch.now += IDLE
    assert await sessions.find(cookie) is None


async def test_twelve_hours_are_the_end_however_much_one_clicks(sessions, watch):
    cookie = await began(sessions)
    for _ in range(int(LONGEST / (IDLE / 2)) - 1):
        watch.now += IDLE / 2
        assert await sessions.find(cookie)
    watch.now += IDLE / 2
    assert await sessions.find(cookie) is None


async def test_being_seen_is_written_down_beside_the_requests_once_a_minute(sessions, store, watch):
    cookie = await began(sessions)
    other = Sessions(store)  # another process
    for _ in range(3):
        watch.now += NOTED_EVERY / 2
        await sessions.find(cookie)
    assert (await store.sessions(TENANT, ANN.id))[0].seen_at == MONDAY
    await sessions.note_uses()
    assert (await store.sessions(TENANT, ANN.id))[0].seen_at == MONDAY + NOTED_EVERY
    watch.now = MONDAY + NOTED_EVERY + IDLE - MINUTE
    assert await other.find(cookie)


async def test_a_sign_in_begins_a_new_session_and_ends_the_one_that_the_browser_had(sessions):
    before = await began(sessions)
    after = await began(sessions, before=before)
    assert after != before
    assert await sessions.find(before) is None
    assert await sessions.find(after)


async def test_nobody_is_signed_in_by_a_cookie_that_somebody_else_gave_them(sessions):
    planted = f"{TENANT}.{'A' * 43}"
    given = await began(sessions, before=planted)
    assert given != planted
    assert await sessions.find(planted) is None


async def test_a_disabled_persons_next_request_is_refused(sessions, store):
    cookie = await began(sessions)
    await store.change_person(TENANT, ANN.id, {"disabled_at": MONDAY})
    assert await sessions.find(cookie) is None
    with pytest.raises(Denied):
        await began(sessions)


async def test_signing_out_ends_one_and_everywhere_ends_all_in_every_process(sessions, store):
    here, there, others = (
        await began(sessions),
        await began(sessions),
        await began(sessions, Actor(tenant=TENANT, id="user:ben")),
    )
    other = Sessions(store)
    await sessions.end(here)
    assert await other.find(here) is None
    assert await other.find(there)
    await store.end_person_sessions(TENANT, ANN.id)
    assert await other.find(there) is None
    assert await other.find(others)


async def test_a_session_that_is_over_says_whose_it_was_and_lets_nobody_in(sessions, watch):
    cookie = await began(sessions)
    watch.now += IDLE
    assert await sessions.find(cookie) is None
    assert await sessions.whose(cookie) == (TENANT, ANN.id)


@pytest.mark.parametrize("signed_out", [False, True])
async def test_an_hour_later_a_session_that_is_over_is_anybodys_guess(sessions, watch, signed_out):
    cookie = await began(sessions)
    if signed_out:
        await sessions.end(cookie)
    watch.now += REMEMBERED - MINUTE + (timedelta() if signed_out else IDLE)
    assert await sessions.whose(cookie) == (TENANT, ANN.id)
    watch.now += MINUTE
    assert await sessions.whose(cookie) is None


async def test_what_a_page_asks_by_itself_keeps_no_session_open(sessions, watch):
    cookie = await began(sessions)
    watch.now += IDLE - MINUTE
    assert await sessions.find(cookie, used=False)
    watch.now += MINUTE
    assert await sessions.find(cookie) is None


async def test_somebody_has_so_many_sessions_and_the_oldest_goes(sessions, watch):
    cookies = []
    for _ in range(MOST + 1):
        watch.now += MINUTE / 60
        cookies.append(await began(sessions))
    found = [await sessions.find(cookie) is not None for cookie in cookies]
    assert found == [False] + [True] * MOST


async def test_what_could_not_be_written_down_is_tried_again(sessions, store, watch, monkeypatch):
    cookie = await began(sessions)
    watch.now += NOTED_EVERY
    await sessions.find(cookie)

    async def fails(_):
        raise OSError("no disk")

    with monkeypatch.context() as failing:
        failing.setattr(store, "note_sessions", fails)
        with pytest.raises(OSError, match="no disk"):
            await sessions.note_uses()
    await sessions.note_uses()
    assert (await store.sessions(TENANT, ANN.id))[0].seen_at == MONDAY + NOTED_EVERY


async def test_a_new_person_who_signs_in_twice_at_once_is_one(sessions, tmp_path):
    await began(sessions)
    await change(sqlite_of(tmp_path / "stateward.db"), "DELETE FROM session")
    await began(sessions)
    assert len(await rows(sqlite_of(tmp_path / "stateward.db"), "SELECT * FROM person")) == 1
