"""Refusals name events and states as people see them, and keep identifiers as they are."""

import re
from dataclasses import replace

import pytest

from app.domain.definition import titles
from app.domain.definition.case_type import CaseType
from app.domain.policy.scope import Scope
from app.policy.reasons import wish_of
from app.services.assembly import Assembly
from tests.house import (
    ADMIN,
    ALICE,
    CASHIER,
    CLERK,
    SUPERVISOR,
    attempt,
    fire,
    house,
    let_nobody_read,
    open_claim,
    open_incident,
    open_permit,
    opened,
    opening,
    state,
    tried,
)

__all__ = ["house"]


async def test_a_refusal_names_event_and_state_by_their_titles(house: Assembly) -> None:
    claim = await open_claim(house)
    refused = (await fire(house, claim, "pay", CASHIER)).error
    assert refused.message == "“Pay” is not possible while the case is “Submitted”"
    assert refused.reasons[0].remedy == "it takes a case that is “Approved”"
    denied = (await fire(house, claim, "approve", CLERK)).error
    assert denied.message == "you may not fire “Approve” here"


async def test_four_eyes_and_missing_reasons_name_events_by_their_titles(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    assert (await fire(house, claim, "approve", SUPERVISOR)).error is None
    refused = (await fire(house, claim, "approve", SUPERVISOR)).error
    assert refused.message == (
        "“Approve” is not possible now: whoever fired “Approve” on this case may not fire “Approve”"
    )
    missing = (await fire(house, claim, "reject", SUPERVISOR)).error
    assert missing.errors[0].message == "a reason has to be given for “Reject”"


async def test_what_the_policy_says_names_events_by_their_titles(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    without_a_role = (await fire(house, claim, "approve", CLERK)).error.reasons[0]
    assert without_a_role.message == "None of the roles held (role:clerk) may fire “Approve” on this expense claim."
    large = await open_claim(house, {"amount_cents": 1_000_001, "currency": "EUR"}, to="review")
    too_much = (await fire(house, large, "approve", SUPERVISOR)).error.reasons[0]
    assert too_much.message.startswith("role:supervisor may fire “Approve” on this expense claim only while `")
    submitted = (await tried(house, attempt(CLERK, "submit", await opened(house, event="save")))).error.reasons[0]
    assert submitted.message.startswith("Nobody may fire “Submit” on this expense claim while `")


async def test_who_may_fire_and_not_read_is_told_the_title_of_what_does_not_go(house: Assembly) -> None:
    await let_nobody_read(house, "expense_claim")
    refused = (await fire(house, await open_claim(house), "pay", CASHIER)).error
    assert refused.message == "“Pay” is not possible now"
    assert refused.reasons[0].message == "this does not allow “Pay” now"


async def test_a_key_that_is_not_for_an_event_is_told_its_title_and_what_its_scope_would_hold(house: Assembly) -> None:
    scoped = replace(CLERK, scope=Scope(frozenset({"case:read"})))
    said = (await fire(house, await open_claim(house), "triage", scoped)).error.reasons[-1]
    assert said.message == "the API key is not for “Take into review” on expense_claim"
    assert "whose scope holds triage on expense_claim" in said.remedy


async def test_no_sentence_of_all_that_may_not_be_fired_names_what_has_a_title_by_its_name(house: Assembly) -> None:
    claims = [await open_claim(house, to=to) for to in ("submitted", "review", "checks")]
    readers = dict.fromkeys(claims, (ALICE, CLERK, SUPERVISOR, CASHIER, ADMIN))
    readers |= dict.fromkeys([await open_incident(house), await open_permit(house)], (ALICE, ADMIN))
    told = []
    for case_id, people in readers.items():
        machine = house.definitions.of((await state(house, case_id)).definition)
        events = [name for name, event in machine.case_type.events.items() if event.title]
        states = [path for path, of in machine.graph.states.items() if of.title]
        bare = [rf"(?:fire|fired|cannot|allow|for|may) {name}\b" for name in events]
        bare += [rf"(?:that is|to be|or|and|while) {re.escape(path)}(?![\w.])" for path in states]
        for who in people:
            for one in (await house.cases.possible(who, case_id, explain=True)).refused:
                sentences = [sentence for reason in one.reasons for sentence in (reason.message, reason.remedy)]
                sentences += [change.remedy for way in one.ways for change in way]
                told += sentences
                for sentence in sentences:
                    plain = re.sub("`[^`]*`", "", sentence)
                    assert not re.search("|".join(bare), plain), sentence
    assert len(told) > 100


def test_a_case_type_with_another_title_than_its_name_is_called_by_it() -> None:
    declared = {"case_type": "kyd", "initial": "a", "states": {"a": {}, "b": {"final": True}}, "events": {}}
    for title, told in ((None, "kyd"), ("KYD", "kyd"), ("Know your donor", "“Know your donor”")):
        case_type = CaseType.model_validate({**declared, "title": title})
        assert titles.of_case_type(case_type) == told
        assert wish_of("kyd", "case:read", case_type) == f"read this {told}"


@pytest.mark.parametrize("event", ["kyd", "approve"])
async def test_an_identifier_never_begins_a_sentence_bare(house: Assembly, event: str) -> None:
    refused = (await tried(house, opening(event=event))).error
    unknown = (await tried(house, opening(case_type="kyd"))).error
    claim = await open_claim(house)
    fired = (await tried(house, attempt(ALICE, "kyd", claim))).error
    for fault in (*refused.errors, *unknown.errors, *fired.errors):
        assert not re.match(r"(kyd|approve)\b", fault.message), fault
