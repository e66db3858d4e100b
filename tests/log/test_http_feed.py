"""The feed and the streams over HTTP: cursors, shapes, and who is let in."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from litestar.testing import TestClient

from app.domain.case.attempt import Actor
from app.domain.values.errors import NotFound, Unauthenticated, Unavailable
from app.http.app import HttpSettings, create_app
from app.http.border.disconnecting import unless_gone
from app.http.border.event_stream import LARGE, EventStream, pieces
from app.services.log.ledger import FeedPage
from app.services.store.log import Leaf
from app.services.store.stored import StoredEntry
from tests.fake_services import CASE_ID, CASES, FOREIGN_ID, Fakes, api

SEALED = '{"at":"2026-11-20T08:00:00.000000Z","kind":"opened"}'
FEED, STREAM, CASE_STREAM = "/api/v1/audit", "/api/v1/stream", f"{CASES}/{CASE_ID}/stream"


def leaf(number):
    return Leaf(
        number,
        CASE_ID,
        StoredEntry(
            entry_id=FOREIGN_ID,
            case_seq=number + 1,
            entry=SEALED,
            entry_hash="aa" * 32,
            values={"/data/iban": "DE\nDE"},
        ),
    )


@pytest.fixture
def fakes():
    return Fakes()


@pytest.fixture
def client(fakes):
    with api(fakes) as client:
        yield client


def test_the_feed_shows_the_sealed_text_its_place_and_where_to_go_on(client, fakes):
    fakes.ledger.page = FeedPage([leaf(7)], 9)
    answer = client.get(FEED, params={"after": 6, "limit": 3, "wait": 2})
    assert fakes.ledger.asked == [("user:alice", 6, 3, 2)]
    assert SEALED in answer.text
    [item] = answer.json()["items"]
    assert (item["leaf_index"], item["case_id"], item["values"]) == (7, CASE_ID, {"/data/iban": "DE\nDE"})
    assert answer.json()["next_after"] == 9


def test_the_feed_begins_with_the_first_entry_and_does_not_wait_unless_told_otherwise(client, fakes):
    assert client.get(FEED).json() == {"items": [], "next_after": -1}
    assert fakes.ledger.asked == [("user:alice", -1, 50, 0)]


@pytest.mark.parametrize("query", ["after=-2", "after=x", "after=9999999999999999", "wait=31", "wait=-1", "limit=0"])
def test_a_parameter_out_of_range_is_invalid(client, query):
    answer = client.get(f"{FEED}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_small_events_are_sent_together_and_large_ones_as_they_come():
    small, large = [b"id: %d\n\n" % number for number in range(100)], b"x" * LARGE
    assert list(pieces(small)) == [b"".join(small)]
    assert list(pieces([small[0], large, large, small[1]])) == [small[0] + large, large, small[1]]
    assert list(pieces([])) == []


@pytest.mark.parametrize("path", [STREAM, CASE_STREAM])
def test_a_stream_is_events_with_the_leaf_index_as_id(client, fakes, path):
    fakes.ledger.pages = [FeedPage((), 4), FeedPage([leaf(5), leaf(6)], 6), FeedPage((), 8)]
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    start, first, second, alive, end = answer.text.split("\n\n")
    assert (start, alive, end) == (":\nid: 4", ":\nid: 8", "")
    number, data = first.split("\n")
    assert number == "id: 5"
    assert msgspec.json.decode(data.removeprefix("data: "))["entry"] == msgspec.json.decode(SEALED)
    assert second.startswith("id: 6\n")


@pytest.mark.parametrize(
    ("query", "header", "after"),
    [
        ("", None, -1),
        ("?after=now", None, None),
        ("?after=12", None, 12),
        ("?after=-1", None, -1),
        ("?after=now", "12", 12),
        ("?after=3", "-1", -1),
    ],
)
def test_a_stream_goes_on_behind_the_last_event(client, fakes, query, header, after):
    client.get(STREAM + query, headers={"Last-Event-ID": header} if header else {})
    assert fakes.ledger.asked == [("user:alice", None, after)]


@pytest.mark.parametrize("header", ["x", "-2", "1" * 16, "9" * 5000, "1.5", "²", ""])
def test_an_id_that_no_event_has_is_invalid(client, header):
    answer = client.get(STREAM, headers={"Last-Event-ID": header.encode()})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Last-Event-ID")


@pytest.mark.parametrize("after", ["x", "-2", "now ", "1" * 16, ""])
def test_a_start_that_is_none_is_invalid(client, after):
    answer = client.get(STREAM, params={"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


def test_a_case_that_is_not_the_callers_has_no_stream(client, fakes):
    fakes.cases.raises = NotFound("there is no such case")
    answers = [client.get(f"{CASES}/{name}/stream") for name in (CASE_ID, FOREIGN_ID, "nonsense")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_where_too_many_wait_others_are_told_so_and_who_does_not_wait_is_answered(client, fakes):
    fakes.ledger.raises = Unavailable("too many")
    answers = [client.get(path) for path in (STREAM, CASE_STREAM, f"{FEED}?wait=1")]
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "1")] * 3
    assert client.get(FEED).status_code == 200


class RevokedMeanwhile:
    """An API key that is good for one request, and not for the answer."""

    def __init__(self):
        self.asked = 0

    async def actor(self, token):
        self.asked += 1
        if self.asked > 1:
            raise Unauthenticated("the key was revoked")
        return Actor(tenant="acme", id="service:importer", authenticated="key")


@pytest.mark.parametrize("path", [f"{FEED}?wait=1", STREAM])
def test_who_waits_is_asked_for_again_before_anything_is_answered(fakes, path):
    keys = RevokedMeanwhile()
    with TestClient(create_app(replace(fakes.services(), keys=keys), HttpSettings(None))) as client:
        answer = client.get(path, headers={"authorization": "Bearer sw_acme_x"})
    assert (answer.status_code, answer.json()["code"], keys.asked) == (401, "unauthenticated", 2)


@pytest.mark.parametrize("path", [FEED, STREAM, CASE_STREAM])
def test_nobody_reads_along_without_a_token(client, path):
    assert client.get(path, headers={"authorization": ""}).json()["code"] == "unauthenticated"


@pytest.mark.parametrize("path", [STREAM, CASE_STREAM])
@pytest.mark.parametrize(("accept", "status"), [("text/event-stream", 200), ("*/*", 200), ("text/html", 406)])
def test_a_stream_says_what_it_is(client, path, accept, status):
    assert client.get(path, headers={"accept": accept}).status_code == status


def test_the_document_tells_of_all_of_it(client):
    paths = client.get("/schema/openapi.json").json()["paths"]
    feed, stream = paths[FEED]["get"], paths[STREAM]["get"]
    of_a_case = paths[f"{CASES}/{{case_id}}/stream"]["get"]
    assert {p["name"] for p in feed["parameters"]} == {"after", "limit", "log", "wait"}
    assert {p["name"] for p in stream["parameters"]} == {"after", "Last-Event-ID"}
    assert {p["name"] for p in of_a_case["parameters"]} == {"case_id", "after", "Last-Event-ID"}
    assert list(stream["responses"]["200"]["content"]) == ["text/event-stream"]
    assert {"401", "422"} <= set(feed["responses"]) & set(stream["responses"])
    assert "404" in of_a_case["responses"]


class Reader:
    """The other end: it takes `patience` pieces and then no more, until it goes."""

    def __init__(self, takes):
        self.takes = takes
        self.taken = []
        self.goes = asyncio.Event()

    async def send(self, message):
        if len(self.taken) == self.takes:
            await asyncio.Event().wait()
        self.taken.append(message.get("body"))

    async def receive(self):
        await self.goes.wait()
        return {"type": "http.disconnect"}


async def read(reader, pieces):
    await EventStream(pieces)({"type": "http"}, reader.receive, reader.send)


async def test_a_reader_that_takes_nothing_more_is_let_go(monkeypatch):
    monkeypatch.setattr("app.http.border.event_stream.TOO_SLOW", 0.01)
    closed = asyncio.Event()

    async def pieces():
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    reader = Reader(takes=3)
    await read(reader, pieces())
    assert reader.taken == [None, b"x", b"x"]
    assert closed.is_set()


async def test_a_reader_that_goes_while_nothing_happens_leaves_nothing_behind():
    waits, closed = asyncio.Event(), asyncio.Event()

    async def pieces():
        try:
            yield b"x"
            waits.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    reader = Reader(takes=100)
    reading = asyncio.create_task(read(reader, pieces()))
    await waits.wait()
    reader.goes.set()
    await reading
    assert closed.is_set()


async def test_who_hangs_up_while_waiting_for_a_page_gives_the_place_back():
    waits, freed, reader = asyncio.Event(), asyncio.Event(), Reader(takes=0)

    async def feed():
        try:
            waits.set()
            await asyncio.Event().wait()
        finally:
            freed.set()

    answering = asyncio.ensure_future(unless_gone(reader.receive, feed(), "nobody reads it"))
    await waits.wait()
    reader.goes.set()
    assert await answering == "nobody reads it"
    assert freed.is_set()


async def test_who_stays_gets_what_was_waited_for():
    async def feed():
        return 3

    assert await unless_gone(Reader(takes=0).receive, feed(), 4) == 3
