"""The checks answer in the order of the contract, refusals are logged as it says, and nobody learns too much."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.case.attempt import Actor, Principal
from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from tests.databases import Database
from tests.factories import new_id
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    INCIDENT,
    SMALL_CLAIM,
    STRANGER,
    SUPERVISOR,
    actor,
    another_process,
    attempt,
    code,
    declared,
    declaring,
    entries,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    open_permit,
    opened,
    opening,
    policy_file,
    rows,
    state,
    submit,
    tried,
)

BOSS = actor("boss", "manager")


# One attempt at which both of two neighbours would refuse: the earlier one answers.
NEIGHBOURS: dict[str, tuple[str, Actor, str, dict[str, Any]]] = {
    "an unknown event comes before the policy": ("invalid", CLERK, "fly", {"if_version": 9}),
    "the policy comes before the version": ("denied", CLERK, "approve", {"if_version": 9}),
    "the policy comes before the state": ("denied", CLERK, "pay", {}),
    "the version comes before the state": ("version_conflict", CLERK, "triage", {"if_version": 9}),
    "the state comes before the payload": ("wrong_state", CLERK, "ask", {"payload": {"question": 7}}),
    "the state comes before a missing reason": ("wrong_state", ALICE, "answer", {"reason": " "}),
}


async def test_of_two_checks_that_refuse_the_earlier_one_answers(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    for said, (expected, who, event, values) in NEIGHBOURS.items():
        assert code(await fire(house, claim, event, who, **values)) == expected, said


async def test_a_case_that_is_not_there_comes_before_an_unknown_event(house: Assembly) -> None:
    assert code(await fire(house, new_id(), "fly", ADMIN)) == "not_found"


async def test_the_payload_comes_before_the_guard(house: Assembly) -> None:
    permit = await open_permit(house)
    both = actor("bob", "intake", "building_inspector", "environment_officer", "decider")
    for event in ("accept", "clear_building", "clear_environment"):
        await fired(house, permit, event, both)
    assert code(await fire(house, permit, "grant", both, data={"conditions": 7})) == "invalid"
    assert code(await fire(house, permit, "grant", both)) == "guard_refused"


async def test_the_data_that_an_event_sets_is_checked_last(house: Assembly, database: Database) -> None:
    """A next version of claims, in which rejecting sets a forbidden amount, and only of large claims."""
    told: dict[str, Any] = declared().case_types["expense_claim"].model_dump(by_alias=True, exclude_none=True)
    told["events"]["reject"]["transitions"][0] |= {
        "when": "data.amount_cents > 9000",
        "set": {"data.amount_cents": "0"},
    }
    async with another_process(database, declaring(expense_claim=CaseType.model_validate(told))) as other:
        small, large = await open_claim(other, SMALL_CLAIM), await open_claim(other)
        assert code(await fire(other, small, "reject", SUPERVISOR, reason="no")) == "guard_refused"
        refused = await fire(other, large, "reject", SUPERVISOR, reason="no")
        assert (code(refused), refused.error.errors[0].field) == ("invalid", "data.amount_cents")
        assert (await state(other, large)).version == 1
    assert len(await entries(database, "denied")) == 1


async def test_data_is_for_openings_alone_and_its_check_comes_after_the_state(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    assert code(await fire(house, claim, "approve", SUPERVISOR, data={"amount_cents": 1})) == "invalid"
    assert code(await fire(house, claim, "ask", CLERK, data={"amount_cents": 1})) == "wrong_state"


async def test_an_opening_is_known_then_allowed_then_valid(house: Assembly) -> None:
    nobody = opening(actor("x"), event="triage", data={})
    assert code(await tried(house, nobody)) == "invalid"
    delegated = opening(ALICE, data={}, on_behalf_of=Principal("user:bob"))
    assert code(await tried(house, delegated)) == "denied"
    assert code(await tried(house, opening(ALICE, data={}))) == "invalid"


async def test_what_can_never_be_written_is_refused_before_the_policy_is_asked(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    assert code(await fire(house, claim, "approve", CLERK, payload={"note": "\0"})) == "invalid"


@pytest.mark.parametrize(
    ("event", "who", "expected"),
    [("approve", CLERK, "denied"), ("pay", actor("c", "cashier"), "wrong_state")],
)
async def test_a_refusal_is_one_entry_outside_of_the_chain(
    house: Assembly, database: Database, event: str, who: Actor, expected: str
) -> None:
    claim = await open_claim(house, to="review")
    before = await state(house, claim)
    for _ in range(2):
        assert code(await fire(house, claim, event, who, key="k")) == expected
    [entry] = await entries(database, "denied")
    assert (entry["case_id"], entry["event"], entry["code"]) == (claim, event, expected)
    assert not {"case_seq", "prev", "source", "target"} & set(entry)
    assert await state(house, claim) == before


async def test_a_guards_refusal_is_logged_with_what_it_saw_as_a_commitment(house: Assembly, database: Database) -> None:
    permit = await open_permit(house, floor_area_m2=4321)
    await fired(house, permit, "accept", actor("i", "intake"))
    inspector = actor("b", "building_inspector")
    assert code(await fire(house, permit, "clear_building", inspector)) == "guard_refused"
    [entry] = await entries(database, "denied")
    assert entry["refused_by"] == [{"code": "guard", "guard": "data.floor_area_m2 <= 100"}]
    assert list(entry["fields"]) == ["/saw/data.floor_area_m2"]
    [stored] = await rows(database, "SELECT value FROM audit_payload WHERE path = '/saw/data.floor_area_m2'")
    assert stored["value"] == "4321"


async def test_a_refused_opening_is_logged_without_a_case(house: Assembly, database: Database) -> None:
    answer = await tried(house, opening(ALICE, on_behalf_of=Principal("user:bob")))
    assert code(answer) == "denied"
    [entry] = await entries(database, "denied")
    assert "case_id" not in entry
    assert entry["actor"]["on_behalf_of"] == "user:bob"
    assert entry["policy"]["rule"] is None  # no line lets her act for others; one lets her open cases


async def test_a_wrong_version_and_a_wrong_payload_leave_no_entry(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    answers = await submit(
        house,
        attempt(CLERK, "triage", claim, if_version=9),
        attempt(ALICE, "add_note", claim, payload={"note": 7}),
        attempt(CLERK, "fly", claim),
        attempt(CLERK, "triage", new_id()),
    )
    assert [code(answer) for answer in answers] == ["version_conflict", "invalid", "invalid", "not_found"]
    assert answers[0].error.extra == {"current_version": 1}
    assert await entries(database, "denied") == []


async def test_a_masked_refusal_is_logged_once_per_key_and_its_answer_is_not_kept(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    for _ in range(2):
        assert code(await fire(house, claim, "triage", STRANGER, key="k")) == "not_found"
    assert len(await entries(database, "denied")) == 1
    [kept] = await rows(database, "SELECT answer FROM idempotency")
    assert kept["answer"] == "null"
    assert code(await fire(house, claim, "triage", actor("steve", "clerk"), key="k")) == "applied"


SPIES: dict[str, dict[str, Any]] = {
    "an event that exists": {"event": "triage"},
    "an event that does not exist": {"event": "fly"},
    "an event that cannot be fired now": {"event": "pay"},
    "a wrong version": {"event": "triage", "if_version": 9},
    "what cannot be written": {"event": "triage", "payload": {"x": 2**60}},
    "far too much": {"event": "triage", "payload": {str(n): n for n in range(300)}},
    "acting for somebody who may read": {"event": "triage", "on_behalf_of": Principal("user:alice")},
    "acting with roles that may read": {"event": "fly", "on_behalf_of": Principal("user:x", frozenset({"role:clerk"}))},
}


async def test_without_case_read_a_case_looks_as_if_it_were_not_there(house: Assembly) -> None:
    claim = await open_claim(house)
    foreigner = actor("eve", "clerk", tenant="other")
    for said, values in SPIES.items():
        tries = [(STRANGER, claim), (STRANGER, new_id()), (foreigner, claim)]
        answers = await submit(house, *(attempt(who, case_id=case_id, **values) for who, case_id in tries))
        told = {(code(answer), answer.error.message, answer.error.reasons, answer.error.errors) for answer in answers}
        assert told == {("not_found", "there is no such case", (), ())}, said


async def test_who_fires_but_may_not_read_gets_no_case_back(house: Assembly) -> None:
    await let_nobody_read(house, "expense_claim")
    claim = await open_claim(house, to="review")
    answer = await fire(house, claim, "approve", BOSS)
    assert (answer.error, answer.case) == (None, None)
    assert answer.receipt.case_seq == 3


async def test_who_fires_but_may_not_read_is_refused_without_states_and_values(house: Assembly) -> None:
    await let_nobody_read(house, "expense_claim")
    claim = await open_claim(house)
    wrong = await fire(house, claim, "approve", BOSS)
    assert code(wrong) == "wrong_state"
    assert "submitted" not in _told(wrong)
    assert "review" not in _told(wrong)
    await fired(house, claim, "reject", SUPERVISOR, reason="no")
    assert _told(await fire(house, claim, "approve", BOSS)) == _told(wrong)


async def test_a_guard_tells_who_may_not_read_no_value_and_no_condition(house: Assembly) -> None:
    await let_nobody_read(house, "permit")
    permit = await open_permit(house, floor_area_m2=4321)
    await fired(house, permit, "accept", actor("i", "intake"))
    refused = await fire(house, permit, "clear_building", actor("b", "building_inspector"))
    assert code(refused) == "guard_refused"
    assert "4321" not in _told(refused)
    assert "floor_area" not in _told(refused)


async def test_conditions_on_acting_for_others_see_the_caller_and_not_whom_the_caller_names(house: Assembly) -> None:
    claims = policy_file("expense_claim")
    only_bob = replace(claims.lines[-1], role="*", act="case:admin", when="actor.id == 'user:bob'")
    await house.policies.apply(replace(claims, lines=[*claims.lines, only_bob]))
    spoofed = opening(actor("mallory"), on_behalf_of=Principal("user:bob"))
    assert code(await tried(house, spoofed)) == "denied"
    assert code(await tried(house, opening(actor("bob"), on_behalf_of=Principal("user:alice")))) == "applied"


async def test_an_incident_is_not_cancelled_by_whom_a_deny_line_names(house: Assembly) -> None:
    incident = await opened(house, case_type="incident", event="report", data=INCIDENT | {"priority": 1})
    denied = await fire(house, incident, "cancel", ALICE, reason="it works")
    assert code(denied) == "denied"
    assert denied.error.reasons[0].detail["saw"] == {"data.priority": 1}


def _told(answer: Any) -> str:
    return f"{answer.error.message} {answer.error.reasons} {answer.error.errors} {answer.error.extra}"
