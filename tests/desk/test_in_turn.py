"""Who waits how long at the desk, counted in batches: tenants are served in turn, and their callers."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from app.domain.values.errors import Unavailable
from app.services.assembly import Assembly
from app.services.desk.waiting import BATCH, OF_ONE, OTHERS_COME
from app.services.fairness.fair_queue import FairQueue
from app.services.fairness.places import Places
from tests.databases import Database
from tests.factories import new_id
from tests.house import ALICE, actor, attempt, code, entries, open_claim, opening, submit


@dataclass(eq=False)
class Request:
    """Attempts that one caller sent at once, by their numbers."""

    tenant: str
    subject: str
    size: int
    first: int = 0

    @property
    def caller(self) -> tuple[str, str]:
        return self.tenant, self.subject


class Batches:
    """Deal batches until nothing waits; what a batch leaves of a request comes again when the batch is decided."""

    def __init__(self, *requests: Request, places: int = BATCH) -> None:
        turns: FairQueue[Request] = FairQueue()
        self.dealt: list[list[tuple[str, str, int]]] = []
        for request in requests:
            turns.put(request)
        while turns:
            batch = turns.deal(places)
            self.dealt.append([(r.tenant, r.subject, r.first + n) for r, taken in batch for n in range(taken)])
            for r, taken in batch:
                if taken < r.size:
                    turns.put(Request(r.tenant, r.subject, r.size - taken, r.first + taken))

    def waited(self, tenant: str, subject: str = "ann") -> int:
        """In which batch the last attempt of a caller was decided."""
        return max(n for n, batch in enumerate(self.dealt) if any(one[:2] == (tenant, subject) for one in batch))

    def of(self, tenant: str) -> list[int]:
        """How many attempts of a tenant were decided in each batch."""
        return [sum(one[0] == tenant for one in batch) for batch in self.dealt]


def test_a_single_event_waits_for_no_batch_of_another_tenant_however_much_that_one_sent() -> None:
    many = [Request("large", f"user:{n}", 1_000) for n in range(10)]
    assert Batches(*many, Request("small", "ann", 1)).waited("small") == 0


def test_tenants_that_send_more_than_fits_share_each_batch() -> None:
    found = Batches(Request("large", "ann", 1_000), Request("also", "ann", 96), Request("small", "ann", 32))
    assert [found.of(tenant)[0] for tenant in ("large", "also", "small")] == [22, 21, 21]
    assert [found.waited(tenant) for tenant in ("small", "also")] == [1, 3]


def test_of_a_hundred_tenants_the_last_one_waits_for_one_batch() -> None:
    found = Batches(*(Request(f"tenant-{n}", "ann", 1_000) for n in range(100)), Request("small", "ann", 1))
    assert found.waited("small") == 100 // BATCH


def test_many_callers_of_a_tenant_are_one_in_the_turn_of_tenants() -> None:
    many = [Request("large", f"user:{n}", 1) for n in range(1_000)]
    found = Batches(*many, Request("small", "ann", BATCH))
    assert found.of("small") == [32, 32, *[0] * (len(found.dealt) - 2)]


def test_callers_of_one_tenant_are_served_in_turn_too() -> None:
    found = Batches(Request("acme", "bob", 1_000), Request("acme", "ann", 1))
    assert found.waited("acme", "ann") == 0


def test_what_one_caller_sent_is_decided_in_its_order_whatever_else_waits() -> None:
    sent = [Request("acme", "ann", 150), Request("large", "bob", 500)]
    found = Batches(*sent)
    assert [one[2] for batch in found.dealt for one in batch if one[1] == "ann"] == list(range(150))


def test_requests_of_one_caller_are_decided_one_after_the_other() -> None:
    found = Batches(Request("acme", "ann", 3, first=0), Request("acme", "ann", 3, first=3), places=4)
    assert [[one[2] for one in batch] for batch in found.dealt] == [[0, 1, 2, 3], [4, 5]]


def test_alone_a_caller_gets_whole_batches() -> None:
    assert list(map(len, Batches(Request("acme", "ann", 1_000)).dealt)) == [BATCH] * 15 + [40]


def test_what_nobody_waits_for_any_more_is_not_dealt() -> None:
    turns: FairQueue[Request] = FairQueue()
    gone, there = Request("acme", "ann", 10), Request("acme", "bob", 1)
    for request in (gone, there):
        turns.put(request)
    turns.withdraw(gone)
    turns.withdraw(gone)
    assert turns.deal(BATCH) == [(there, 1)]
    turns.withdraw(there)
    assert not turns


def test_a_caller_who_has_got_all_they_get_of_a_batch_is_behind_those_who_have_not() -> None:
    turns: FairQueue[Request] = FairQueue()
    requests = [Request("large", "ann", 1_000), Request("large", "bob", 1), Request("small", "carl", 3)]
    later = Request("large", "ann", 5)
    for request in (*requests, later):
        turns.put(request)
    assert dict(turns.deal(BATCH, OF_ONE)) == {requests[0]: OF_ONE, requests[1]: 1, requests[2]: 3}
    assert turns.deal(BATCH) == [(later, 5)]
    assert not turns


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    """Who took places keeps them for the length of a test."""
    with ExitStack() as stack:
        yield stack


def test_a_tenant_gets_half_of_the_places_and_a_caller_half_of_those(kept: ExitStack) -> None:
    assert got(kept, Places(10_000, "attempts"), ("acme", "ann")) == 2_500
    assert got(kept, Places(10_000, "attempts"), "acme") == 5_000


def test_however_many_tenants_take_all_they_get_another_finds_room(kept: ExitStack) -> None:
    places = Places(10_000, "attempts")
    found = [got(kept, places, f"tenant-{n}") for n in range(20)]
    assert found[:3] == [5_000, 2_500, 1_250]
    kept.enter_context(places.taking(("small", "ann"), 1_000))


def test_a_caller_with_nothing_waiting_finds_room_beside_one_who_took_all_they_get(kept: ExitStack) -> None:
    places = Places(10_000, "attempts")
    assert got(kept, places, ("acme", "ann")) == 2_500
    kept.enter_context(places.taking(("acme", "bob"), 1_000))
    with pytest.raises(Unavailable, match="of yours"):
        kept.enter_context(places.taking(("acme", "ann"), 1_000))


def test_places_are_free_again_when_what_took_them_is_over() -> None:
    places = Places(10, "attempts")
    with pytest.raises(ZeroDivisionError), places.taking(("acme", "ann"), 2):
        raise ZeroDivisionError
    assert places.taken == 0


def got(kept: ExitStack, places: Places, who: str | tuple[str, str]) -> int:
    """How many places a caller gets, or a tenant with ever more callers who take one each."""
    for n in range(100_000):
        caller = who if isinstance(who, tuple) else (who, f"user:{n}")
        try:
            kept.enter_context(places.taking(caller))
        except Unavailable:
            return n
    raise AssertionError("places have no end")


async def test_another_tenants_event_is_decided_in_the_next_batch_though_thousands_wait(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    async with asyncio.TaskGroup() as many:
        for n in range(4):
            people = actor(f"bob{n}", "clerk")
            many.create_task(submit(house, *(attempt(people, "add_note", claim) for _ in range(300))))
        await asyncio.sleep(0)
        vera = actor("vera", tenant="globex")
        [answer] = await many.create_task(submit(house, opening(vera)))
        assert code(answer) == "applied"
        assert house.desk.waiting >= 1_200
    logged = await entries(database)
    assert len([entry for entry in logged if entry["kind"] == "transition"]) == 1_200


async def test_while_others_come_a_caller_gets_a_part_of_a_transaction_and_whole_ones_when_they_are_gone(
    house: Assembly,
) -> None:
    claim, sizes, begun = await open_claim(house), [], asyncio.Event()
    house.tell_committed(lambda committed: (sizes.append(committed.attempts), begun.set()))
    many = OTHERS_COME * OF_ONE + 8 * BATCH
    async with asyncio.TaskGroup() as both:
        both.create_task(submit(house, *(attempt(ALICE, "add_note", claim) for _ in range(many))))
        await begun.wait()
        both.create_task(submit(house, opening(actor("vera", tenant="globex"))))
    assert sizes.count(OF_ONE) + sizes.count(OF_ONE + 1) >= OTHERS_COME - 4
    assert sizes[0] == BATCH
    sizes.clear()
    await submit(house, *(attempt(ALICE, "add_note", claim) for _ in range(many)))
    assert sizes[-3:-1] == [BATCH, BATCH]


async def test_a_batch_on_cases_that_are_not_there_is_answered_in_order_with_those_that_are(house: Assembly) -> None:
    claim = await open_claim(house)
    gone = [attempt(ALICE, "add_note", new_id()) for _ in range(BATCH * 2)]
    notes = [attempt(ALICE, "add_note", claim, if_version=n + 1) for n in range(20)]
    mixed = [one for pair in zip(gone, notes, strict=False) for one in pair] + gone[20:]
    answers = await submit(house, *mixed)
    assert [code(answer) for answer in answers[:40]] == ["not_found", "applied"] * 20
    assert {code(answer) for answer in answers[40:]} == {"not_found"}


async def test_a_case_that_the_same_batch_opens_is_there(house: Assembly) -> None:
    first = opening(event="save")
    notes = [attempt(ALICE, "add_note", new_id()) for _ in range(BATCH)]
    answers = await submit(house, first, *notes, attempt(ALICE, "submit", first.new_case_id))
    assert [code(answers[0]), code(answers[-1])] == ["applied", "applied"]
