"""What may I do now, and for everything else: what says no, with the values it saw, and who could."""

from app.domain.case.attempt import Actor
from app.domain.explaining.explain import PossibleEvent, RefusedEvent
from app.services.assembly import Assembly
from tests.databases import mostly_sqlite
from tests.house import (
    ADMIN,
    ALICE,
    CASHIER,
    CLERK,
    SMALL_CLAIM,
    SUPERVISOR,
    actor,
    code,
    fire,
    fired,
    open_claim,
    open_incident,
    open_permit,
)

__all__ = ["mostly_sqlite"]

BUILDING = actor("bert", "building_inspector")
AGENT = actor("ag", "agent")
BOTH = actor("bob", "intake", "building_inspector", "environment_officer", "decider")


async def _events(house: Assembly, who: Actor, case_id: str) -> dict[str, PossibleEvent]:
    return {found.event: found for found in (await house.cases.possible(who, case_id, False)).events}


async def _refused(house: Assembly, who: Actor, case_id: str) -> dict[str, RefusedEvent]:
    return {found.event: found for found in (await house.cases.possible(who, case_id, True)).refused}


async def test_possible_events_say_where_they_lead_and_what_they_take(house: Assembly) -> None:
    claim = await open_claim(house, SMALL_CLAIM, to="review")
    events = await _events(house, SUPERVISOR, claim)
    assert {name: event.to for name, event in events.items()} == {
        "approve": "approved",
        "reject": "rejected",
        "add_note": "review.first_line",
    }
    assert (events["reject"].reason, events["approve"].reason) == ("required", None)
    assert events["approve"].payload_schema["properties"]["note"]["maxLength"] == 2000
    assert (events["approve"].title, events["approve"].needs) == ("Approve", None)


async def test_only_who_asks_for_explanations_gets_the_refused_events(house: Assembly) -> None:
    claim = await open_claim(house)
    assert (await house.cases.possible(CLERK, claim, False)).refused == ()
    known = {*await _events(house, CLERK, claim), *await _refused(house, CLERK, claim)}
    assert known == {*house.case_types.get("expense_claim").case_type.events}


async def test_a_missing_role_is_named_with_the_roles_that_could(house: Assembly) -> None:
    claim = await open_claim(house)
    refused = (await _refused(house, CASHIER, claim))["triage"]
    assert [reason.code for reason in refused.reasons] == ["role"]
    assert {"role:clerk", "role:supervisor", "role:manager"} <= {*refused.who_could}
    assert "role:cashier" not in refused.who_could


async def test_a_rule_that_says_no_is_named_with_the_values_that_it_saw(house: Assembly) -> None:
    claim = await open_claim(house, {"amount_cents": 1_000_001, "currency": "EUR"}, to="review")
    refused = (await _refused(house, SUPERVISOR, claim))["approve"]
    [reason] = refused.reasons
    assert reason.code == "rule"
    assert reason.detail["saw"] == {"data.amount_cents": 1_000_001, "data.currency": "EUR"}
    assert reason.detail["condition"] == "data.amount_cents <= 1000000 && data.currency in ['EUR', 'GBP']"


async def test_the_state_is_named_with_those_from_which_it_is_possible(house: Assembly) -> None:
    claim = await open_claim(house)
    refused = (await _refused(house, CLERK, claim))["ask"]
    [reason] = refused.reasons
    assert (reason.code, reason.detail) == ("state", {"states": ["submitted"], "open_states": ["checks"]})


async def test_everything_that_says_no_is_told_at_once(house: Assembly) -> None:
    claim = await open_claim(house)
    assert [reason.code for reason in (await _refused(house, ALICE, claim))["ask"].reasons] == ["role", "state"]


async def test_a_guard_is_named_with_the_values_that_it_saw(house: Assembly) -> None:
    permit = await open_permit(house, floor_area_m2=250)
    await fired(house, permit, "accept", BOTH)
    [reason] = (await _refused(house, BUILDING, permit))["clear_building"].reasons
    assert (reason.code, reason.detail["guard"]) == ("guard", "data.floor_area_m2 <= 100")
    assert reason.detail["saw"] == {"data.floor_area_m2": 250}


async def test_four_eyes_names_the_events_that_bar_the_caller(house: Assembly) -> None:
    permit = await open_permit(house)
    for event in ("accept", "clear_building", "clear_environment"):
        await fired(house, permit, event, BOTH)
    [reason] = (await _refused(house, BOTH, permit))["grant"].reasons
    assert (reason.code, reason.detail) == ("four_eyes", {"events": ["clear_building", "clear_environment"]})
    assert "grant" in await _events(house, actor("dora", "decider"), permit)


async def test_a_guard_on_the_payload_leaves_open_where_it_leads(house: Assembly) -> None:
    incident = await open_incident(house)
    triage = (await _events(house, AGENT, incident))["triage"]
    assert (triage.to, triage.needs) == (None, "payload")
    assert triage.payload_schema["required"] == ["priority"]


async def test_a_closed_case_leaves_nothing_to_fire(house: Assembly) -> None:
    claim = await open_claim(house)
    await fired(house, claim, "reject", SUPERVISOR, reason="no")
    found = await house.cases.possible(SUPERVISOR, claim, True)
    assert found.events == ()
    assert {reason.remedy for event in found.refused for reason in event.reasons if reason.code == "state"} == {
        "a closed case takes no event"
    }


async def test_what_is_possible_applies_and_what_is_refused_does_not(house: Assembly) -> None:
    """For everybody, on cases in several states; each try on a case of its own."""
    people = (ALICE, CLERK, SUPERVISOR, actor("mona", "manager"), actor("cash", "cashier"), ADMIN)
    payloads = {"add_note": {"note": "x"}}
    for to in ("submitted", "review", "checks"):
        claim = await open_claim(house, to=to)
        for who in people:
            for event in await _refused(house, who, claim):
                answer = await fire(house, claim, event, who, reason="r", payload=payloads.get(event))
                assert code(answer) in {"denied", "wrong_state", "guard_refused"}, (to, who.id, event)
            for event, found in (await _events(house, who, claim)).items():
                own = await open_claim(house, to=to)
                case = await fired(house, own, event, who, reason="r", payload=payloads.get(event))
                assert case["state"] == found.to, (to, who.id, event)
