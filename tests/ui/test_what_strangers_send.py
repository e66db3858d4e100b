"""What those send who are not signed in, or not any more: read where a page of ours made it, within bounds."""

import secrets

import pytest

from app.db import open_store
from app.services.callers.passwords import Passwords
from app.services.callers.sessions import IDLE
from app.ui.frame.forgery import masked
from tests.factories import TENANT
from tests.house import running
from tests.ticking import Watch
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

SIBLING = "https://intranet.cases.test"
FORM = "application/x-www-form-urlencoded"
WRITTEN = {"name": "What I wrote", "zone": "Europe/Berlin"}
WAYS_IN = ("/sign-in", "/sign-in/code", "/sign-in/as", "/sign-in/again")


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
async def house(tmp_path, sqlite_lived_in, watch):
    async with running(open_store(a_database(tmp_path, sqlite_lived_in).url, now=watch)) as started:
        started.signing_in.accounts._passwords = Passwords(QUICK)
        started.signing_in.people._passwords = Passwords(QUICK)
        yield started


@pytest.fixture
def app(house):
    return app_of(house)


@pytest.fixture
async def client(app, house):
    await known(house)
    async with browser(app) as opened:
        yield opened


async def timed_out(client, watch):
    """The token of the pages of a session that is over by now."""
    await signed_in(client)
    token = hidden(await client.get("/me"))["csrf"]
    watch.now += IDLE
    return token


class Body:
    """What is sent piece by piece: which of it was read, and how many bytes had their places then."""

    def __init__(self, app, *pieces):
        self._app, self._pieces = app, pieces
        self.read, self.places = [], []

    async def __aiter__(self):
        for piece in self._pieces:
            self.read.append(piece)
            self.places.append(self._app.state.large_bodies.bytes.taken)
            yield piece

    async def sent(self, client, path, kind=FORM, **headers):
        size = {"content-length": str(sum(map(len, self._pieces)))}
        return await client.post(path, content=self, headers={"content-type": kind, **size, **headers})


@pytest.mark.parametrize("headers", [{"content-length": str(2**20 + 1)}, {"transfer-encoding": "chunked"}])
async def test_what_a_session_that_is_over_sends_without_an_end_is_not_read(client, app, watch, headers):
    token = await timed_out(client, watch)
    body = Body(app, f"csrf={token}&text=".encode(), b"x" * 2**20)
    kept = client.build_request("POST", "/cases/x/attach", content=body, headers={"content-type": FORM, **headers})
    answer = await client.send(kept)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert body.read == []


async def test_what_a_session_that_is_over_sends_takes_places_of_its_person(client, app, watch):
    token = await timed_out(client, watch)
    body = Body(app, f"csrf={token}&text=".encode(), b"x" * 9_000)
    answer = await body.sent(client, "/cases/x/comment")
    assert "nothing was sent" in answer.text
    assert body.places[0] > 9_000
    assert app.state.large_bodies.bytes.taken == 0


async def test_what_cannot_be_sealed_so_that_it_comes_back_is_not_kept(client, app, watch):
    token = await timed_out(client, watch)
    body = Body(app, f"csrf={token}&text=".encode(), secrets.token_urlsafe(700_000).encode())
    answer = await body.sent(client, "/cases/x/comment")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    ("origin", "of"),
    [(HOST, None), (HOST, ""), (HOST, "another session"), (SIBLING, "mine"), ("null", "mine"), ("", "mine")],
)
async def test_what_no_page_of_the_session_sent_is_not_kept_for_its_person(client, watch, origin, of):
    """Else they would be asked, once they are signed in again, to send what somebody else wrote."""
    token = await timed_out(client, watch)
    csrf = {} if of is None else {"csrf": token if of == "mine" else masked(of)}
    answer = await client.post("/cases/x/roles", data=WRITTEN | csrf, headers={"origin": origin})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    mine = await client.post("/cases/x/roles", data=WRITTEN | {"csrf": token})
    assert "kept for Ann Lee alone" in mine.text


@pytest.mark.parametrize("path", WAYS_IN)
async def test_a_way_in_reads_nothing_of_another_site_nor_of_a_browser_that_was_never_here(client, app, path):
    for cookies, origin in (({}, HOST), ({f"{COOKIE}_visit": "x"}, SIBLING)):
        client.cookies.update(cookies)
        body = Body(app, b"csrf=x&text=", b"x" * 9_000)
        assert (await body.sent(client, path, origin=origin)).status_code == 403
        assert body.read == []


@pytest.mark.parametrize("path", WAYS_IN)
async def test_what_strangers_send_takes_places_of_which_they_have_few(client, app, path):
    token = hidden(await client.get("/sign-in"))["csrf"]
    body = Body(app, f"csrf={token}&text=".encode(), b"x" * 9_000)
    await body.sent(client, path)
    assert body.places[0] > 9_000
    places = app.state.large_bodies.bytes
    assert places.taken == 0
    with places.taking(("", ""), places.most // 2):
        full = Body(app, f"csrf={token}&text=".encode(), b"x" * 9_000)
        assert (await full.sent(client, path)).status_code == 503
        assert full.read == []
        assert (await signed_in(client)).status_code == 303, "what is small needs none"


async def test_a_page_without_tls_says_what_is_wrong(client):
    page = await client.get("/sign-in")
    client.headers["origin"] = HOST.replace("https", "http")
    answer = await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD)
    assert (answer.status_code, cookie_of(client)) == (403, None)
    assert "without TLS" in answer.text
