"""Fire events: the graph's parallel regions and histories, four eyes, and attempts that see each other."""

from app.domain.case.attempt import Opens, Principal
from app.services.assembly import Assembly
from tests.databases import mostly_sqlite
from tests.house import (
    ADMIN,
    ALICE,
    CASHIER,
    CLERK,
    INCIDENT,
    SMALL_CLAIM,
    SUPERVISOR,
    actor,
    applied,
    attempt,
    code,
    fire,
    fired,
    open_claim,
    open_incident,
    open_permit,
    opened,
    opening,
    state,
    submit,
)

__all__ = ["mostly_sqlite"]

INTAKE = actor("ina", "intake")
BUILDING = actor("bert", "building_inspector")
ENVIRONMENT = actor("eve", "environment_officer")
DECIDER = actor("dora", "decider")
AGENT = actor("ag", "agent")
HEAD_OF_SUPPORT = actor("sup", "supervisor")


async def test_a_small_claim_is_approved_at_once_and_paid(house: Assembly) -> None:
    claim = await open_claim(house, SMALL_CLAIM, to="review")
    assert (await fired(house, claim, "approve", SUPERVISOR))["state"] == "approved"
    paid = await fired(house, claim, "pay", CASHIER)
    assert (paid["state"], paid["version"]) == ("paid", 4)
    assert paid["closed_at"] == paid["changed_at"]


async def test_parallel_checks_are_joined_when_all_are_final(house: Assembly) -> None:
    claim = await open_claim(house, to="checks")
    half = await fired(house, claim, "clear_fraud", CLERK)
    assert half["states"] == ["checks.budget.open", "checks.fraud.ok"]
    assert (await fired(house, claim, "clear_budget", CLERK))["state"] == "approved"


async def test_checks_go_on_where_they_were_after_the_claimant_answered(house: Assembly) -> None:
    claim = await open_claim(house, to="checks")
    for event, who in (("clear_fraud", CLERK), ("ask", CLERK), ("answer", ALICE)):
        case = await fired(house, claim, event, who)
    assert case["states"] == ["checks.budget.open", "checks.fraud.ok"]
    assert (await fired(house, claim, "clear_budget", CLERK))["state"] == "approved"


async def test_a_permits_deep_history_brings_every_department_back(house: Assembly) -> None:
    permit = await open_permit(house, protected_area=True)
    steps = [("accept", INTAKE), ("clear_building", BUILDING), ("assess", ENVIRONMENT), ("hear", ENVIRONMENT)]
    for event, who in steps:
        before = await fired(house, permit, event, who)
    assert before["states"] == ["checks.building.cleared", "checks.environment.assessment.hearing"]
    assert (await fired(house, permit, "suspend", INTAKE, reason="a plan is missing"))["state"] == "suspended"
    assert (await fired(house, permit, "resume", INTAKE))["states"] == before["states"]
    assert (await fired(house, permit, "clear_environment", ENVIRONMENT))["state"] == "decision"
    anew = await fired(house, permit, "send_back", DECIDER, reason="the plan changed")
    assert anew["states"] == ["checks.building.documents", "checks.environment.screening"]


async def test_a_permit_is_not_granted_by_one_who_cleared_a_check(house: Assembly) -> None:
    permit = await open_permit(house)
    both = actor("bob", "environment_officer", "decider")
    for event, who in (("accept", INTAKE), ("clear_building", BUILDING), ("clear_environment", both)):
        await fired(house, permit, event, who)
    refused = await fire(house, permit, "grant", both)
    assert code(refused) == "guard_refused"
    assert refused.error.reasons[0].detail == {"events": ["clear_environment"]}
    granted = await fired(house, permit, "grant", DECIDER)
    assert (granted["state"], granted["data"]["conditions"]) == ("granted", "none")


async def test_large_buildings_are_visited_before_they_are_cleared(house: Assembly) -> None:
    permit = await open_permit(house, floor_area_m2=101)
    await fired(house, permit, "accept", INTAKE)
    refused = await fire(house, permit, "clear_building", BUILDING)
    assert refused.error.reasons[0].detail["saw"] == {"data.floor_area_m2": 101}
    await fired(house, permit, "plan_visit", BUILDING, payload={"visit_on": "2026-12-01"})
    await fired(house, permit, "clear_building", BUILDING)


async def test_an_incident_goes_on_and_is_reopened_in_the_line_that_had_it(house: Assembly) -> None:
    incident = await open_incident(house)
    await fired(house, incident, "triage", AGENT, payload={"priority": 1})
    assert (await state(house, incident)).state == "support.second_line"
    await fired(house, incident, "escalate", AGENT)
    await fired(house, incident, "wait", actor("en", "engineer"), payload={"question": "since when?"})
    back = await fired(house, incident, "answer", ALICE, payload={"answer": "yesterday"})
    assert back["state"] == "support.third_line"
    done = await fired(house, incident, "resolve", HEAD_OF_SUPPORT, data={"resolution": "new toner"})
    assert (done["state"], done["data"]["resolution"]) == ("resolved", "new toner")
    assert (await fired(house, incident, "reopen", ALICE, reason="it burns"))["state"] == "support.third_line"


