"""Whose a case is: assigned, claimed and released under policy, in the chain, with the clocks looking on."""

import asyncio
from pathlib import Path

import pytest

from app.domain.case.attempt import Opens
from app.domain.verbs.assigning import Claim, Release
from app.services.assembly import Assembly
from tests.clocks.test_clocks import sqlite_file
from tests.databases import Database
from tests.house import (
    ALICE,
    CASHIER,
    CLERK,
    STRANGER,
    SUPERVISOR,
    actor,
    applied,
    attempt,
    code,
    entries,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    rows,
    state,
    submit,
    tried,
)
from tests.ticking import AGENT, POLICY, Watch, declared_with, ticking, watch
from tests.working import assign, claim, release

__all__ = ["sqlite_file", "watch"]

CARLA = actor("carla", "clerk")


async def test_a_claimed_case_is_its_claimers_and_the_log_says_so(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    before = await state(house, case_id)
    shown = applied(await claim(house, case_id, CLERK))
    assert (shown["assignee"], shown["state"], shown["version"]) == ("user:carl", "submitted", 2)
    [entry] = await entries(database, "assigned")
    assert (entry["verb"], entry["becomes"], entry["act"]) == (
        "claim",
        {"assignee": "user:carl", "team": None},
        "case:claim",
    )
    assert (entry["source"], entry["target"], entry["case_seq"]) == ("submitted", "submitted", 2)
    assert (entry["prev"], entry["event"]) == (before.last_hash, None)
    assert entry["policy"]["rule"].startswith("p, role:clerk")


async def test_a_case_that_somebody_has_is_not_claimed_but_may_be_by_its_holder_again(house: Assembly) -> None:
    case_id = await open_claim(house)
    applied(await claim(house, case_id, CLERK))
    refused = await claim(house, case_id, CARLA)
    assert code(refused) == "guard_refused"
    assert refused.error.reasons[0].detail["saw"] == {"case.assignee": "user:carl"}
    assert applied(await claim(house, case_id, CLERK))["assignee"] == "user:carl"


async def test_of_many_who_claim_a_case_one_has_it(house: Assembly) -> None:
    case_id = await open_claim(house)
    people = [actor(f"clerk{n}", "clerk") for n in range(20)]
    answers = await asyncio.gather(*(claim(house, case_id, who) for who in people))
    assert sorted(code(answer) for answer in answers) == ["applied"] + ["guard_refused"] * 19


async def test_only_its_holder_releases_a_case(house: Assembly) -> None:
    case_id = await open_claim(house)
    applied(await claim(house, case_id, CLERK))
    assert code(await release(house, case_id, CARLA)) == "guard_refused"
    assert applied(await release(house, case_id, CLERK))["assignee"] is None
    assert code(await release(house, case_id, CLERK)) == "guard_refused"


async def test_assigning_changes_what_is_named_and_another_team_has_no_assignee_yet(house: Assembly) -> None:
    case_id = await open_claim(house)
    both = applied(await assign(house, case_id, SUPERVISOR, assignee="user:carl", team="team:north"))
    assert (both["assignee"], both["team"]) == ("user:carl", "team:north")
    person = applied(await assign(house, case_id, SUPERVISOR, assignee="user:carla"))
    assert (person["assignee"], person["team"]) == ("user:carla", "team:north")
    same = applied(await assign(house, case_id, SUPERVISOR, team="team:north"))
    assert same["assignee"] == "user:carla"
    other = applied(await assign(house, case_id, SUPERVISOR, team="team:south"))
    assert (other["assignee"], other["team"]) == (None, "team:south")
    nobody = applied(await assign(house, case_id, SUPERVISOR, assignee=None, team=None))
    assert (nobody["assignee"], nobody["team"], nobody["version"]) == (None, None, 6)


@pytest.mark.parametrize("to", [{}, {"assignee": "carl"}, {"team": "user:carl"}, {"assignee": "role:clerk"}])
async def test_whom_to_assign_is_named_as_a_user_or_a_team(house: Assembly, to: dict[str, str | None]) -> None:
    case_id = await open_claim(house)
    assert code(await assign(house, case_id, SUPERVISOR, **to)) == "invalid"


async def test_who_may_read_but_not_assign_is_denied_and_who_may_not_read_learns_of_no_case(
    house: Assembly, database: Database
) -> None:
    case_id = await open_claim(house)
    assert code(await assign(house, case_id, CLERK, assignee="user:carl")) == "denied"
    assert code(await assign(house, case_id, STRANGER, assignee="user:steve")) == "not_found"
    assert code(await claim(house, case_id, CASHIER)) == "denied"
    assert code(await claim(house, "0198c0de-0000-7000-8000-00000000ffff", CLERK)) == "not_found"
    denied = await entries(database, "denied")
    assert [entry["act"] for entry in denied] == ["case:assign", "case:assign", "case:claim"]
    assert (await state(house, case_id)).seq == 1


async def test_policy_comes_before_the_version_and_the_version_before_the_input(house: Assembly) -> None:
    case_id = await open_claim(house)
    assert code(await claim(house, case_id, CASHIER, if_version=7)) == "denied"
    stale = await claim(house, case_id, CLERK, if_version=7)
    assert (code(stale), stale.error.extra) == ("version_conflict", {"current_version": 1})
    applied(await claim(house, case_id, CLERK, if_version=1))
    assert code(await claim(house, case_id, CARLA, if_version=1)) == "version_conflict"
    assert code(await claim(house, case_id, CARLA, if_version=2)) == "guard_refused"


async def test_an_assignment_fails_a_form_that_was_read_before_it(house: Assembly) -> None:
    case_id = await open_claim(house)
    applied(await claim(house, case_id, CLERK))
    assert code(await fire(house, case_id, "triage", CLERK, if_version=1)) == "version_conflict"
    assert (await fired(house, case_id, "triage", CLERK, if_version=2))["assignee"] == "user:carl"


async def test_a_key_has_one_effect_for_verbs_too(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    first, again = [await claim(house, case_id, CLERK, key="k") for _ in range(2)]
    assert (again.receipt, again.case, again.replayed) == (first.receipt, first.case, True)
    assert len(await entries(database, "assigned")) == 1


async def test_in_one_batch_each_sees_whose_the_case_is(house: Assembly) -> None:
    case_id = await open_claim(house)
    verbs = [(CLERK, Claim()), (CARLA, Claim()), (CLERK, Release()), (CARLA, Claim())]
    answers = await submit(house, *(attempt(who, None, case_id, verb=verb) for who, verb in verbs))
    assert [code(answer) for answer in answers] == ["applied", "guard_refused", "applied", "applied"]


async def test_the_reason_stands_in_the_log_as_a_commitment_only(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    applied(await assign(house, case_id, SUPERVISOR, assignee="user:carl", reason="Carla is ill"))
    [entry] = await entries(database, "assigned")
    assert list(entry["fields"]) == ["/reason"]
    assert "ill" not in str(entry)
    kept = await rows(database, f"SELECT value FROM audit_payload WHERE entry_id = '{entry['entry_id']}'")
    assert kept == [{"value": '"Carla is ill"'}]


async def test_a_closed_case_is_still_assigned(house: Assembly) -> None:
    case_id = await open_claim(house)
    await fired(house, case_id, "reject", SUPERVISOR, reason="no")
    assert applied(await assign(house, case_id, SUPERVISOR, assignee="user:carl"))["assignee"] == "user:carl"


async def test_whose_claim_it_is_does_not_matter_to_who_may_see_it(house: Assembly) -> None:
    case_id = await open_claim(house)
    applied(await assign(house, case_id, SUPERVISOR, assignee="user:alice"))
    assert code(await fire(house, case_id, "add_note", ALICE)) == "applied"


async def test_an_assignment_turns_the_clocks_and_the_log_tells_the_same(
    sqlite_file: Database, tmp_path: Path, watch: Watch
) -> None:
    """A clock that runs from a claim until the release."""
    slas = """
    first:
      start: {when: case.assignee != null}
      stop: {when: case.assignee == null}
      target: 4h
    """
    policy = POLICY + "p, role:agent, *, ticket, case:claim, , allow\n"
    async with ticking(sqlite_file, declared_with(tmp_path, slas, policy), watch) as house:
        one = attempt(AGENT, None, case_type="ticket", opens=Opens.ALWAYS, data={})
        assert applied(await tried(house, one))["slas"] == {}
        watch.pass_by(hours=2)
        shown = applied(await claim(house, one.new_case_id, AGENT))
        assert shown["slas"]["first"]["due_at"] == "2026-06-08T15:00:00.000000Z"
        assert (await state(house, one.new_case_id)).due_at is not None
        watch.pass_by(hours=1)
        assert applied(await release(house, one.new_case_id, AGENT))["slas"]["first"]["status"] == "met"
        assert (await state(house, one.new_case_id)).due_at is None
        found = [different async for _, different in house.clocks.differences()]
        assert found == [[]]


async def test_whoever_claims_a_case_and_may_not_read_it_even_then_gets_a_receipt_only(house: Assembly) -> None:
    case_id = await open_claim(house)
    await let_nobody_read(house, "expense_claim")
    answer = await claim(house, case_id, CLERK)
    assert answer.error is None
    assert (answer.receipt is None, answer.case) == (False, None)
