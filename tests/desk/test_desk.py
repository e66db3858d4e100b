"""The desk: many attempts at once, attempts that fail, and databases that do not commit."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.db import open_store
from app.domain.policy.verdict import Verdict
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.desk.waiting import BATCH
from app.services.store.failures import Refused, StoreUnavailable
from app.services.store.ports import Store, Transaction
from tests.databases import Database
from tests.house import (
    ALICE,
    CLERK,
    actor,
    another_process,
    attempt,
    code,
    declared,
    entries,
    fire,
    open_claim,
    opening,
    rows,
    running,
    state,
    submit,
    tried,
)


async def test_of_many_attempts_with_one_version_exactly_one_applies(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    async with another_process(database) as other:
        notes = [attempt(ALICE, "add_note", claim, if_version=1) for _ in range(40)]
        processes = [house, other] * 20
        answers = await asyncio.gather(*(tried(*pair) for pair in zip(processes, notes, strict=True)))
    codes = [code(answer) for answer in answers]
    assert (codes.count("applied"), codes.count("version_conflict")) == (1, 39)
    assert {a.error.extra["current_version"] for a in answers if a.error} == {2}
    assert (await state(house, claim)).seq == len(await entries(database, "transition")) + 1 == 2


async def test_of_many_attempts_in_one_batch_with_one_version_the_first_applies(house: Assembly) -> None:
    claim = await open_claim(house)
    answers = await submit(house, *(attempt(ALICE, "add_note", claim, if_version=1) for _ in range(BATCH * 2)))
    assert [code(answer) for answer in answers] == ["applied"] + ["version_conflict"] * (BATCH * 2 - 1)


async def test_no_event_is_lost_where_two_processes_fire_on_the_same_cases(house: Assembly, database: Database) -> None:
    claims = [await open_claim(house) for _ in range(3)]
    async with another_process(database) as other:
        tries = [(process, attempt(ALICE, "add_note", claim)) for process in (house, other) for claim in claims * 10]
        answers = await asyncio.gather(*(tried(*pair) for pair in tries))
    assert {code(answer) for answer in answers} == {"applied"}
    assert [(await state(house, claim)).version for claim in claims] == [21, 21, 21]
    chains = [[e["case_seq"] for e in await entries(database) if e.get("case_id") == claim] for claim in claims]
    assert [sorted(chain) for chain in chains] == [list(range(1, 22))] * 3


@dataclass
class Faulty:
    """A store whose transactions fail as they are told; all else is the store itself."""

    store: Store
    on_record: list[Exception] = field(default_factory=list)
    on_commit: list[Exception] = field(default_factory=list)
    begun: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @asynccontextmanager
    async def transaction(self, *tenants: str) -> AsyncIterator[Transaction]:
        self.begun += 1
        async with self.store.transaction(*tenants) as tx:
            yield self._failing(tx)
            if self.on_commit:
                raise self.on_commit.pop(0)

    def _failing(self, tx: Transaction) -> Any:
        if not self.on_record:
            return tx
        return _FailingTransaction(tx, self.on_record.pop(0))


@dataclass
class _FailingTransaction:
    tx: Transaction
    error: Exception

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)

    async def record(self, _: Any) -> None:
        raise self.error


@pytest.fixture
async def faulty(database: Database) -> AsyncIterator[tuple[Assembly, Faulty]]:
    store = Faulty(open_store(database.url))
    async with running(store) as house:  # type: ignore[arg-type]
        store.begun = 0
        yield house, store


async def test_no_answer_is_given_before_the_commit(faulty: tuple[Assembly, Faulty], database: Database) -> None:
    house, store = faulty
    store.on_commit = [StoreUnavailable("the disk is full")]
    one = opening(key="k")
    assert code(await tried(house, one)) == "unavailable"
    assert await rows(database, "SELECT id FROM cases") == []
    assert code(await tried(house, one)) == "applied"


async def test_what_the_database_refuses_once_is_tried_again(faulty: tuple[Assembly, Faulty]) -> None:
    house, store = faulty
    store.on_commit = [Refused("a deadlock"), Refused("a deadlock")]
    answers = await submit(house, opening(), opening())
    assert [code(answer) for answer in answers] == ["applied", "applied"]


async def test_without_the_database_nothing_later_of_the_submit_is_tried(faulty: tuple[Assembly, Faulty]) -> None:
    house, store = faulty
    store.on_record = [StoreUnavailable("gone")]
    answers = await submit(house, *(opening() for _ in range(3 * BATCH)))
    assert {code(answer) for answer in answers} == {"unavailable"}
    assert (len(answers), store.begun) == (3 * BATCH, 1)


async def test_none_overtakes_an_attempt_that_found_no_database_when_it_was_tried_alone(
    faulty: tuple[Assembly, Faulty],
) -> None:
    house, store = faulty
    store.on_record = [Refused("one of them"), StoreUnavailable("gone")]
    claim = opening(event="save")
    answers = await submit(house, claim, attempt(ALICE, "submit", claim.new_case_id))
    assert [code(answer) for answer in answers] == ["unavailable", "unavailable"]


async def test_a_fault_that_nobody_expected_harms_one_attempt_only(
    faulty: tuple[Assembly, Faulty], caplog: pytest.LogCaptureFixture
) -> None:
    house, store = faulty
    store.on_record = [ArithmeticError("a bug")] * 4  # the batch, then the first attempt as often as it is tried
    answers = await submit(house, opening(), opening())
    assert [code(answer) for answer in answers] == ["internal", "applied"]
    assert "request-1" in answers[0].error.message
    [logged] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (logged.request_id, logged.exc_info is not None) == ("request-1", True)


async def test_an_attempt_that_the_database_refuses_does_not_hurt_its_neighbours(
    house: Assembly, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The entry id is taken already, which no other attempt of the batch can help."""
    taken = opening()
    assert code(await tried(house, taken)) == "applied"
    poisoned = replace(opening(), entry_id=taken.entry_id, request_id="request-9")
    before, after = opening(key="before"), opening(key="after")
    answers = await submit(house, before, poisoned, after)
    assert [code(answer) for answer in answers] == ["applied", "internal", "applied"]
    assert "request-9" in answers[1].error.message
    [logged] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert logged.request_id == "request-9"
    assert len(await rows(database, "SELECT id FROM cases")) == 3


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_text_that_the_database_cannot_read_does_not_hurt_its_neighbours(
    house: Assembly, caplog: pytest.LogCaptureFixture
) -> None:
    answers = await submit(house, opening(), opening(reference="R-987123\0"))
    assert [code(answer) for answer in answers] == ["applied", "internal"]
    assert "987123" not in caplog.text


