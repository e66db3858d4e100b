"""What takes long on the loop: a slice at a time, tenants and callers in turn, rests between; few bytes of each."""

import asyncio

import pytest
from httpx import ASGITransport, AsyncClient
from litestar.testing import TestClient

from app.http.app import HttpSettings, create_app
from app.http.border.large import MOST_BYTES, SMALL
from app.http.operating.request_log import Observed
from app.services.fairness import slices
from app.services.fairness.places import Places
from app.services.fairness.slices import SHARE, Slices
from tests.fake_services import CASE_ID, CASES, EVENTS, SECRET, Fakes, api, token

BATCH = "/api/v1/events"
LARGE = {"event": "approve", "payload": {"a": "x" * SMALL}}
ME = ("acme", "user:alice")


@pytest.fixture
def short(monkeypatch):
    """Every look at the clock finds that the slice took long."""
    monkeypatch.setattr(slices, "LONGEST", 0)


async def work(share: Slices, caller: tuple[str, str], number: int, done: list[str]) -> None:
    async with share.of(caller) as turn:
        for _ in range(number):
            done.append(caller[0])
            await turn.give()


async def test_a_slice_of_another_tenant_waits_for_one_of_a_tenant_that_has_many(short):
    share, done = Slices(), []
    many = [asyncio.create_task(work(share, ("large", f"user:{n}"), 5, done)) for n in range(10)]
    await asyncio.sleep(0)
    await work(share, ("small", "ann"), 1, done)
    assert done.index("small") <= 2
    await asyncio.gather(*many)
    assert done.count("large") == 50


async def test_of_all_that_is_long_one_thing_is_done_at_a_time(short):
    share, at_once, most = Slices(), 0, 0

    async def one(caller: tuple[str, str]) -> None:
        nonlocal at_once, most
        async with share.of(caller):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(one(("acme", f"user:{n}")) for n in range(20)))
    assert most == 1


async def test_after_a_slice_the_loop_is_everybody_elses_for_as_long_as_it_took():
    share, loop = Slices(), asyncio.get_running_loop()
    await share.turn(ME)
    began = loop.time()
    share.over(ME, 0.05)
    await share.turn(ME)
    assert loop.time() - began >= 0.05


async def after_a_slice_of_mine(took: float) -> list[str]:
    """In which order I, who asked first, and somebody else have a slice."""
    share, order = Slices(), []

    async def one(caller: tuple[str, str]) -> None:
        await share.turn(caller)
        order.append(caller[1])
        share.over(caller, 0.0)

    share.came(("acme", "user:bob"))
    await share.turn(ME)
    share.came(ME)
    both = [asyncio.create_task(one(caller)) for caller in (ME, ("acme", "user:bob"))]
    await asyncio.sleep(0)
    share.over(ME, took)
    await asyncio.gather(*both)
    return order


async def test_while_several_come_whoever_had_their_share_of_a_second_rests_and_the_others_do_not(monkeypatch):
    monkeypatch.setattr(slices, "SHARE", 0)
    assert await after_a_slice_of_mine(0.001) == ["user:bob", "user:alice"]


async def test_whoever_has_less_than_their_share_does_not_rest():
    assert await after_a_slice_of_mine(SHARE / 100) == ["user:alice", "user:bob"]


async def test_whoever_rests_and_goes_takes_nobodys_turn(monkeypatch):
    monkeypatch.setattr(slices, "SHARE", 0)
    share = Slices()
    share.came(ME)
    share.came(("other", "user:ann"))
    await share.turn(ME)
    share.over(ME, 0.01)
    gone = asyncio.create_task(share.turn(ME))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await share.turn(ME)


async def test_what_does_not_take_long_gives_nothing_away(monkeypatch):
    monkeypatch.setattr(slices, "LONGEST", 3600)
    share, done = Slices(), []
    other = asyncio.create_task(work(share, ("other", "ann"), 1, done))
    async with share.of(ME, small=True) as turn:
        for _ in range(100):
            await turn.give()
        assert done == []
    await other


async def test_what_is_small_begins_while_somebody_else_has_the_turn():
    share = Slices()
    async with share.of(("large", "bob")), asyncio.timeout(30), share.of(ME, small=True):
        pass


