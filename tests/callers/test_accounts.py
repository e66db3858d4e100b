"""Signing in by a password of ours, and by a one-time password."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher, extract_parameters
from pyotp import TOTP

from app.db import open_store
from app.domain.values.errors import Invalid, Unavailable
from app.services.callers import passwords as of_passwords
from app.services.callers.accounts import Accounts, Entered, NeedsCode, TooOften, Wrong
from app.services.callers.one_time import PERIOD, OneTime
from app.services.callers.passwords import Passwords, fault_of
from app.services.callers.people import People
from app.services.callers.rate import Rate
from app.services.callers.sealing import Sealing
from app.services.callers.sign_in_limits import SignInLimits
from app.services.store.people import StoredPerson
from tests.callers.test_rate_limits import SharedBuckets, Time
from tests.databases import sqlite_of
from tests.factories import OPENED, TENANT
from tests.house import actor

SECRET = "a secret for tests that is long enough to seal with"
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
ANN = actor("ann")


class Counting(Passwords):
    """Counts how often somebody's password was looked at."""

    looked_at = 0

    def _fits(self, hashed, password):
        self.looked_at += 1
        return super()._fits(hashed, password)


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
async def store(tmp_path, sqlite_template):
    file = tmp_path / "stateward.db"
    file.write_bytes(sqlite_template.read_bytes())
    opened = open_store(sqlite_of(file).url)
    yield opened
    await opened.close()


@pytest.fixture
def passwords():
    return Counting(QUICK)


@pytest.fixture
async def person(store, passwords):
    made = StoredPerson(
        tenant=TENANT, subject=ANN.id, made_at=OPENED, display_name="Ann Lee", password=await passwords.hashed(PASSWORD)
    )
    async with store.transaction(TENANT) as tx:
        await tx.add_person(made)
    return made


@pytest.fixture
def limits(clock):
    return SignInLimits(SharedBuckets(clock), Rate(5, 60), Rate(20, 60), clock)


@pytest.fixture
def one_time(clock):
    return OneTime(Sealing(SECRET, clock), clock)


@pytest.fixture
def accounts(store, passwords, one_time, limits, clock, person):
    return Accounts(store, passwords, one_time, Sealing(SECRET, clock), limits)


@pytest.fixture
def people(store, one_time, passwords, limits, person):
    return People(store, None, one_time, passwords, limits)


async def test_the_right_password_lets_somebody_in(accounts):
    entered = await accounts.enter(TENANT, "ann", PASSWORD, None)
    assert entered == Entered(replace(ANN, roles=frozenset()), "password")
    assert await accounts.enter(TENANT, "user:ann", PASSWORD, None) == entered


@pytest.mark.parametrize(
    ("tenant", "name", "password"),
    [
        (TENANT, "ann", "wrong horse battery"),
        (TENANT, "nobody", PASSWORD),
        ("globex", "ann", PASSWORD),
        ("No Tenant", "ann", PASSWORD),
        (TENANT, "x" * 500, PASSWORD),
        (TENANT, "ann", PASSWORD + "x" * 2000),
        (TENANT, "ann", ""),
    ],
)
async def test_whatever_is_wrong_gets_one_answer_after_the_same_work(accounts, passwords, tenant, name, password):
    assert await accounts.enter(tenant, name, password, None) == Wrong()
    assert passwords.looked_at == 1


async def test_a_disabled_account_and_one_without_a_password_answer_alike(accounts, passwords, store):
    await store.change_person(TENANT, ANN.id, {"disabled_at": OPENED})
    assert await accounts.enter(TENANT, "ann", PASSWORD, None) == Wrong()
    await store.change_person(TENANT, ANN.id, {"disabled_at": None, "password": None})
    assert await accounts.enter(TENANT, "ann", PASSWORD, None) == Wrong()
    assert passwords.looked_at == 2