class FaultyEngine(PolicyEngine):
    """A policy that fails on one person."""

    def decide(self, tenant: str, roles: Any, case_type: str, act: str, see: Any, declared: Any = None) -> Verdict:
        if see().variables["actor"]["id"] == "user:mallory":
            raise ZeroDivisionError("a bug in deciding")
        return super().decide(tenant, roles, case_type, act, see, declared)


async def test_an_exception_while_deciding_is_internal_and_logged_once_and_the_neighbours_apply(
    store: Store, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    house = Assembly(store, FaultyEngine(), 1)
    found = declared()
    async with house.running(found.case_types, found.calendars, found.policies):
        mallory = opening(by=actor("mallory"), key="k")
        answers = await submit(house, opening(), mallory, opening())
        assert [code(answer) for answer in answers] == ["applied", "internal", "applied"]
        [logged] = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert logged.request_id == mallory.request_id
        assert mallory.request_id in answers[1].error.message
        assert "bug" not in answers[1].error.message
        assert await rows(database, "SELECT key FROM idempotency") == []


async def test_a_stopping_house_answers_what_it_has_accepted(store: Store, database: Database) -> None:
    async with running(store) as house:
        accepted = [asyncio.create_task(tried(house, opening())) for _ in range(20)]
        await asyncio.sleep(0)
    assert {code(await task) for task in accepted} == {"applied"}


async def test_a_house_that_fails_leaves_no_worker_behind(store: Store) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(RuntimeError, match="the process fails"):
        async with running(store):
            raise RuntimeError("the process fails")
    assert asyncio.all_tasks() == before


async def test_a_caller_who_gives_up_does_not_stop_the_desk(house: Assembly) -> None:
    claim = await open_claim(house)
    impatient = asyncio.create_task(fire(house, claim, "add_note", ALICE))
    await asyncio.sleep(0)
    impatient.cancel()
    assert code(await fire(house, claim, "triage", CLERK)) == "applied"