async def test_who_goes_while_waiting_and_who_goes_when_called_leave_the_turn_to_others():
    share = Slices()
    await share.turn(ME)
    waiting, called = (asyncio.create_task(share.turn(("acme", name))) for name in ("user:bob", "user:carl"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    share.over(ME, 0.0)
    asyncio.get_running_loop().call_later(0.0, called.cancel)  # right after it was called
    await asyncio.gather(called, return_exceptions=True)
    async with asyncio.timeout(30):
        await share.turn(ME)


async def test_an_error_ends_a_slice_too():
    share = Slices()
    with pytest.raises(ZeroDivisionError):
        async with share.of(ME):
            raise ZeroDivisionError
    async with asyncio.timeout(30), share.of(ME):
        pass


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (EVENTS, LARGE, 200),
        (EVENTS, {**LARGE, "unknown": 1}, 422),
        (CASES, {"case_type": "expense_claim", "data": {"a": [0] * 5_000}}, 413),
        (BATCH, {"attempts": [{"case_id": CASE_ID, **LARGE}]}, 200),
    ],
)
def test_the_bytes_of_a_large_body_have_places_until_its_answer_begins(path, body, status):
    fakes, held = Fakes(), []
    with api(fakes) as client:
        room, submit = client.app.state.large_bodies, fakes.desk.submit

        async def submitted(attempts):
            held.append(room.bytes.taken)
            return await submit(attempts)

        fakes.desk.submit = submitted
        assert client.post(path, json=body).status_code == status
        assert all(SMALL < taken < 10 * SMALL for taken in held)
        assert bool(held) == (status == 200)
        assert room.bytes.taken == 0


async def test_the_bytes_of_a_body_are_given_back_when_its_answer_begins():
    fakes, seen, scopes = Fakes(), [], []
    inner = create_app(fakes.services(), HttpSettings(SECRET))

    async def app(scope, receive, send):
        scopes.append(scope)  # as below

        async def sending(message):
            seen.append((message["type"], inner.state.large_bodies.bytes.taken))
            await send(message)

        await inner(scope, receive, sending)

    headers = {"authorization": f"Bearer {token('alice')}"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test", headers=headers) as http:
        assert (await http.post(EVENTS, json=LARGE)).status_code == 200
    assert seen[0] == ("http.response.start", 0)


async def test_a_request_that_is_cancelled_without_an_answer_gives_its_bytes_back():
    fakes, begun, scopes = Fakes(), asyncio.Event(), []

    async def for_ever(attempts):
        begun.set()
        await asyncio.Event().wait()

    fakes.desk.submit = for_ever
    inner = create_app(fakes.services(), HttpSettings(SECRET))
    observed = Observed(inner, lambda *_: None)

    async def app(scope, receive, send):
        scopes.append(scope)  # somebody may look at it still: nothing comes back by itself
        await observed(scope, receive, send)

    headers = {"authorization": f"Bearer {token('alice')}"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test", headers=headers) as http:
        request = asyncio.create_task(http.post(EVENTS, json=LARGE))
        await begun.wait()
        assert inner.state.large_bodies.bytes.taken > SMALL
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert inner.state.large_bodies.bytes.taken == 0


def test_a_caller_whose_large_bodies_fill_their_places_waits_and_others_do_not():
    with TestClient(create_app(Fakes().services(), HttpSettings(SECRET))) as client:
        mine, others = (
            {"authorization": f"Bearer {bearer}"} for bearer in (token("alice"), token("bob", tenant="other"))
        )
        places: Places = client.app.state.large_bodies.bytes
        with places.taking(ME, MOST_BYTES // 2):
            refused = client.post(EVENTS, json=LARGE, headers=mine)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert client.post(EVENTS, json={"event": "approve"}, headers=mine).status_code == 200
            assert client.post(EVENTS, json=LARGE, headers=others).status_code == 200
        assert client.post(EVENTS, json=LARGE, headers=mine).status_code == 200


def test_a_body_of_unknown_length_has_places_for_the_largest_that_may_come():
    fakes, held = Fakes(), []
    with api(fakes) as client:
        room, submit = client.app.state.large_bodies, fakes.desk.submit

        async def submitted(attempts):
            held.append(room.bytes.taken)
            return await submit(attempts)

        fakes.desk.submit = submitted
        pieces = iter([b'{"event": ', b'"approve"}'])
        answer = client.post(EVENTS, content=pieces, headers={"content-type": "application/json"})
        assert (answer.status_code, held, room.bytes.taken) == (200, [2**20], 0)


def test_the_attempts_of_a_batch_are_checked_one_by_one_and_named_by_their_places():
    with api(Fakes()) as client:
        fine = {"case_id": CASE_ID, "event": "approve"}
        answer = client.post(BATCH, json={"attempts": [fine, {**fine, "payload": 5}, fine, 7]})
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["attempts.1.payload", "attempts.3"]
        assert client.post(BATCH, json={"attempts": [fine] * 1_001}).status_code == 422
        answer = client.post(BATCH, json={"attempts": [fine], "more": 1})
        assert [fault["field"] for fault in answer.json()["errors"]] == ["more"]
