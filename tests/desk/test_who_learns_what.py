"""What an answer tells depends on who may read the case, and every refusal is logged."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens, Principal
from app.services.assembly import Assembly
from app.services.desk.answer import case_json
from app.services.store.ports import Store
from tests.databases import Database
from tests.factories import new_id
from tests.naive_house import naive_house

BOB = Actor(tenant="acme", id="user:bob")
DATA = {"amount": 50, "currency": "EUR"}


@pytest.fixture
async def house(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


def attempt(event: str, actor: Actor = BOB, **values: Any) -> Attempt:
    return Attempt(actor=actor, event=event, entry_id=new_id(), new_case_id=new_id(), request_id="r1", **values)


def opening(actor: Actor = BOB) -> Attempt:
    return attempt("plan", actor, opens=Opens.ALWAYS, case_type="voyage", data=DATA)


async def test_who_opens_a_case_and_may_read_it_is_shown_it(house: Assembly) -> None:
    (answer,) = await house.desk.submit([opening()])
    assert answer.case is not None
    shown = await house.cases.show(BOB, answer.case["id"])
    assert answer.case == case_json(shown.case, shown.clocks)


async def test_naming_a_reader_without_the_right_to_does_not_tell_that_a_case_exists(house: Assembly) -> None:
    eve = Actor(tenant="acme", id="user:eve")
    for_a_clerk = {"on_behalf_of": Principal("user:alice", frozenset({"role:clerk"}))}
    opened = opening()
    _, hidden, absent = await house.desk.submit(
        [opened, *(attempt("touch", eve, case_id=one, **for_a_clerk) for one in (opened.new_case_id, new_id()))]
    )
    assert hidden.error is not None
    assert absent.error is not None
    assert (hidden.error.code, hidden.error.message) == (absent.error.code, absent.error.message)


async def test_another_request_under_the_key_of_a_hidden_refusal_is_logged_too(house: Assembly) -> None:
    opened = opening(Actor(tenant="acme", id="user:alice", roles=frozenset({"role:clerk"})))
    one = attempt("amend", case_id=opened.new_case_id, idempotency=Idempotency("k", "f" * 64))
    again = replace(one, entry_id=new_id())
    other = replace(one, event="touch", entry_id=new_id(), idempotency=Idempotency("k", "e" * 64))
    await house.desk.submit([opened, one, again])
    await house.desk.submit([again, other])
    logged = await house.store.entries("acme", opened.new_case_id, denied=True, after=None, limit=10)
    assert {entry.entry_id for entry in logged} == {one.entry_id, other.entry_id}