class Recording(PasswordHasher):
    """Keeps the effort of each hash that it looked at."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.efforts = []

    def verify(self, hashed, password):
        self.efforts.append(extract_parameters(hashed))
        return super().verify(hashed, password)


async def test_finding_out_that_nobody_is_there_costs_what_a_password_costs():
    hasher = Recording()
    passwords = Passwords(hasher)
    assert await passwords.fits(hasher.hash(PASSWORD), PASSWORD)
    assert not await passwords.fits(None, PASSWORD)
    assert hasher.efforts[0] == hasher.efforts[1]


async def test_a_hash_that_cost_less_is_made_anew(accounts, passwords, store, person):
    weaker = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    await store.change_person(TENANT, ANN.id, {"password": weaker})
    assert isinstance(await accounts.enter(TENANT, "ann", PASSWORD, None), Entered)
    renewed = (await store.person(TENANT, ANN.id)).password
    assert renewed != weaker
    assert not passwords.is_old(renewed)


async def test_attempts_on_a_name_are_counted_and_others_are_not_harmed(accounts, store, passwords, clock):
    for _ in range(5):
        assert await accounts.enter(TENANT, "ann", "wrong horse battery", "192.0.2.1") == Wrong()
    assert await accounts.enter(TENANT, "ann", PASSWORD, "192.0.2.2") == TooOften(12)
    assert passwords.looked_at == 5
    assert await accounts.enter(TENANT, "ben", PASSWORD, "192.0.2.1") == Wrong()
    clock.now += 12
    assert isinstance(await accounts.enter(TENANT, "ann", PASSWORD, "192.0.2.1"), Entered)


async def test_attempts_from_an_address_are_counted_over_all_names(limits):
    for number in range(20):
        assert limits.take(TENANT, f"user:a{number}", "2001:db8:1::1") == 0.0
    assert limits.take(TENANT, "user:b", "2001:db8:1::2") > 0.0, "the same network"
    assert limits.take(TENANT, "user:b", "2001:db8:2::2") == 0.0
    assert limits.take(TENANT, "user:b", None) == 0.0


async def test_where_no_address_is_known_all_attempts_are_counted_together(clock):
    limits = SignInLimits(SharedBuckets(clock), Rate(5, 60), Rate(20, 60), clock, Rate(30, 60))
    for number in range(30):
        assert limits.take(TENANT, f"user:a{number}", None) == 0.0
    assert limits.take(TENANT, "user:b", None) > 0.0
    assert limits.take(TENANT, "user:b", "192.0.2.1") == 0.0
    clock.now += 2
    assert limits.take(TENANT, "user:b", None) == 0.0


async def test_what_strangers_try_on_a_name_does_not_count_for_who_is_signed_in(accounts, people, clock):
    app = await switched_on(people, clock)
    for _ in range(6):
        told = await accounts.enter(TENANT, "ann", "wrong horse battery", None)
    assert isinstance(told, TooOften)
    await people.change_password(ANN, "this session", PASSWORD, "another horse battery")
    assert await people.switch_off_one_time(ANN, app.at(int(clock())))


async def test_who_is_signed_in_cannot_try_passwords_without_end_either(people, passwords):
    for _ in range(6):
        with pytest.raises(Invalid):
            await people.change_password(ANN, "this session", "wrong horse battery", "another horse battery")
    assert passwords.looked_at == 5


async def test_replicas_share_what_was_tried(clock):
    shared = SharedBuckets(clock)
    first, second = (SignInLimits(shared, Rate(5, 60), Rate(20, 60), clock) for _ in range(2))
    for _ in range(5):
        assert first.take(TENANT, ANN.id, None) == 0.0
    assert second.take(TENANT, ANN.id, None) == 0.0
    await first.settle()
    await second.settle()
    assert second.take(TENANT, ANN.id, None) > 0.0


async def test_what_can_be_no_name_shares_a_bucket(limits):
    for number in range(5):
        assert limits.take("No Tenant", f"user:{number}", None) == 0.0
    assert limits.take(TENANT, "no name", None) > 0.0


async def test_so_many_passwords_are_looked_at_at_once_and_so_many_wait():
    passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=4096, parallelism=1))
    hashed = await passwords.hashed(PASSWORD)
    tried = 2 * (of_passwords.AT_ONCE + of_passwords.WAITING)
    told = await asyncio.gather(*(passwords.fits(hashed, PASSWORD) for _ in range(tried)), return_exceptions=True)
    assert [one for one in told if one is True] == [True] * (tried // 2)
    assert all(isinstance(one, Unavailable) for one in told if one is not True)
    assert await passwords.fits(hashed, PASSWORD), "there is room again"


async def switched_on(people, clock):
    secret, address = people.new_one_time(ANN)
    assert secret in address
    assert await people.switch_on_one_time(ANN, secret, TOTP(secret).at(int(clock())))
    clock.now += PERIOD
    return TOTP(secret)


async def test_a_one_time_password_is_asked_for_where_it_is_switched_on(accounts, people, clock):
    app = await switched_on(people, clock)
    half = await accounts.enter(TENANT, "ann", PASSWORD, None)
    assert isinstance(half, NeedsCode)
    entered = await accounts.enter_code(half.half, app.at(int(clock())), None)
    assert entered == Entered(replace(ANN, roles=frozenset()), "password and one-time password")


async def test_a_one_time_password_is_good_once(accounts, people, clock):
    app = await switched_on(people, clock)
    half = (await accounts.enter(TENANT, "ann", PASSWORD, None)).half
    code = app.at(int(clock()))
    assert isinstance(await accounts.enter_code(half, code, None), Entered)
    assert await accounts.enter_code(half, code, None) == NeedsCode(half)


async def test_the_one_that_switched_it_on_is_used_up(accounts, people, clock):
    secret, _ = people.new_one_time(ANN)
    code = TOTP(secret).at(int(clock()))
    assert await people.switch_on_one_time(ANN, secret, code)
    half = (await accounts.enter(TENANT, "ann", PASSWORD, None)).half
    assert await accounts.enter_code(half, code, None) == NeedsCode(half)


async def test_a_wrong_code_switches_nothing_on(people, store):
    secret, _ = people.new_one_time(ANN)
    assert not await people.switch_on_one_time(ANN, secret, "000000x")
    assert (await store.person(TENANT, ANN.id)).otp is None


async def test_clocks_may_differ_by_half_a_minute(accounts, people, clock):
    app = await switched_on(people, clock)
    half = (await accounts.enter(TENANT, "ann", PASSWORD, None)).half
    assert await accounts.enter_code(half, app.at(int(clock()) + 3 * PERIOD), None) == NeedsCode(half)
    assert isinstance(await accounts.enter_code(half, app.at(int(clock()) + PERIOD), None), Entered)


async def test_codes_cannot_be_tried_without_end(accounts, people, clock):
    await switched_on(people, clock)
    half = (await accounts.enter(TENANT, "ann", PASSWORD, None)).half
    answers = [await accounts.enter_code(half, "12345x", None) for _ in range(6)]
    assert isinstance(answers[-1], TooOften)
    assert not await people.switch_off_one_time(ANN, "12345x")


async def test_the_half_is_void_after_five_minutes_or_when_the_password_changed(accounts, people, clock, store):
    app = await switched_on(people, clock)
    half = (await accounts.enter(TENANT, "ann", PASSWORD, None)).half
    await store.change_person(TENANT, ANN.id, {"password": QUICK.hash("another horse battery")})
    assert await accounts.enter_code(half, app.at(int(clock())), None) == Wrong()
    half = (await accounts.enter(TENANT, "ann", "another horse battery", None)).half
    clock.now += 301
    assert await accounts.enter_code(half, app.at(int(clock())), None) == Wrong()
    assert await accounts.enter_code("made up", app.at(int(clock())), None) == Wrong()


async def test_it_is_switched_off_by_a_code_only(accounts, people, clock):
    app = await switched_on(people, clock)
    assert not await people.switch_off_one_time(ANN, "000000x")
    assert await people.switch_off_one_time(ANN, app.at(int(clock())))
    assert isinstance(await accounts.enter(TENANT, "ann", PASSWORD, None), Entered)


async def test_the_secret_of_one_time_passwords_is_sealed_where_it_is_kept(people, clock, store):
    app = await switched_on(people, clock)
    assert app.secret not in (await store.person(TENANT, ANN.id)).otp


async def test_a_password_is_changed_by_who_knows_it(accounts, people, clock):
    with pytest.raises(Invalid) as refused:
        await people.change_password(ANN, "this session", "wrong horse battery", "another horse battery")
    assert refused.value.errors[0].field == "now"
    with pytest.raises(Invalid) as refused:
        await people.change_password(ANN, "this session", PASSWORD, "short")
    assert refused.value.errors[0].field == "new"
    await people.change_password(ANN, "this session", PASSWORD, "another horse battery")
    assert isinstance(await accounts.enter(TENANT, "ann", "another horse battery", None), Entered)


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "at least 10"), ("aaaaaaaaaaaaa", "easy to guess"), ("annaannaanna", "easy"), ("x" * 1025, "at most")],
)
def test_a_password_that_is_no_good_is_refused_with_the_reason(password, said):
    assert said in (fault_of(password, "annaannaanna") or "")


def test_a_good_password_needs_no_special_signs():
    assert fault_of(PASSWORD, "ann") is None
