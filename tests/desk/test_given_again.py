"""An Idempotency-Key gives the same status and receipt again, and the case as it is now, to whom may read it now."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.policy.scope import Scope
from app.domain.verbs.assigning import Claim
from app.domain.verbs.roles import ChangeRoles
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CLAIM,
    CLERK,
    SUPERVISOR,
    actor,
    attempt,
    change,
    code,
    entries,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    open_incident,
    opening,
    rows,
    state,
    tried,
)
from tests.over_http import client_of
from tests.working import naming_reviewers

CASES = "/api/v1/cases"
OPENING = {"case_type": "expense_claim", "event": "submit", "data": CLAIM}
WITHOUT_ROLES = replace(CLERK, roles=frozenset())


def scoped(*acts: str, case_types: list[str] | None = None):
    """The clerk, by a key that is for these acts."""
    return replace(CLERK, scope=Scope(frozenset(acts), frozenset(case_types) if case_types else None))


async def test_what_is_kept_is_a_receipt_and_not_the_case(house: Assembly, database: Database) -> None:
    claim = await open_claim(house, {**CLAIM, "iban": "GB82SECRET"})
    await fired(house, claim, "triage", CLERK, key="k")
    [kept] = [json.dumps(dict(row), default=str) for row in await rows(database, "SELECT answer FROM idempotency")]
    assert claim in kept
    assert "SECRET" not in kept
    assert len(kept) < 500


async def test_the_case_is_given_as_it_is_now(house: Assembly) -> None:
    claim = await open_claim(house)
    first = await fire(house, claim, "triage", CLERK, key="k")
    await fired(house, claim, "add_note", ALICE, payload={"note": "later"})
    again = await fire(house, claim, "triage", CLERK, key="k")
    assert (again.receipt, again.replayed) == (first.receipt, True)
    assert (first.case["version"], again.case["version"]) == (2, 3)
    assert again.case["version"] == (await state(house, claim)).version


async def test_who_lost_the_role_meanwhile_gets_the_receipt_alone(house: Assembly) -> None:
    claim = await open_claim(house)
    first = await fire(house, claim, "triage", CLERK, key="k")
    again = await fire(house, claim, "triage", WITHOUT_ROLES, key="k")
    assert (again.receipt, again.replayed) == (first.receipt, True)
    assert (again.case, again.case_id) == (None, None)


async def test_where_reading_was_taken_from_all_a_refusal_keeps_its_code_and_loses_why(house: Assembly) -> None:
    incident = await open_incident(house)
    await fired(house, incident, "triage", actor("ag", "agent"), payload={"priority": 3})
    await fired(house, incident, "resolve", SUPERVISOR, data={"resolution": "done"})
    first = await fire(house, incident, "close", SUPERVISOR, key="k")
    assert first.error.reasons[0].detail == {"events": ["resolve"]}
    await let_nobody_read(house, "incident")
    again = await fire(house, incident, "close", SUPERVISOR, key="k")
    assert (code(again), again.replayed) == ("guard_refused", True)
    assert [reason.detail for reason in again.error.reasons] == [{}]
    assert first.error.reasons[0].message not in str(again.error.reasons)


async def test_a_key_for_other_acts_gets_nothing_that_was_answered_to_another_key(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    first = await fire(house, claim, "triage", CLERK, key="k")
    for other in (scoped("add_note", "case:read"), scoped("triage", "case:read", case_types=["incident"]), scoped()):
        answer = await fire(house, claim, "triage", other, key="k")
        assert code(answer) in ("denied", "not_found")
        assert (answer.receipt, answer.case, answer.replayed) == (None, None, False)
    assert len(await entries(database, "denied")) == 3
    again = await fire(house, claim, "triage", CLERK, key="k")
    assert (again.receipt, again.replayed) == (first.receipt, True)
    assert (await state(house, claim)).seq == 2


async def test_a_key_that_fires_and_does_not_read_gets_the_receipt_alone(house: Assembly) -> None:
    claim = await open_claim(house)
    first = await fire(house, claim, "triage", CLERK, key="k")
    again = await fire(house, claim, "triage", scoped("triage"), key="k")
    assert (again.receipt, again.case) == (first.receipt, None)
    wide = await fire(house, claim, "triage", scoped("triage", "case:read", case_types=["expense_claim"]), key="k")
    assert (wide.receipt, wide.case["id"]) == (first.receipt, claim)


async def test_acting_for_others_is_given_again_to_keys_that_may_act_for_others(house: Assembly) -> None:
    claim = await open_claim(house)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    importer = replace(ADMIN, roles=ADMIN.roles | {"role:clerk"})
    one = attempt(importer, "add_note", claim, "k", occurred_at=long_ago)
    first = await tried(house, one)
    assert code(first) == "applied"
    narrow = replace(importer, scope=Scope(frozenset({"add_note", "case:read"})))
    assert code(await fire(house, claim, "add_note", narrow, key="k", occurred_at=long_ago)) == "denied"
    assert (await tried(house, one)).receipt == first.receipt


async def test_what_a_key_was_denied_is_denied_again_and_logged_once(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    narrow = scoped("add_note", "case:read")
    first = await fire(house, claim, "triage", narrow, key="k")
    again = await fire(house, claim, "triage", narrow, key="k")
    assert [code(first), code(again), again.replayed] == ["denied", "denied", True]
    assert len(await entries(database, "denied")) == 1


async def test_a_verb_is_given_again_under_the_same_rules(house: Assembly) -> None:
    claim = await open_claim(house)
    first = await tried(house, attempt(CLERK, None, claim, "k", verb=Claim()))
    assert first.case["assignee"] == CLERK.id
    other = await tried(house, attempt(scoped("case:read"), None, claim, "k", verb=Claim()))
    assert code(other) in ("denied", "not_found")
    again = await tried(house, attempt(scoped("case:claim"), None, claim, "k", verb=Claim()))
    assert (again.receipt, again.case) == (first.receipt, None)


async def test_who_reads_the_case_no_more_is_told_the_roles_that_they_gave_and_no_others(house: Assembly) -> None:
    await naming_reviewers(house)
    claim = await open_claim(house)
    boss = actor("boss", "manager")
    one = ChangeRoles((("user:zoe", "[reviewer]"),), ())
    await tried(house, attempt(boss, None, claim, verb=ChangeRoles((("user:eve", "[reviewer]"),), ())))
    first = await tried(house, attempt(boss, None, claim, "k", verb=one))
    assert {given["subject"] for given in first.shown["roles"]} == {"user:eve", "user:zoe"}
    again = await tried(house, attempt(replace(boss, roles=frozenset()), None, claim, "k", verb=one))
    assert (again.receipt, [given["subject"] for given in again.shown["roles"]]) == (first.receipt, ["user:zoe"])


async def test_what_the_release_before_kept_is_given_again_without_telling_the_case_that_it_kept(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    first = await fire(house, claim, "triage", CLERK, key="k")
    receipt = {name: getattr(first.receipt, name) for name in ("entry_id", "case_seq", "entry_hash")}
    for case in (first.case | {"data": {"old": 1}}, None):
        kept = json.dumps({"receipt": receipt, "case": case, "opened": False})
        await change(database, f"UPDATE idempotency SET answer = '{kept}'")
        again = await fire(house, claim, "triage", CLERK, key="k")
        assert (again.receipt, again.case["data"]) == (first.receipt, first.case["data"])
        assert (await fire(house, claim, "triage", WITHOUT_ROLES, key="k")).case is None


async def test_the_release_before_reads_what_is_kept(house: Assembly, database: Database) -> None:
    """It asks for these three; without the case it gives the receipt alone."""
    await tried(house, opening(key="k"))
    [row] = await rows(database, "SELECT answer FROM idempotency")
    kept = row["answer"] if isinstance(row["answer"], dict) else json.loads(row["answer"])
    assert (kept["case"], kept["opened"]) == (None, True)
    assert set(kept["receipt"]) == {"entry_id", "case_seq", "entry_hash"}


async def test_an_opening_without_a_reference_finds_its_case_again(house: Assembly) -> None:
    async with client_of(house) as client:
        answers = [await client.post(CASES, json=OPENING, headers={"idempotency-key": "k"}) for _ in range(2)]
        first, again = answers
        assert [answer.status_code for answer in answers] == [201, 201]
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == first.json()
        assert again.headers["location"] == first.headers["location"]
        await fired(house, first.json()["case"]["id"], "triage", CLERK)
        later = await client.post(CASES, json=OPENING, headers={"idempotency-key": "k"})
        assert (later.json()["case"]["state"], later.headers["etag"]) == ("review.first_line", '"2"')
        await let_nobody_read(house, "expense_claim")
        last = await client.post(CASES, json=OPENING, headers={"idempotency-key": "k"})
        assert (last.status_code, last.json()) == (201, {"receipt": first.json()["receipt"]})
        assert "location" not in last.headers


async def test_the_next_case_is_the_same_one_again(house: Assembly) -> None:
    await open_claim(house)
    async with client_of(house, user="carl") as client:
        first, again = [
            await client.post("/api/v1/next-case", json={}, headers={"idempotency-key": "k"}) for _ in range(2)
        ]
        assert again.json() == first.json()
    async with client_of(house, "nothing", user="carl") as client:
        await let_nobody_read(house, "expense_claim")
        last = await client.post("/api/v1/next-case", json={}, headers={"idempotency-key": "k"})
        assert (last.status_code, last.json()) == (200, {"receipt": first.json()["receipt"]})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_in_a_batch_too_the_case_is_left_out_of_what_is_given_again(house: Assembly) -> None:
    claim = await open_claim(house)
    batch = {"attempts": [{"case_id": claim, "event": "triage", "idempotency_key": "k"}]}
    async with client_of(house, user="carl") as client:
        [first] = (await client.post("/api/v1/events", json=batch)).json()["results"]
        assert first["case"]["state"] == "review.first_line"
    async with client_of(house, "nothing", user="carl") as client:
        assert (await client.post("/api/v1/events", json=batch)).json()["results"] == [
            {"status": 200, "receipt": first["receipt"]}
        ]
