"""People and sessions as the stores keep them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.db import open_store
from app.services.callers.rate import Rate
from app.services.callers.sign_in_limits import SignInLimits
from app.services.store.failures import Refused
from app.services.store.people import Beginning, StoredPerson, Told
from tests.factories import OPENED, TENANT
from tests.house import change, rows

ANN = StoredPerson(
    tenant=TENANT,
    subject="user:ann",
    made_at=OPENED,
    display_name="Ann Lee",
    password="argon2 of it",
    zone="Europe/Berlin",
)
HASHES = [f"{number:064x}" for number in range(30)]


def beginning(number: int = 0, subject: str = "user:ann", **values) -> Beginning:
    made = Beginning(
        tenant=TENANT,
        hash=HASHES[number],
        subject=subject,
        roles=frozenset({"role:clerk"}),
        how="password",
        told=Told(),
        longest=3600.0,
        most=3,
    )
    return replace(made, **values)


async def added(store, *people: StoredPerson) -> None:
    async with store.transaction(TENANT) as tx:
        for person in people:
            await tx.add_person(person)


async def test_a_person_is_kept_as_they_were_told_of(store):
    whole = StoredPerson(
        tenant=TENANT,
        subject="user:eva",
        made_at=OPENED,
        display_name="Eva",
        shown_name="Evi",
        address="eva@example.com",
        zone="Europe/Vienna",
        language="de",
        theme="dark",
        density="compact",
        keys=False,
        password="hash",
        otp="sealed",
        otp_step=7,
        seen_at=OPENED,
        disabled_at=OPENED,
    )
    await added(store, whole, ANN)
    assert await store.person(TENANT, "user:eva") == whole
    assert await store.person(TENANT, "user:nobody") is None
    assert await store.person("globex", "user:eva") is None
    assert await store.people(TENANT, None, 10) == [ANN, whole]
    assert await store.people(TENANT, "user:ann", 10) == [whole]
    assert await store.people(TENANT, None, 1) == [ANN]


async def test_nobody_is_added_twice(store):
    await added(store, ANN)
    with pytest.raises(Refused):
        await added(store, replace(ANN, display_name="Another"))
    assert await store.person(TENANT, ANN.subject) == ANN


async def test_names_are_those_that_people_chose_else_those_that_were_told(store):
    plain = StoredPerson(tenant=TENANT, subject="user:plain", made_at=OPENED)
    await added(
        store,
        ANN,
        plain,
        StoredPerson(tenant=TENANT, subject="user:eva", made_at=OPENED, display_name="Eva Berg", shown_name="Evi"),
    )
    asked = ["user:ann", "user:eva", "user:plain", "user:nobody"]
    assert await store.people_named(TENANT, asked) == {"user:ann": "Ann Lee", "user:eva": "Evi"}
    assert await store.people_named("globex", asked) == {}


async def test_what_somebody_chose_changes_nobody_else(store):
    await added(store, ANN, StoredPerson(tenant=TENANT, subject="user:ben", made_at=OPENED))
    assert await store.change_person(TENANT, "user:ann", {"theme": "dark", "keys": False})
    assert await store.person(TENANT, "user:ann") == replace(ANN, theme="dark", keys=False)
    assert await store.person(TENANT, "user:ben") == StoredPerson(tenant=TENANT, subject="user:ben", made_at=OPENED)
    assert not await store.change_person(TENANT, "user:nobody", {"theme": "dark"})
    assert not await store.change_person("globex", "user:ann", {"theme": "light"})


async def test_a_one_time_password_is_taken_once_and_none_before_it(store):
    await added(store, ANN)
    taken = [await store.use_otp(TENANT, "user:ann", step) for step in (10, 10, 9, 11)]
    assert taken == [True, False, False, True]


async def test_of_two_who_show_one_code_at_once_one_gets_in(store):
    await added(store, ANN)
    assert sorted(await asyncio.gather(*(store.use_otp(TENANT, "user:ann", 5) for _ in range(4)))) == [False] * 3 + [
        True
    ]


async def test_a_session_is_found_by_its_hash_with_its_person(store):
    await added(store, ANN)
    made = await store.begin_session(beginning())
    session, person, at = await store.session((TENANT, HASHES[0]))
    assert (session, session.roles, session.how) == (made, frozenset({"role:clerk"}), "password")
    assert session.ends_at - session.made_at == timedelta(hours=1)
    assert session.seen_at == session.made_at <= at
    assert person == replace(ANN, seen_at=session.made_at)
    assert await store.session((TENANT, HASHES[1])) is None
    assert await store.session(("globex", HASHES[0])) is None


async def test_a_first_sign_in_makes_the_person_and_a_later_one_tells_more(store):
    told = Told("Ann Lee", "ann@example.com", "Europe/Berlin", "de")
    first = await store.begin_session(beginning(told=told))
    person = await store.person(TENANT, "user:ann")
    assert person == StoredPerson(
        tenant=TENANT,
        subject="user:ann",
        made_at=first.made_at,
        display_name="Ann Lee",
        address="ann@example.com",
        zone="Europe/Berlin",
        language="de",
        seen_at=first.made_at,
    )
    later = Told("Ann Lund", None, "America/Lima", "es")
    await store.begin_session(beginning(1, told=later))
    person = await store.person(TENANT, "user:ann")
    assert (person.display_name, person.address) == ("Ann Lund", "ann@example.com")
    assert (person.zone, person.language) == ("Europe/Berlin", "de")


async def test_a_disabled_person_gets_no_session(store):
    await added(store, replace(ANN, disabled_at=OPENED))
    assert await store.begin_session(beginning()) is None
    assert await store.sessions(TENANT, "user:ann") == []


async def test_of_too_many_sessions_the_oldest_ends(store):
    for number in range(5):
        await store.begin_session(beginning(number))
    await store.begin_session(beginning(9, "user:ben"))
    assert [one.hash for one in await store.sessions(TENANT, "user:ann")] == [HASHES[n] for n in (4, 3, 2)]
    assert [one.hash for one in await store.sessions(TENANT, "user:ben")] == [HASHES[9]]


async def test_the_session_that_a_browser_had_before_ends_whoever_it_was_of(store):
    await store.begin_session(beginning(0, "user:ben"))
    await store.begin_session(beginning(1, instead_of=(TENANT, HASHES[0])))
    assert await store.sessions(TENANT, "user:ben") == []
    await store.begin_session(beginning(2, instead_of=("globex", HASHES[1])))
    assert len(await store.sessions(TENANT, "user:ann")) == 2


async def test_ended_sessions_say_whose_they_were_for_an_hour(store, database):
    await store.begin_session(beginning(0))
    await store.begin_session(beginning(1))
    assert await store.end_person_sessions(TENANT, "user:ann") == 2
    assert await store.end_person_sessions(TENANT, "user:ann") == 0
    session, _, at = await store.session((TENANT, HASHES[0]))
    assert session.ends_at <= at
    back = "ends_at - 3700000000" if database.kind == "sqlite" else "ends_at - interval '3700 seconds'"
    await change(database, f"UPDATE session SET ends_at = {back} WHERE hash = '{HASHES[0]}'")
    await store.begin_session(beginning(2))
    assert await store.session((TENANT, HASHES[0])) is None
    assert await store.session((TENANT, HASHES[1])) is not None


async def test_one_session_ends_or_all_but_one(store):
    for number in range(3):
        await store.begin_session(beginning(number))
    assert await store.end_person_sessions(TENANT, "user:ann", only=HASHES[1]) == 1
    assert {one.hash for one in await store.sessions(TENANT, "user:ann")} == {HASHES[0], HASHES[2]}
    assert await store.end_person_sessions(TENANT, "user:ann", but=HASHES[2]) == 1
    assert [one.hash for one in await store.sessions(TENANT, "user:ann")] == [HASHES[2]]


async def test_when_sessions_were_seen_only_moves_on(store):
    made = await store.begin_session(beginning())
    later, earlier = made.seen_at + timedelta(minutes=2), made.seen_at - timedelta(minutes=2)
    for moment in (later, earlier):
        await store.note_sessions({(TENANT, HASHES[0]): moment, ("globex", HASHES[1]): moment})
    session, _, _ = await store.session((TENANT, HASHES[0]))
    assert session.seen_at == later
    await store.note_sessions({})


async def test_one_person_who_signs_in_twice_at_once_has_two_sessions(store, database):
    other = open_store(database.url)
    await added(store, ANN)
    await asyncio.gather(store.begin_session(beginning(0)), other.begin_session(beginning(1)))
    await other.close()
    assert len(await store.sessions(TENANT, "user:ann")) == 2


async def test_an_operator_ends_what_a_person_has(store):
    await added(store, ANN)
    await store.begin_session(beginning())
    async with store.transaction(TENANT) as tx:
        at = (await tx.lock([], [])).at
        assert await tx.change_person(TENANT, "user:ann", {"disabled_at": at})
        await tx.end_sessions(TENANT, "user:ann", at)
        assert not await tx.change_person(TENANT, "user:nobody", {"disabled_at": at})
    assert await store.sessions(TENANT, "user:ann") == []
    assert (await store.person(TENANT, "user:ann")).disabled_at == at


async def test_the_database_keeps_people_and_knows_no_secret_of_a_cookie(store, database):
    await added(store, ANN)
    if database.kind == "sqlite":
        for refused in ("DELETE FROM person", "UPDATE person SET subject = 'user:eve'"):
            with pytest.raises(Exception, match="person"):
                await change(database, refused)
    assert {row["subject"] for row in await rows(database, "SELECT subject FROM person")} == {"user:ann"}


async def test_limits_are_shared_over_the_database(store):
    first, second = (SignInLimits(store, Rate(5, 60)) for _ in range(2))
    for _ in range(5):
        assert first.take(TENANT, ANN.subject, "192.0.2.1") == 0.0
    second.take(TENANT, ANN.subject, "192.0.2.1")
    await first.settle()
    await second.settle()
    assert second.take(TENANT, ANN.subject, "192.0.2.1") > 0.0
