"""What a comment or a description of a shipped machine or policy promises, as a scenario that would break it."""

from dataclasses import replace

import pytest

from app.domain.case.attempt import Actor, Principal
from app.domain.verbs.roles import ChangeRoles
from app.services.assembly import Assembly
from tests.databases import mostly_sqlite
from tests.house import (
    ALICE,
    CASHIER,
    CLAIM,
    CLERK,
    MANAGER,
    SMALL_CLAIM,
    SUPERVISOR,
    actor,
    code,
    fire,
    fired,
    open_claim,
    open_incident,
    open_permit,
    opened,
    state,
)
from tests.working import do

__all__ = ["mostly_sqlite"]

EVERYTHING = ("clerk", "supervisor", "manager", "cashier")
OWNER = actor("olga", *EVERYTHING)
AGENT, ENGINEER, HEAD_OF_SUPPORT = actor("ag", "agent"), actor("en", "engineer"), actor("sup", "supervisor")
INTAKE, DECIDER, HEAD = actor("ina", "intake"), actor("dora", "decider"), actor("hedi", "head_of_office")
BUILDING, ENVIRONMENT = actor("bert", "building_inspector"), actor("eve", "environment_officer")
REFUSED = {"denied", "guard_refused", "wrong_state", "not_found"}
WHY = {"reason": "because"}


async def refuses(house: Assembly, case_id: str, event: str, by: Actor, **values: object) -> bool:
    before = (await state(house, case_id)).state
    answer = code(await fire(house, case_id, event, by, **values))
    return answer in REFUSED and (await state(house, case_id)).state == before


# expense_claim


async def test_a_small_claim_needs_one_approval_and_a_larger_one_two_and_both_checks(house: Assembly) -> None:
    small = await open_claim(house, SMALL_CLAIM, to="review")
    assert (await fired(house, small, "approve", SUPERVISOR))["state"] == "approved"
    large = await open_claim(house, to="review")
    assert (await fired(house, large, "approve", SUPERVISOR))["state"] == "review.second_line"
    assert "checks.budget.open" in (await fired(house, large, "approve", MANAGER))["states"]
    assert (await fired(house, large, "clear_budget", CLERK))["states"] == ["checks.budget.ok", "checks.fraud.open"]
    assert (await fired(house, large, "clear_fraud", CLERK))["state"] == "approved"


@pytest.mark.parametrize("one", [SUPERVISOR, MANAGER])
async def test_the_second_approval_is_of_somebody_else_than_the_first(house: Assembly, one: Actor) -> None:
    claim = await open_claim(house, to="review")
    await fired(house, claim, "approve", one)
    assert await refuses(house, claim, "approve", one)
    assert await refuses(house, claim, "approve", replace(one, roles=one.roles | {"role:manager"}))


async def test_who_submitted_has_no_part_in_deciding_whatever_roles_they_have(house: Assembly) -> None:
    claim = await open_claim(house, by=OWNER)
    steps = [("triage", CLERK), ("approve", SUPERVISOR), ("approve", MANAGER), ("clear_budget", CLERK)]
    for event, by in steps:
        assert await refuses(house, claim, event, OWNER), event
        assert await refuses(house, claim, "reject", OWNER, **WHY), event
        await fired(house, claim, event, by)
    assert await refuses(house, claim, "clear_fraud", OWNER)
    await fired(house, claim, "clear_fraud", CLERK)
    assert await refuses(house, claim, "pay", OWNER)
    assert (await fired(house, claim, "pay", CASHIER))["state"] == "paid"


async def test_who_submitted_is_told_apart_by_the_machine_where_the_policy_takes_them_for_another(
    house: Assembly,
) -> None:
    """An administrator submits for the claimant: the case is the claimant's, and yet both are kept out."""
    root = actor("root", "admin", *EVERYTHING)
    claim = await opened(house, by=root, event="submit", data=dict(CLAIM), on_behalf_of=Principal("user:alice"))
    assert await refuses(house, claim, "triage", root)
    await fired(house, claim, "triage", CLERK)
    assert await refuses(house, claim, "approve", root)
    assert await refuses(house, claim, "reject", root, **WHY)


async def test_anyone_may_claim_and_submits_the_own_drafts_only(house: Assembly) -> None:
    draft = await opened(house, by=ALICE, event="save", data=dict(CLAIM))
    assert await refuses(house, draft, "submit", OWNER)
    assert (await fired(house, draft, "submit", ALICE))["data"]["submitted_by"] == "user:alice"


