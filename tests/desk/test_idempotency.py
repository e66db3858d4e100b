"""An Idempotency-Key has one effect and one answer, on whatever process it is used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.case.attempt import Opens
from app.services.assembly import Assembly
from app.services.desk import waiting as line
from app.services.desk.answer import to_json
from tests.databases import Database
from tests.house import (
    ALICE,
    CASHIER,
    CLERK,
    SUPERVISOR,
    actor,
    another_process,
    attempt,
    change,
    code,
    connect,
    entries,
    fire,
    fired,
    open_claim,
    open_incident,
    opening,
    rows,
    state,
    submit,
    tried,
)


async def test_the_same_attempt_again_has_one_effect_and_an_equal_answer_on_any_process(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house, to="review")
    again = [
        (attempt(CLERK, "approve", claim, "denied"), "denied"),
        (attempt(CASHIER, "pay", claim, "state"), "wrong_state"),
        (attempt(CLERK, "triage", claim, "version", if_version=1), "version_conflict"),
        (attempt(ALICE, "add_note", claim, "payload", payload={"note": 7}), "invalid"),
        (attempt(SUPERVISOR, "approve", claim, "fired"), "applied"),
        (opening(key="opened", reference="R-1"), "applied"),
        (opening(key="conflict", reference="R-1"), "conflict"),
    ]
    before = [await tried(house, one) for one, _ in again]
    assert [code(answer) for answer in before] == [expected for _, expected in again]
    logged = len(await entries(database))
    async with another_process(database) as other:
        for process in (house, other):
            after = [await tried(process, one) for one, _ in again]
            assert [to_json(answer) for answer in after] == [to_json(answer) for answer in before]
            assert all(answer.replayed for answer in after)
    assert len(await entries(database)) == logged


async def test_a_guards_refusal_is_given_again_and_logged_once(house: Assembly, database: Database) -> None:
    incident = await open_incident(house)
    await fired(house, incident, "triage", actor("ag", "agent"), payload={"priority": 3})
    await fired(house, incident, "resolve", SUPERVISOR, data={"resolution": "done"})
    first = await fire(house, incident, "close", SUPERVISOR, key="k")
    assert code(first) == "guard_refused"
    again = await fire(house, incident, "close", SUPERVISOR, key="k")
    assert (to_json(again), again.replayed) == (to_json(first), True)
    assert len(await entries(database, "denied")) == 1


async def test_a_key_with_another_body_is_a_mismatch_and_does_nothing(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    assert code(await fire(house, claim, "triage", CLERK, key="k")) == "applied"
    logged = len(await entries(database))
    answers = await submit(
        house,
        attempt(CLERK, "add_note", claim, "k"),
        attempt(CLERK, "triage", await open_claim(house), "k"),
        opening(CLERK, key="k"),
    )
    assert [code(answer) for answer in answers] == ["idempotency_mismatch"] * 3
    assert len(await entries(database)) == logged + 1


async def test_opening_a_single_event_and_a_batch_share_one_space_of_keys(house: Assembly) -> None:
    """The key decides, not the call; the fingerprint tells the calls apart."""
    first = await tried(house, opening(key="k"))
    claim = first.case["id"]
    single = attempt(ALICE, "add_note", claim, "k")
    in_batch = attempt(ALICE, "add_note", key="k", case_type="expense_claim", reference="R", opens=Opens.IF_ABSENT)
    assert [code(answer) for answer in await submit(house, single, in_batch)] == ["idempotency_mismatch"] * 2


async def test_a_key_belongs_to_its_subject_and_tenant(house: Assembly) -> None:
    people = [ALICE, actor("bob"), actor("alice", tenant="other")]
    answers = [await tried(house, opening(by, key="k")) for by in people]
    assert [(code(answer), answer.replayed) for answer in answers] == [("applied", False)] * 3


async def test_a_key_twice_in_one_batch_has_one_effect(house: Assembly) -> None:
    claim = await open_claim(house)
    once = attempt(CLERK, "triage", claim, "k")
    again = replace(once, entry_id=attempt(CLERK, "x").entry_id)
    answers = await submit(house, once, again)
    assert to_json(answers[0]) == to_json(answers[1])
    assert [answer.replayed for answer in answers] == [False, True]
    assert (await state(house, claim)).version == 2


async def test_a_key_in_flight_in_this_process_is_refused_at_once(house: Assembly) -> None:
    claim = await open_claim(house)
    one = attempt(CLERK, "triage", claim, "k")
    first = asyncio.create_task(tried(house, one))
    await asyncio.sleep(0)
    assert code(await tried(house, one)) == "idempotency_in_flight"
    assert code(await first) == "applied"
    assert (await tried(house, one)).replayed


@asynccontextmanager
async def _another_process_uses(postgres: Database, tenant: str, subject: str, key: str) -> AsyncIterator[None]:
    """Hold the lock of a key as a process does that has not committed yet."""
    raw = await connect(postgres)
    try:
        async with raw.transaction():
            locked = (
                "SELECT pg_advisory_xact_lock(hashtextextended(json_build_array($1::text,$2::text,$3::text)::text,0))"
            )
            await raw.execute(locked, tenant, subject, key)
            yield
    finally:
        await raw.close()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_key_in_flight_elsewhere_is_waited_for_and_then_refused(
    house: Assembly, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line.PATIENCE == 2.0
    monkeypatch.setattr(line, "PATIENCE", 0.2)
    claim = await open_claim(house)
    one, neighbour = attempt(CLERK, "triage", claim, "k"), attempt(ALICE, "add_note", claim)
    async with _another_process_uses(database, "acme", CLERK.id, "k"):
        assert [code(answer) for answer in await submit(house, one, neighbour)] == ["idempotency_in_flight", "applied"]
        assert (await state(house, claim)).state == "submitted"
    assert code(await tried(house, one)) == "applied"


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_key_that_comes_free_elsewhere_in_time_is_decided(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    one = attempt(CLERK, "triage", claim, "k")
    async with _another_process_uses(database, "acme", CLERK.id, "k"):
        waiting = asyncio.create_task(tried(house, one))
        for _ in range(4):  # the desk comes by more often than it has workers, and finds the key in use
            assert code(await fire(house, claim, "add_note", ALICE)) == "applied"
        assert not waiting.done()
    assert code(await waiting) == "applied"


async def test_two_processes_that_get_one_key_at_once_have_one_effect(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    one = attempt(CLERK, "triage", claim, "k")
    async with another_process(database) as other:
        answers = await asyncio.gather(*(tried(process, one) for process in (house, other)))
    assert {code(answer) for answer in answers} == {"applied"}
    assert sorted(answer.replayed for answer in answers) == [False, True]
    assert (await state(house, claim)).version == 2


async def test_an_answer_is_kept_for_a_day_and_then_forgotten(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    assert code(await fire(house, claim, "triage", CLERK, key="k")) == "applied"
    moment = (await state(house, claim)).changed_at
    assert await house.store.forget_answers() == 0
    assert abs(await _expiry(database) - (moment + timedelta(hours=24)).timestamp()) < 1
    await _let_a_day_pass(database)
    assert code(await fire(house, claim, "triage", CLERK, key="k")) == "wrong_state"
    await _let_a_day_pass(database)
    assert await house.store.forget_answers() == 1
    assert await rows(database, "SELECT * FROM idempotency") == []


async def _expiry(database: Database) -> float:
    [row] = await rows(database, "SELECT expires_at FROM idempotency")
    kept = row["expires_at"]
    return kept / 1e6 if isinstance(kept, int) else kept.timestamp()


async def _let_a_day_pass(database: Database) -> None:
    if database.kind == "sqlite":
        await change(database, "UPDATE idempotency SET expires_at = expires_at - 86400000000")
    else:
        await change(database, "UPDATE idempotency SET expires_at = expires_at - interval '24 hours'")


async def test_a_missing_case_is_not_remembered_under_the_key(house: Assembly) -> None:
    one = opening()
    assert code(await fire(house, one.new_case_id, "add_note", ALICE, key="k")) == "not_found"
    await tried(house, one)
    assert code(await fire(house, one.new_case_id, "add_note", ALICE, key="k")) == "applied"


async def test_a_line_that_found_no_case_is_answered_so_again_though_a_later_one_has_opened_it(house: Assembly) -> None:
    importer = actor("importer", "admin")
    early = attempt(importer, "triage", None, "line-1", case_type="expense_claim", reference="R-7")
    early = replace(early, opens=Opens.IF_ABSENT)
    assert code(await tried(house, early)) == "not_found"
    await tried(house, opening(key="line-2", reference="R-7"))
    again = await tried(house, early)
    assert (code(again), again.replayed) == ("not_found", True)
