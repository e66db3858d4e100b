"""Requests of one caller: so many at a time, fewer while others come; the rest waits and holds up nobody else."""

import asyncio
from dataclasses import dataclass, field

import pytest
from httpx import ASGITransport, AsyncClient

from app.domain.values.errors import NotFound
from app.http.app import HttpSettings, create_app
from app.http.border.entrance import OF_A_CALLER, OF_A_TENANT, PATIENCE, Entrance
from app.http.sign_in.own_tokens import mint
from app.services.desk.answer import Answer
from app.services.fairness.at_once import AtOnce
from tests.fake_services import CASE_ID, SECRET, FakeLedger, Fakes, token

EVENTS = f"/api/v1/cases/{CASE_ID}/events"


async def entered(gate: AtOnce[str], key: str) -> bool:
    """Whether there is a place now; who has none waits on."""
    entering = asyncio.ensure_future(gate.enter(key))
    await asyncio.sleep(0)
    return entering.done()


async def test_whoever_is_alone_has_the_larger_number():
    gate: AtOnce[str] = AtOnce(alone=4, among_others=2)
    assert [await entered(gate, "one") for _ in range(5)] == [True] * 4 + [False]


async def test_while_others_come_each_has_the_smaller_number():
    gate: AtOnce[str] = AtOnce(alone=4, among_others=2)
    assert await entered(gate, "other")
    assert [await entered(gate, "one") for _ in range(3)] == [True, True, False]
    assert await entered(gate, "other")


async def test_a_place_goes_to_whoever_waited_longest():
    gate, order = AtOnce[str](alone=1, among_others=1), []

    async def one(number: int) -> None:
        await gate.enter("one")
        order.append(number)
        await asyncio.sleep(0)
        gate.leave("one")

    await asyncio.gather(*(one(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_whoever_gives_up_waiting_takes_no_place():
    gate: AtOnce[str] = AtOnce(alone=1, among_others=1)
    await gate.enter("one")
    waiting = [asyncio.ensure_future(gate.enter("one")) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    gate.leave("one")
    await waiting[1]
    gate.leave("one")
    assert await entered(gate, "one")


async def test_whoever_gives_up_just_before_somebody_leaves_is_passed_over():
    gate: AtOnce[str] = AtOnce(alone=1, among_others=1)
    await gate.enter("one")
    waiting = [asyncio.ensure_future(gate.enter("one")) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.leave("one")
    async with asyncio.timeout(5):
        await waiting[1]
    assert waiting[0].cancelled()


async def test_whoever_gives_up_in_the_moment_of_being_let_in_passes_the_place_on():
    gate: AtOnce[str] = AtOnce(alone=1, among_others=1)
    await gate.enter("one")
    waiting = [asyncio.ensure_future(gate.enter("one")) for _ in range(2)]
    await asyncio.sleep(0)
    gate.leave("one")
    waiting[0].cancel()
    async with asyncio.timeout(5):
        await waiting[1]


@dataclass
class Deciding:
    """A desk that answers nobody until it is told to."""

    inside: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, attempts):
        self.inside += 1
        await self.go_on.wait()
        return [Answer(error=NotFound("no such case")) for _ in attempts]


class Quiet(FakeLedger):
    """A log in which nothing is new, ever."""

    async def feed(self, *_):
        await asyncio.Event().wait()


@pytest.fixture
def flooded():
    desk = Deciding()
    app = create_app(Fakes(desk=desk, ledger=Quiet()).services(), HttpSettings(SECRET))
    return desk, AsyncClient(transport=ASGITransport(Entrance(app), raise_app_exceptions=False), base_url="http://test")


def fired(http: AsyncClient, user: str, tenant: str = "acme", seconds: int = 3600) -> "asyncio.Task[object]":
    headers = {"authorization": f"Bearer {mint(SECRET, tenant, user, ('clerk',), ttl_seconds=seconds)}"}
    return asyncio.ensure_future(http.post(EVENTS, json={"event": "approve"}, headers=headers))


async def settled(desk: Deciding) -> int:
    """How many are inside once nobody comes any more."""
    before = -1
    while before != desk.inside:
        before = desk.inside
        for _ in range(50):
            await asyncio.sleep(0)
    return desk.inside


async def test_of_a_flood_of_one_caller_so_many_requests_are_inside_and_somebody_else_comes_in(flooded):
    desk, http = flooded
    flood = [fired(http, "alice") for _ in range(OF_A_CALLER[0] + 20)]
    assert await settled(desk) == OF_A_CALLER[0]
    flood.append(fired(http, "bob", tenant="other"))
    assert await settled(desk) == OF_A_CALLER[0] + 1
    desk.go_on.set()
    await asyncio.gather(*flood)
    assert desk.inside == len(flood)


async def test_a_tenant_of_many_callers_has_a_bound_too(flooded):
    desk, http = flooded
    flood = [fired(http, f"user{n}") for n in range(OF_A_TENANT[0] + 20)]
    assert await settled(desk) == OF_A_TENANT[0]
    desk.go_on.set()
    await asyncio.gather(*flood)


async def test_a_person_of_many_credentials_has_the_bound_of_one(flooded):
    desk, http = flooded
    flood = [fired(http, "alice", seconds=3600 + n % 8) for n in range(OF_A_CALLER[0] + 20)]
    assert await settled(desk) == OF_A_CALLER[0]
    desk.go_on.set()
    await asyncio.gather(*flood)


async def test_whoever_sends_a_body_in_drips_keeps_nobody_out(flooded):
    desk, http = flooded
    rest = asyncio.Event()

    async def dripping():
        yield b'{"event": '
        await rest.wait()
        yield b'"approve"}'

    headers = {"authorization": f"Bearer {token('alice')}", "content-type": "application/json", "content-length": "20"}
    slow = [
        asyncio.ensure_future(http.post(EVENTS, content=dripping(), headers=headers)) for _ in range(OF_A_CALLER[0])
    ]
    await settled(desk)
    quick = fired(http, "alice")
    async with asyncio.timeout(5):
        while not await settled(desk):
            await asyncio.wait([quick], timeout=PATIENCE)
    rest.set()
    desk.go_on.set()
    async with asyncio.timeout(5):
        await asyncio.gather(quick, *slow)
    assert desk.inside == 1 + len(slow)


async def test_a_request_that_is_cancelled_gives_its_place_back(flooded):
    desk, http = flooded
    flood = [fired(http, "alice") for _ in range(OF_A_CALLER[0] + 1)]
    await settled(desk)
    flood[0].cancel()
    assert await settled(desk) == OF_A_CALLER[0] + 1
    desk.go_on.set()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_whoever_waits_for_what_is_new_keeps_nobody_out(flooded):
    desk, http = flooded
    headers = {"authorization": f"Bearer {token('alice')}"}
    waiting = [asyncio.ensure_future(http.get("/api/v1/audit?wait=30", headers=headers)) for _ in range(OF_A_CALLER[0])]
    await settled(desk)
    one = fired(http, "alice")
    assert await settled(desk) == 1
    desk.go_on.set()
    await one
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