async def test_the_claimant_answers_questions_and_nobody_else(house: Assembly) -> None:
    claim = await open_claim(house, to="checks")
    await fired(house, claim, "clear_fraud", CLERK)
    assert (await fired(house, claim, "ask", CLERK))["state"] == "waiting"
    assert await refuses(house, claim, "clear_budget", CLERK), "the checks rest"
    assert await refuses(house, claim, "answer", MANAGER)
    assert (await fired(house, claim, "answer", ALICE))["states"] == ["checks.budget.open", "checks.fraud.ok"]


async def test_supervisors_approve_up_to_10_000_without_exchange_and_managers_everything(house: Assembly) -> None:
    for cents, currency in ((1_000_001, "EUR"), (1_000_000, "USD")):
        claim = await open_claim(house, {"amount_cents": cents, "currency": currency}, to="review")
        assert await refuses(house, claim, "approve", SUPERVISOR)
        assert (await fired(house, claim, "approve", MANAGER))["state"] == "review.second_line"
    for currency in ("EUR", "GBP"):
        claim = await open_claim(house, {"amount_cents": 1_000_000, "currency": currency}, to="review")
        assert (await fired(house, claim, "approve", SUPERVISOR))["state"] == "review.second_line"


async def test_cashiers_pay_what_was_approved_and_nothing_else(house: Assembly) -> None:
    claim = await open_claim(house, SMALL_CLAIM)
    assert await refuses(house, claim, "pay", CASHIER)
    await fired(house, claim, "triage", CLERK)
    assert await refuses(house, claim, "pay", CASHIER)
    await fired(house, claim, "approve", SUPERVISOR)
    assert await refuses(house, claim, "pay", SUPERVISOR)
    assert (await fired(house, claim, "pay", CASHIER))["state"] == "paid"


# incident


async def in_support(house: Assembly, priority: int = 3, by: Actor = ALICE) -> str:
    incident = await open_incident(house, by=by)
    await fired(house, incident, "triage", AGENT, payload={"priority": priority})
    return incident


async def test_the_most_pressing_skip_the_first_line_and_end_by_being_resolved(house: Assembly) -> None:
    incident = await in_support(house, 1)
    assert (await state(house, incident)).state == "support.second_line"
    for by in (ALICE, HEAD_OF_SUPPORT):
        assert await refuses(house, incident, "cancel", by, **WHY)
    other = await in_support(house, 2)
    assert (await state(house, other)).state == "support.first_line"
    assert (await fired(house, other, "cancel", HEAD_OF_SUPPORT, **WHY))["state"] == "cancelled"


async def test_engineers_resolve_the_pressing_ones_without_having_them_first_and_no_others(house: Assembly) -> None:
    done = {"data": {"resolution": "new toner"}}
    for priority, may in ((1, True), (2, True), (3, False), (4, False)):
        assert await refuses(house, await in_support(house, priority), "resolve", AGENT, **done)
        assert await refuses(house, await in_support(house, priority), "resolve", ENGINEER, **done) is not may


async def test_who_resolved_does_not_confirm_not_even_as_the_reporter(house: Assembly) -> None:
    boss = replace(HEAD_OF_SUPPORT, id="user:boss")
    incident = await in_support(house, by=boss)
    await fired(house, incident, "resolve", boss, data={"resolution": "done"})
    assert await refuses(house, incident, "close", boss)
    assert (await fired(house, incident, "close", AGENT))["state"] == "closed"


async def test_the_line_that_resolved_takes_it_up_again_and_hands_it_back_to_the_line_before(house: Assembly) -> None:
    incident = await in_support(house)
    for expected in ("support.second_line", "support.third_line"):
        assert (await fired(house, incident, "escalate", AGENT))["state"] == expected
    await fired(house, incident, "resolve", HEAD_OF_SUPPORT, data={"resolution": "done"})
    assert (await fired(house, incident, "reopen", ALICE, **WHY))["state"] == "support.third_line"
    assert (await fired(house, incident, "hand_back", HEAD_OF_SUPPORT, **WHY))["state"] == "support.second_line"


async def test_the_reporter_answers_and_the_line_that_asked_goes_on(house: Assembly) -> None:
    incident = await in_support(house, 1)
    await fired(house, incident, "wait", ENGINEER, payload={"question": "Where?"})
    assert await refuses(house, incident, "answer", AGENT, payload={"answer": "Here"})
    assert (await fired(house, incident, "answer", ALICE, payload={"answer": "Here"}))["state"] == "support.second_line"


# permit


