"""Open cases: by which event, with which data, under which reference."""

import asyncio
from datetime import UTC, datetime

from app.domain.case.attempt import Opens
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CLAIM,
    INCIDENT,
    actor,
    another_process,
    applied,
    attempt,
    code,
    entries,
    let_nobody_read,
    opening,
    rows,
    state,
    submit,
    tried,
)


async def test_whoever_opens_a_case_and_may_not_read_it_gets_a_receipt_only(house: Assembly) -> None:
    await let_nobody_read(house, "expense_claim")
    answer = await tried(house, opening(ALICE))
    assert answer.error is None
    assert answer.receipt is not None
    assert answer.case is None


async def test_whoever_opens_a_case_sees_it_and_is_its_creator(house: Assembly) -> None:
    one = opening(ALICE, reference="R-1")
    answer = await tried(house, one)
    case = applied(answer)
    assert answer.opened
    assert (case["id"], case["state"], case["version"], case["reference"]) == (one.new_case_id, "submitted", 1, "R-1")
    assert case["data"] == CLAIM | {"submitted_by": "user:alice"}
    assert (await state(house, one.new_case_id)).creator == "user:alice"
    assert (await house.cases.read(ALICE, one.new_case_id)).seq == answer.receipt.case_seq == 1


async def test_the_event_may_be_left_out_where_there_is_one(house: Assembly) -> None:
    only = applied(await tried(house, opening(case_type="incident", event=None, data=INCIDENT)))
    assert only["state"] == "new"
    several = await tried(house, opening(event=None))
    assert (code(several), several.error.errors[0].field) == ("invalid", "event")


async def test_what_does_not_open_a_case_is_invalid(house: Assembly) -> None:
    answers = await submit(
        house,
        opening(event="triage"),
        opening(case_type="nonsense"),
        opening(data={"amount_cents": 0, "currency": "EUR"}),
        opening(case_type="permit", event="apply", data={}),
    )
    assert [code(answer) for answer in answers] == ["invalid"] * 4
    assert answers[2].error.errors[0].field == "data.amount_cents"


async def test_by_reference_an_opening_event_opens_and_any_later_event_fires(house: Assembly) -> None:
    named = {"case_type": "expense_claim", "reference": "R-1", "opens": Opens.IF_ABSENT}
    tries = [
        attempt(ALICE, "add_note", **named),
        attempt(ALICE, "fly", **named),
        attempt(ALICE, "save", data=CLAIM, **named),
        attempt(ALICE, "submit", **named),
        attempt(ALICE, "save", data=CLAIM, **named),
    ]
    answers = await submit(house, *tries)
    assert [code(answer) for answer in answers] == ["not_found", "not_found", "applied", "applied", "wrong_state"]
    assert [answer.opened for answer in answers] == [False, False, True, False, False]


async def test_an_opening_event_of_an_existing_case_is_a_wrong_state(house: Assembly) -> None:
    named = {"case_type": "incident", "reference": "R-1", "opens": Opens.IF_ABSENT}
    one = attempt(ALICE, "report", data=INCIDENT, **named)
    assert [code(answer) for answer in await submit(house, one, attempt(ALICE, "report", **named))] == [
        "applied",
        "wrong_state",
    ]


async def test_of_fifty_openings_with_one_reference_one_opens_and_the_others_learn_its_id(
    house: Assembly, database: Database
) -> None:
    async with another_process(database) as other:
        pairs = [(process, opening(reference="R-1")) for process in (house, other) * 25]
        answers = await asyncio.gather(*(tried(*pair) for pair in pairs))
    [case_id] = [answer.case["id"] for answer in answers if answer.case]
    conflicts = [answer.error for answer in answers if answer.error]
    assert [(error.code, error.extra) for error in conflicts] == [("conflict", {"case_id": case_id})] * 49
    assert len(await rows(database, "SELECT id FROM cases")) == len(await entries(database, "opened")) == 1


async def test_a_reference_belongs_to_one_case_type_and_one_tenant(house: Assembly) -> None:
    answers = await submit(
        house,
        opening(reference="R-1"),
        opening(reference="R-1", case_type="incident", event="report", data=INCIDENT),
        opening(actor("alice", tenant="other"), reference="R-1"),
        opening(reference="R-1"),
    )
    assert [code(answer) for answer in answers] == ["applied", "applied", "applied", "conflict"]


async def test_a_case_of_another_tenant_is_not_there(house: Assembly) -> None:
    one = opening(reference="R-1")
    await tried(house, one)
    foreign = actor("root", "admin", "manager", tenant="other")
    named = attempt(foreign, "submit", case_type="expense_claim", reference="R-1", opens=Opens.IF_ABSENT, data=CLAIM)
    answers = await submit(house, attempt(foreign, "triage", one.new_case_id), named)
    assert [code(answer) for answer in answers] == ["not_found", "applied"]
    assert answers[1].case["id"] != one.new_case_id


async def test_what_happened_elsewhere_is_opened_with_its_own_time(house: Assembly, database: Database) -> None:
    then = datetime(2012, 2, 29, 12, 0, 0, 5, tzinfo=UTC)
    assert code(await tried(house, opening(occurred_at=then))) == "denied"
    assert code(await tried(house, opening(ADMIN, occurred_at=then))) == "applied"
    [entry] = await entries(database, "opened")
    assert entry["occurred_at"] == "2012-02-29T12:00:00.000005Z"
    assert entry["at"] > "2026"


async def test_a_version_that_is_expected_of_a_case_that_does_not_exist_is_a_conflict(house: Assembly) -> None:
    [refused, opened] = await submit(house, opening(if_version=3), opening(if_version=0))
    assert (code(refused), refused.error and refused.error.extra) == ("version_conflict", {"current_version": 0})
    assert code(opened) == "applied"
