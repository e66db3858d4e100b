"""What holds of every address that a page has: who may send to it, who may look, and that looking changes nothing."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient, Response

from app.db import open_store
from app.services.assembly import Assembly
from app.services.callers.passwords import Passwords
from app.ui.frame.forgery import masked
from tests.databases import Database
from tests.factories import OPENED, TENANT
from tests.house import actor, entries, open_claim, running
from tests.ui.page_routes import filled, page_routes
from tests.ui.signing import (
    COOKIE,
    HOST,
    PASSWORD,
    QUICK,
    a_database,
    app_of,
    browser,
    cookie_of,
    hidden,
    known,
    sent,
    signed_in,
)

WAYS_IN = "/sign-in"
LEADS_OUT = {"/sign-out", "/me/sign-out-everywhere", "/sign-in/back", "/sign-in/over"}
"""After these, and before those, somebody else is signed in than before."""
EVIL = "https://evil.example"
ANN = actor("ann")
FIELDS = {"event": "triage", "version": "1", "text": "Mine", "title": "Mine", "assignee": "user:ann", "act": "fire"}


@pytest.fixture
def database(tmp_path: Path, sqlite_lived_in: Path) -> Database:
    return a_database(tmp_path, sqlite_lived_in)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[Assembly]:
    async with running(open_store(database.url)) as started:
        started.signing_in.accounts._passwords = Passwords(QUICK)
        yield started


@pytest.fixture
async def client(house: Assembly) -> AsyncIterator[AsyncClient]:
    """Ann, signed in."""
    await known(house)
    await known(house, "eve", display_name="Eve")
    async with browser(app_of(house)) as opened:
        assert (await signed_in(opened)).status_code == 303
        yield opened


async def values_of(house: Assembly) -> dict[str, str]:
    """Of a claim of Ann's own, which she may speak of."""
    case_id = await open_claim(house, by=ANN)
    return {
        "case_id": case_id,
        "event": "triage",
        "case_type": "expense_claim",
        "reference": "R-1",
        "file_id": case_id,
        "view_id": case_id,
        "name": "expense_claim",
    }


def paths(method: str, values: dict[str, str]) -> Iterator[str]:
    for path in page_routes(method):
        if not path.startswith("/static"):
            yield filled(path, values)


async def test_nothing_is_taken_that_no_page_of_this_session_sent_from_here(
    client: AsyncClient, house: Assembly, database: Database
) -> None:
    values = await values_of(house)
    async with browser(app_of(house)) as other:
        foreign_visit = hidden(await other.get("/sign-in"))["csrf"]
        await signed_in(other, "eve")
        foreign = hidden(await other.get("/me"))["csrf"]
        mine = hidden(await client.get("/me"))["csrf"]
        client.cookies.set(f"{COOKIE}_visit", "a visit before", domain="cases.test", path="/")
        before = await entries(database)
        for place, path in enumerate(paths("POST", values)):
            visit = path.startswith(WAYS_IN)
            token, theirs = (masked("a visit before"), foreign_visit) if visit else (mine, foreign)
            others = [(None, EVIL), ("", HOST), ("x" * 88, HOST), (masked(""), HOST), (token, "null"), (token, "")]
            for csrf, origin in ((None, HOST), (theirs, HOST), (token, EVIL), others[place % len(others)]):
                fields = FIELDS if csrf is None else FIELDS | {"csrf": csrf}
                answer = await client.post(path, data=fields, headers={"origin": origin})
                assert answer.status_code == 403, (path, csrf, origin, answer.text[:300])
        assert await entries(database) == before
        for path in paths("POST", values):
            token = masked("a visit before") if path.startswith(WAYS_IN) else mine
            if path not in LEADS_OUT:
                answer = await client.post(path, data=FIELDS | {"csrf": token})
                assert answer.status_code != 403 or "Nothing was changed" not in answer.text, path
        assert len(await entries(database)) > len(before), "with the right token something is done"


async def test_pages_are_changed_by_post_alone() -> None:
    assert [path for method in ("PUT", "PATCH", "DELETE") for path in page_routes(method)] == []


async def test_looking_changes_nothing(client: AsyncClient, house: Assembly, database: Database) -> None:
    values = await values_of(house)
    before = await entries(database)
    for path in paths("GET", values):
        if path not in LEADS_OUT:
            assert (await client.get(path)).status_code < 500, path
    assert await entries(database) == before
    assert house.store.connections().in_use == 0
    assert (await client.get("/me")).status_code == 200


async def test_who_is_not_signed_in_sees_no_page_but_the_way_in(client: AsyncClient, house: Assembly) -> None:
    values = await values_of(house)
    client.cookies.clear()
    for path in paths("GET", values):
        if not path.startswith(WAYS_IN):
            answer = await client.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in"), path
    for path in paths("POST", values):
        if not path.startswith(WAYS_IN):
            answer = await client.post(path, data=FIELDS | {"csrf": masked("")})
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path


ENDS = ("sign out", "sign out everywhere", "disabled", "password changed elsewhere")


@pytest.mark.parametrize("how", ENDS)
async def test_a_session_that_was_ended_opens_no_page_and_does_nothing(
    client: AsyncClient, house: Assembly, database: Database, how: str
) -> None:
    values = await values_of(house)
    mine, cookie = hidden(await client.get("/me"))["csrf"], cookie_of(client)
    async with browser(app_of(house)) as other:
        await signed_in(other)
        await ended(how, client, other, house)
    assert cookie is not None
    before = await entries(database)
    for path in paths("GET", values):
        if not path.startswith(WAYS_IN):
            assert (await _with(client, cookie, "GET", path)).status_code == 303, path
    for path in paths("POST", values):
        if not path.startswith(WAYS_IN):
            answer = await _with(client, cookie, "POST", path, FIELDS | {"csrf": mine})
            assert answer.status_code in (200, 303), path
            assert answer.status_code == 303 or re.search("nothing was sent", answer.text), path
    assert await entries(database) == before


async def ended(how: str, client: AsyncClient, other: AsyncClient, house: Assembly) -> None:
    """By the browser itself, by another one, by an administrator."""
    if how == "sign out":
        await sent(client, "/sign-out", await client.get("/me"))
    elif how == "sign out everywhere":
        await sent(other, "/me/sign-out-everywhere", await other.get("/me"))
    elif how == "disabled":
        await house.store.change_person(TENANT, ANN.id, {"disabled_at": OPENED})
    else:
        other_one = "another horse battery"
        new = {"password_now": PASSWORD, "password_new": other_one, "password_again": other_one}
        await sent(other, "/me/password", await other.get("/me/password"), **new)


async def _with(
    client: AsyncClient, cookie: str, method: str, path: str, data: dict[str, str] | None = None
) -> Response:
    client.cookies.clear()
    return await client.request(method, path, data=data, headers={"cookie": f"{COOKIE}={cookie}"})
