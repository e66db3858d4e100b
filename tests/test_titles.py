"""Refusals name events and states as people see them, and keep identifiers as they are."""

import re

import pytest

from app.services.house import House
from tests.house import ALICE, CASHIER, CLERK, SUPERVISOR, attempt, fire, house, open_claim, opening, tried

__all__ = ["house"]


async def test_a_refusal_names_event_and_state_by_their_titles(house: House) -> None:
    claim = await open_claim(house)
    refused = (await fire(house, claim, "pay", CASHIER)).error
    assert refused.message == "“Pay” is not possible while the case is “Submitted”"
    assert refused.reasons[0].remedy == "it takes a case that is “Approved”"
    denied = (await fire(house, claim, "approve", CLERK)).error
    assert denied.message == "you may not fire “Approve” here"


async def test_four_eyes_and_missing_reasons_name_events_by_their_titles(house: House) -> None:
    claim = await open_claim(house, to="review")
    assert (await fire(house, claim, "approve", SUPERVISOR)).error is None
    refused = (await fire(house, claim, "approve", SUPERVISOR)).error
    assert refused.message == (
        "“Approve” is not possible now: whoever fired “Approve” on this case may not fire “Approve”"
    )
    missing = (await fire(house, claim, "reject", SUPERVISOR)).error
    assert missing.errors[0].message == "a reason has to be given for “Reject”"


@pytest.mark.parametrize("event", ["kyd", "approve"])
async def test_an_identifier_never_begins_a_sentence_bare(house: House, event: str) -> None:
    refused = (await tried(house, opening(event=event))).error
    unknown = (await tried(house, opening(case_type="kyd"))).error
    claim = await open_claim(house)
    fired = (await tried(house, attempt(ALICE, "kyd", claim))).error
    for fault in (*refused.errors, *unknown.errors, *fired.errors):
        assert not re.match(r"(kyd|approve)\b", fault.message), fault