async def test_who_resolved_an_incident_does_not_close_it_but_the_reporter_does(house: Assembly) -> None:
    incident = await open_incident(house)
    await fired(house, incident, "triage", AGENT, payload={"priority": 3})
    await fired(house, incident, "resolve", HEAD_OF_SUPPORT, data={"resolution": "done"})
    assert code(await fire(house, incident, "close", HEAD_OF_SUPPORT)) == "guard_refused"
    assert (await fired(house, incident, "close", ALICE))["state"] == "closed"


async def test_a_closed_case_takes_no_event(house: Assembly) -> None:
    claim = await open_claim(house)
    await fired(house, claim, "reject", SUPERVISOR, reason="not ours")
    refused = await fire(house, claim, "add_note", ALICE)
    assert (code(refused), refused.error.reasons[0].detail["open_states"]) == ("wrong_state", [])
    assert refused.error.reasons[0].remedy == "a closed case takes no event"


async def test_who_opened_by_an_event_of_four_eyes_counts_as_having_fired_it(house: Assembly) -> None:
    boss = actor("boss", "manager")
    claim = await open_claim(house, by=boss)
    await fired(house, claim, "triage", CLERK)
    denied = await fire(house, claim, "approve", boss)
    assert "The creator of the case may not" in str(denied.error.reasons)


async def test_whom_somebody_acted_for_counts_and_so_does_the_caller(house: Assembly) -> None:
    """Alice's claim was submitted by the administrator: neither of the two may give the second approval."""
    bob, alice = Principal("user:bob", frozenset({"role:manager"})), Principal("user:alice")
    claim = await opened(house, by=ADMIN, event="save", on_behalf_of=alice)
    await fired(house, claim, "submit", ADMIN, on_behalf_of=alice)
    await fired(house, claim, "triage", CLERK)
    await fired(house, claim, "approve", SUPERVISOR)
    root = actor("root", "manager")
    refused = await fire(house, claim, "approve", root)
    assert refused.error.reasons[0].code == "four_eyes"
    for_bob = await fire(house, claim, "approve", ADMIN, on_behalf_of=bob)
    assert for_bob.error.reasons[0].message.endswith("may not fire “Approve”, not for somebody else either")
    other_admin = actor("anna", "admin")
    assert (await fired(house, claim, "approve", other_admin, on_behalf_of=bob))["states"][0] == "checks.budget.open"


async def test_who_acts_for_somebody_decides_with_their_roles_never_with_the_own(house: Assembly) -> None:
    claim = await open_claim(house, to="review")
    admin_and_manager = actor("am", "admin", "manager")
    alone = Principal("user:nobody", frozenset())
    refused = await fire(house, claim, "approve", admin_and_manager, on_behalf_of=alone)
    assert code(refused) == "not_found"
    assert (await state(house, claim)).state == "review.first_line"


async def test_a_case_opened_in_a_batch_is_fired_on_in_the_same_batch(house: Assembly) -> None:
    first = opening(ALICE, event="save", reference="R-1")
    by_reference = {"case_type": "expense_claim", "reference": "R-1", "opens": Opens.IF_ABSENT}
    submitted = attempt(ALICE, "submit", **by_reference)
    triaged = attempt(CLERK, "triage", first.new_case_id)
    too_late = attempt(CLERK, "triage", first.new_case_id)
    answers = await submit(house, first, submitted, triaged, too_late)
    assert [code(answer) for answer in answers] == ["applied", "applied", "applied", "wrong_state"]
    assert [applied(answer)["version"] for answer in answers[:3]] == [1, 2, 3]
    case = await state(house, first.new_case_id)
    assert (case.state, case.seq, case.version) == ("review.first_line", 3, 3)


async def test_four_eyes_sees_what_happened_earlier_in_the_same_batch(house: Assembly) -> None:
    incident = opening(ALICE, "incident", "report", INCIDENT)
    answers = await submit(
        house,
        incident,
        attempt(AGENT, "triage", incident.new_case_id, payload={"priority": 3}),
        attempt(HEAD_OF_SUPPORT, "resolve", incident.new_case_id, data={"resolution": "done"}),
        attempt(HEAD_OF_SUPPORT, "close", incident.new_case_id),
        attempt(ALICE, "close", incident.new_case_id),
    )
    assert [code(answer) for answer in answers] == ["applied", "applied", "applied", "guard_refused", "applied"]