async def checked(house: Assembly, area: int = 90, by: Actor = ALICE) -> str:
    """A permit that comes to its decision."""
    permit = await open_permit(house, by=by, floor_area_m2=area)
    await fired(house, permit, "accept", INTAKE)
    if area > 100:
        await fired(house, permit, "plan_visit", BUILDING, payload={"visit_on": "2026-12-01"})
    await fired(house, permit, "clear_building", BUILDING)
    await fired(house, permit, "clear_environment", ENVIRONMENT)
    return permit


async def test_a_decider_decides_up_to_1_000_square_metres_and_above_that_the_head_of_the_office(
    house: Assembly,
) -> None:
    small, large = await checked(house, 1000), await checked(house, 1001)
    assert await refuses(house, large, "grant", DECIDER)
    assert await refuses(house, large, "refuse", DECIDER, **WHY), "to refuse is to decide, too"
    assert (await fired(house, small, "refuse", DECIDER, **WHY))["state"] == "refused"
    assert (await fired(house, large, "refuse", HEAD, **WHY))["state"] == "refused"
    assert (await fired(house, await checked(house, 1001), "grant", HEAD))["state"] == "granted"


async def test_who_cleared_a_check_does_not_grant(house: Assembly) -> None:
    both = replace(BUILDING, roles=BUILDING.roles | {"role:head_of_office"})
    permit = await open_permit(house, floor_area_m2=90)
    await fired(house, permit, "accept", INTAKE)
    await fired(house, permit, "clear_building", both)
    await fired(house, permit, "clear_environment", ENVIRONMENT)
    assert await refuses(house, permit, "grant", both)
    assert (await fired(house, permit, "grant", HEAD))["state"] == "granted"


async def test_who_applied_or_draws_the_plans_never_checks_nor_decides(house: Assembly) -> None:
    everything = ("intake", "building_inspector", "environment_officer", "decider", "head_of_office")
    applicant, architect = actor("appl", *everything), actor("archie", *everything)
    permit = await open_permit(house, by=applicant, floor_area_m2=90)
    await do(house, permit, ChangeRoles(give=(("user:archie", "[architect]"),)), applicant)
    await fired(house, permit, "accept", INTAKE)
    for event, by in (("clear_building", BUILDING), ("clear_environment", ENVIRONMENT)):
        for own in (applicant, architect):
            assert await refuses(house, permit, event, own), event
        await fired(house, permit, event, by)
    for own in (applicant, architect):
        assert await refuses(house, permit, "grant", own)
        assert await refuses(house, permit, "refuse", own, **WHY)


async def test_above_100_square_metres_the_site_is_visited_and_a_protected_area_is_heard_first(house: Assembly) -> None:
    permit = await open_permit(house, floor_area_m2=101, protected_area=True)
    await fired(house, permit, "accept", INTAKE)
    assert await refuses(house, permit, "clear_building", BUILDING)
    assert await refuses(house, permit, "clear_environment", ENVIRONMENT)
    await fired(house, permit, "assess", ENVIRONMENT)
    assert await refuses(house, permit, "clear_environment", ENVIRONMENT)
    await fired(house, permit, "hear", ENVIRONMENT)
    await fired(house, permit, "clear_environment", ENVIRONMENT)
    await fired(house, permit, "plan_visit", BUILDING, payload={"visit_on": "2026-12-01"})
    assert (await fired(house, permit, "clear_building", BUILDING))["state"] == "decision"
    assert (await fired(house, permit, "send_back", DECIDER, **WHY))["states"] == [
        "checks.building.documents",
        "checks.environment.screening",
    ], "both departments check anew"


async def test_each_department_goes_on_where_it_was(house: Assembly) -> None:
    permit = await open_permit(house, floor_area_m2=90, protected_area=True)
    await fired(house, permit, "accept", INTAKE)
    await fired(house, permit, "assess", ENVIRONMENT)
    await fired(house, permit, "hear", ENVIRONMENT)
    await fired(house, permit, "suspend", BUILDING, **WHY)
    resumed = await fired(house, permit, "resume", INTAKE)
    assert resumed["states"] == ["checks.building.documents", "checks.environment.assessment.hearing"]


@pytest.mark.parametrize("who", [OWNER, ALICE, actor("root", "admin")])
async def test_only_the_clock_marks_what_runs_late(house: Assembly, who: Actor) -> None:
    for case_id in (await open_claim(house), await open_incident(house), await open_permit(house)):
        assert await refuses(house, case_id, "escalate_late", who)
