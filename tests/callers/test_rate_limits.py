"""Rate limits: counted in the process, settled with the database, and the same for all replicas together."""

import logging

import pytest

from app.db import open_store
from app.services.callers.rate import Rate, rate_of
from app.services.callers.rate_limits import RateLimits
from app.services.store.callers import Settled
from app.services.store.failures import StoreUnavailable
from tests.calling import signed_in
from tests.factories import new_id
from tests.over_http import client_without_credential

ALICE = ("acme", "user:alice")
TEN = Rate(10, 1)


class Time:
    """The clock of the processes and of the store, in seconds; nobody waits for it."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class SharedBuckets:
    """What the statements of both stores do, driven by a clock of ours (PostgreSQL's own cannot be)."""

    def __init__(self, clock):
        self.clock = clock
        self.rows = {}
        self.gone = False

    async def settle_rates(self, spendings):
        if self.gone:
            raise StoreUnavailable("gone")
        return [self._settled(one) for one in spendings]

    def _settled(self, one):
        now = round(self.clock() * 1_000_000)
        full_at, asked = self.rows.get((one.tenant, one.subject), (0, 0))
        full_at, asked = max(full_at, now) + one.spent_us, asked + one.asked
        self.rows[one.tenant, one.subject] = full_at, asked
        return Settled(one.tenant, one.subject, full_at - now, asked)

    async def forget_rates(self):
        now = round(self.clock() * 1_000_000)
        self.rows = {key: row for key, row in self.rows.items() if row[0] > now}


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def shared(clock):
    return SharedBuckets(clock)


def passed(limits, times, subject=ALICE):
    return sum(limits.take(*subject).allowed for _ in range(times))


async def through(clock, processes, seconds, offered):
    """How many requests pass of `offered` per process and tenth of a second, with a settlement each second."""
    count = 0
    for tick in range(seconds * 10):
        for process, times in zip(processes, offered, strict=True):
            count += passed(process, times)
        clock.now += 0.1
        for place, process in enumerate(processes):
            if tick % 10 == 3 * place % 10:  # each at a moment of its own
                await process.settle()
    return count


async def test_one_process_lets_through_the_limit_and_no_more(clock, shared):
    limits = RateLimits(shared, TEN, clock)
    assert passed(limits, 50) == 10
    clock.now += 0.1
    assert passed(limits, 50) == 1
    clock.now += 100
    assert passed(limits, 50) == 10


@pytest.mark.parametrize("offered", [(5, 5), (9, 1), (20, 20), (5, 0), (3, 5)])
async def test_two_processes_together_let_through_about_the_limit(clock, shared, offered):
    processes = [RateLimits(shared, TEN, clock) for _ in range(2)]
    count = await through(clock, processes, 20, offered)
    assert 20 * 10 * 0.9 <= count <= 20 * 10 * 1.1 + 10  # and a burst each at first, which is paid back


async def test_two_processes_on_a_real_store_share_what_is_spent(clock, database):
    stores = [open_store(database.url) for _ in range(2)]
    hour = Rate(100, 3600)
    first, second = (RateLimits(store, hour, clock) for store in stores)
    assert passed(first, 100) == 100
    await first.settle()
    assert passed(second, 1) == 1  # it cannot know yet
    await second.settle()
    assert passed(second, 100) == 0
    for store in stores:
        await store.close()


async def test_subjects_do_not_spend_each_others_limit_nor_do_tenants(clock, shared):
    limits = RateLimits(shared, TEN, clock)
    assert [passed(limits, 20, key) for key in (ALICE, ("acme", "user:bob"), ("globex", "user:alice"))] == [10] * 3


async def test_who_is_refused_is_told_when_to_come_back_and_may_then(clock, shared):
    limits = RateLimits(shared, Rate(2, 60), clock)
    taken = [limits.take(*ALICE) for _ in range(3)]
    assert [(one.allowed, one.remaining) for one in taken] == [(True, 1), (True, 0), (False, 0)]
    clock.now += taken[-1].retry_after
    assert taken[-1].retry_after == pytest.approx(30)
    assert limits.take(*ALICE).allowed


async def test_without_the_database_each_process_counts_for_itself_and_tells_it_later(clock, shared, caplog):
    limits = RateLimits(shared, TEN, clock)
    shared.gone = True
    assert passed(limits, 20) == 10
    with caplog.at_level(logging.WARNING):
        await limits.settle()
    assert "not shared" in caplog.text
    assert passed(limits, 20) == 0
    shared.gone = False
    await limits.settle()
    assert shared.rows[ALICE][1] == 40


async def test_what_is_let_through_while_the_database_is_asked_is_not_forgotten(clock, shared):
    limits = RateLimits(shared, Rate(10, 3600), clock)
    assert passed(limits, 4) == 4
    settle = shared.settle_rates

    async def meanwhile(spendings):
        settled = await settle(spendings)
        assert passed(limits, 4) == 4
        return settled

    shared.settle_rates = meanwhile
    await limits.settle()
    shared.settle_rates = settle
    assert passed(limits, 10) == 2
    await limits.settle()
    assert shared.rows[ALICE][1] == 18


async def test_memory_is_bounded_and_full_buckets_are_let_go(clock, shared):
    limits = RateLimits(shared, TEN, clock, most=100)
    for n in range(1000):
        limits.take("acme", f"user:u{n}")
    assert len(limits._buckets) == 100
    await limits.settle()
    clock.now += 10
    await limits.settle()
    assert len(limits._buckets) == 0


def test_each_attempt_of_a_batch_is_charged(clock, shared):
    limits = RateLimits(shared, TEN, clock)
    assert [limits.take(*ALICE).allowed, limits.take_more(*ALICE, 5).allowed] == [True, True]
    assert passed(limits, 20) == 4


def test_a_batch_that_is_refused_spends_nothing_and_is_told_when_it_fits(clock, shared):
    limits = RateLimits(shared, Rate(10, 60), clock)
    assert passed(limits, 5) == 5
    refused = limits.take_more(*ALICE, 7)
    assert (refused.allowed, refused.retry_after) == (False, pytest.approx(12))
    clock.now += 12
    assert limits.take_more(*ALICE, 7).allowed


@pytest.mark.parametrize("spent", [1, 2])
def test_a_batch_above_the_bucket_passes_a_full_one_alone_and_is_paid_back(clock, shared, spent):
    limits = RateLimits(shared, Rate(10, 10), clock)
    assert passed(limits, spent) == spent
    taken = limits.take_more(*ALICE, 99)
    assert (taken.allowed, taken.remaining) == (spent == 1, 0)
    clock.now += 90.5
    assert passed(limits, 20) == (0 if spent == 1 else 10)


async def test_what_a_batch_overdraws_binds_every_process(clock, shared):
    one, other = (RateLimits(shared, TEN, clock) for _ in range(2))
    assert (one.take(*ALICE).allowed, one.take_more(*ALICE, 99).allowed) == (True, True)
    await one.settle()
    other.take(*ALICE)
    await other.settle()
    clock.now += 5
    assert passed(other, 10) == 0


async def test_events_of_a_batch_and_skipped_cases_count_one_by_one(house, clock):
    limits = RateLimits(house.store, Rate(10, 60), clock)
    async with client_without_credential(house, limits) as client:
        batch = {"attempts": [{"case_id": new_id(), "event": "triage"}] * 6}
        answers = [await client.post("/api/v1/events", json=batch, headers=signed_in("alice")) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[0].headers["ratelimit-remaining"] == "4"
        skips = {"skip": [{"case_id": new_id(), "reason": "no"}] * 6}
        answer = await client.post("/api/v1/next-case", json=skips, headers=signed_in("bob"))
        assert answer.headers["ratelimit-remaining"] == "3"


@pytest.mark.parametrize(("text", "rate"), [("100/s", Rate(100, 1)), ("600/m", Rate(600, 60)), ("1/h", Rate(1, 3600))])
def test_a_rate_is_written_as_it_is_read(text, rate):
    assert (rate_of(text), str(rate)) == (rate, text)


@pytest.mark.parametrize("text", ["", "100", "0/s", "-1/s", "1/d", "1.5/s", "100 / s", "1/s\n", "1000000/s"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="rate"):
        rate_of(text)


async def test_too_many_requests_are_429_with_the_time_to_wait(house, clock):
    limits = RateLimits(house.store, Rate(2, 60), clock)
    async with client_without_credential(house, limits) as client:
        answers = [await client.get("/api/v1/cases", headers=signed_in("alice")) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["code"] == "rate_limited"
        assert answers[2].headers["retry-after"] == "30"
        told = [[answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] for answer in answers]
        assert told == [["2", "1", "30"], ["2", "0", "60"], ["2", "0", "60"]]
        assert (await client.get("/api/v1/cases", headers=signed_in("bob"))).status_code == 200
        assert (await client.get("/healthz")).status_code == 200
    async with client_without_credential(house) as client:
        answer = await client.get("/api/v1/cases", headers=signed_in("alice"))
        assert not [name for name in answer.headers if name.startswith("ratelimit")]
