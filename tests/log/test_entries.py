"""What the log holds: canonical entries that chain, and values that stand in them as commitments only."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.case.attempt import Principal
from app.domain.case.entry import Draft
from app.domain.case.sealing import MAX_FIELDS, commitment, seal
from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from app.services.entries.identity import new_salt
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CLAIM,
    CLERK,
    SMALL_CLAIM,
    SUPERVISOR,
    actor,
    attempt,
    code,
    declared,
    declaring,
    entries,
    fire,
    fired,
    open_claim,
    open_permit,
    opened,
    opening,
    policy_file,
    rows,
    running,
    state,
    submit,
    tried,
)


async def test_every_entry_is_canonical_hashed_and_chained_to_the_one_before(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house, CLAIM | {"purpose": "Straße nach Zürich \u20ac \U0001f600"}, to="checks")
    await fire(house, claim, "pay", CLERK)
    stored = await rows(database, "SELECT * FROM audit_entry ORDER BY entry_id")
    assert len(stored) > 8
    for row in stored:
        assert row["entry"].encode() == rfc8785.dumps(json.loads(row["entry"]))
        assert row["entry_hash"] == hashlib.sha256(b"\0" + row["entry"].encode()).hexdigest()
    chain = [row for row in stored if row["case_seq"]]
    case = await state(house, claim)
    first = rfc8785.dumps(["acme", claim, case.definition])
    genesis = hashlib.sha256(b"stateward-case/1\0" + first).hexdigest()
    assert [row["prev_hash"] for row in chain] == [genesis, *(row["entry_hash"] for row in chain[:-1])]
    assert [json.loads(row["entry"])["prev"] for row in chain] == [row["prev_hash"] for row in chain]
    assert [row["case_seq"] for row in chain] == [1, 2, 3, 4]
    assert chain[-1]["entry_hash"] == case.last_hash


async def test_an_entry_begins_where_the_one_before_it_ended_and_ends_in_the_state(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house, to="checks")
    await fired(house, claim, "add_note", ALICE)
    chain = [entry for entry in await entries(database) if "case_seq" in entry]
    assert [entry["kind"] for entry in chain] == ["opened"] + ["transition"] * 4
    assert [entry["source"] for entry in chain] == [None, *(entry["target"] for entry in chain[:-1])]
    assert chain[-1]["source"] == chain[-1]["target"] == (await state(house, claim)).state


async def test_commitments_open_with_their_salts_and_nothing_else(house: Assembly, database: Database) -> None:
    claim = await open_claim(house, CLAIM | {"iban": "DE02120300000000202051"})
    await fired(house, claim, "reject", SUPERVISOR, reason="the receipt is missing")
    by_id = {entry["entry_id"]: entry["fields"] for entry in await entries(database) if "fields" in entry}
    stored = await rows(database, "SELECT * FROM audit_payload")
    assert {row["path"] for row in stored} == {
        *("/data/amount_cents", "/data/currency", "/data/iban", "/data/submitted_by", "/reason"),
    }
    assert sum(map(len, by_id.values())) == len(stored) == len({row["salt"] for row in stored})
    for row in stored:
        told = rfc8785.dumps([row["path"], json.loads(row["value"])])
        digest = hashlib.sha256(b"stateward-field/1\0" + row["salt"] + told).hexdigest()
        assert (len(row["salt"]), by_id[row["entry_id"]][row["path"]]) == (32, digest)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=6, max_size=40)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(WORDS | st.integers(10**9, 2**53 - 1), min_size=1, max_size=5))
def test_no_value_stands_in_an_entry(values: list[Any]) -> None:
    fields = {f"/payload/p{n}": value for n, value in enumerate(values)}
    draft = Draft(
        kind="transition", tenant="t", entry_id="e", at=datetime(2026, 11, 20, tzinfo=UTC), body={}, fields=fields
    )
    sealed = seal(draft, new_salt)
    shell = seal(
        Draft(kind="transition", tenant="t", entry_id="e", at=draft.at, body={}, fields=dict.fromkeys(fields)), new_salt
    )
    for row in sealed.payload:
        said = json.dumps(row.value, ensure_ascii=False).strip('"')
        assert said not in sealed.entry or said in shell.entry
        assert json.loads(sealed.entry)["fields"][row.path] == commitment(row.path, row.salt, row.value)


async def test_nothing_that_people_wrote_stands_in_the_log_of_events_and_refusals(
    house: Assembly, database: Database
) -> None:
    secrets = [f"secret-{n}" for n in range(6)]
    claim = await opened(house, data=CLAIM | {"purpose": secrets[0], "iban": secrets[1]}, reference=secrets[2])
    await fired(house, claim, "add_note", ALICE, payload={"note": secrets[3]}, reason=secrets[4])
    assert code(await fire(house, claim, "pay", CLERK, payload={"note": secrets[5]}, reason=secrets[5])) == "denied"
    permit = await open_permit(house, floor_area_m2=98_765_432)
    await fired(house, permit, "accept", actor("i", "intake"))
    assert code(await fire(house, permit, "clear_building", actor("b", "building_inspector"))) == "guard_refused"
    texts = "".join(row["entry"] for row in await rows(database, "SELECT entry FROM audit_entry"))
    values = "".join(row["value"] for row in await rows(database, "SELECT value FROM audit_payload"))
    assert [secret for secret in [*secrets, "98765432", "120000"] if secret in texts] == []
    assert [secret for secret in [*secrets, "98765432", "120000"] if secret not in values] == []


async def test_an_entry_names_who_for_whom_under_which_rules_and_when(house: Assembly, database: Database) -> None:
    claim = await open_claim(house, SMALL_CLAIM, to="review")
    then = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    susan = Principal("user:susan", frozenset({"role:supervisor"}))
    await fired(house, claim, "approve", ADMIN, on_behalf_of=susan, occurred_at=then, payload={"note": "fine"})
    entry = (await entries(database))[-1]
    case = await state(house, claim)
    assert entry["actor"] == {
        "reference": "user:root",
        "roles": ["role:agent", "role:clerk", "role:engineer", "role:supervisor"],
        "authenticated": "jwt",
        "on_behalf_of": "user:susan",
    }
    assert entry["policy"] == {
        "hash": house.policies.engine.policy_hash("acme", "expense_claim"),
        "rule": 'p, role:supervisor, *, expense_claim, approve, "data.amount_cents <= 1000000 && '
        "data.currency in ['EUR', 'GBP']\", allow",
    }
    assert entry["guards"] == ["data.amount_cents <= 50000"]
    assert entry["definition"] == {"version": 1, "hash": case.definition}
    assert (entry["event"], entry["case_type"], entry["request_id"]) == ("approve", "expense_claim", "request-1")
    assert (entry["source"], entry["target"]) == ("review.first_line", "approved")
    assert entry["occurred_at"] == "2020-01-02T03:04:05.000000Z"
    assert datetime.fromisoformat(entry["at"]) == case.recorded_at
    assert (entry["tenant"], entry["typ"], entry["case_id"]) == ("acme", "stateward-entry/1", claim)


async def test_in_a_batch_the_time_of_a_case_grows_with_every_entry(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    await submit(house, *(attempt(ALICE, "add_note", claim) for _ in range(5)))
    times = [entry["at"] for entry in await entries(database) if "case_seq" in entry]
    assert times == sorted(set(times))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_time_of_a_case_grows_even_where_the_clock_goes_back(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    opened_at = (await state(house, claim)).changed_at
    with time_machine.travel(datetime.fromtimestamp(time.time() - 3600, UTC), tick=False):
        for _ in range(2):
            await fired(house, claim, "add_note", ALICE)
    microsecond = timedelta(microseconds=1)
    times = [datetime.fromisoformat(entry["at"]) for entry in await entries(database) if "case_seq" in entry]
    assert times == [opened_at, opened_at + microsecond, opened_at + 2 * microsecond]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_the_database_tells_the_time_and_not_the_process(house: Assembly) -> None:
    with time_machine.travel(datetime(2001, 1, 1, tzinfo=UTC)):
        claim = await open_claim(house)
    assert (await state(house, claim)).opened_at.year > 2001


TOO_LARGE = {
    "too many properties": {str(n): n for n in range(MAX_FIELDS + 1)},
    "too long names": {f"{n}".rjust(200, "x"): n for n in range(150)},
}
UNWRITABLE = {
    "an integer beyond 2^53": {"note": 2**53},
    "not a number": {"note": float("nan")},
    "an infinity": {"note": [float("inf")]},
    "a large integer as a float": {"note": {"deep": 1e16}},
    "NUL": {"note": "a\0b"},
    "NUL in a name": {"a\0b": 1},
    "half a surrogate pair": {"note": "\ud800"},
    "half a surrogate pair in a name": {"\udfff": 1},
}


@pytest.fixture
async def open_house(_lived_in: None, store: Any) -> AsyncIterator[Assembly]:
    """Its claims take further properties, so that only what can be logged limits them."""
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["data"]["additionalProperties"] = True
    async with running(store, declaring(expense_claim=CaseType.model_validate(told))) as house:
        yield house


async def test_what_is_too_large_or_cannot_be_written_leaves_nothing(open_house: Assembly, database: Database) -> None:
    house, claim = open_house, await open_claim(open_house)
    before, logged = await state(house, claim), await entries(database)
    for expected, payloads in (("too_large", TOO_LARGE), ("invalid", UNWRITABLE)):
        for said, payload in payloads.items():
            assert code(await fire(house, claim, "add_note", ALICE, payload=payload, key=said)) == expected, said
            assert code(await tried(house, opening(data=CLAIM | payload))) == expected, said
    assert code(await fire(house, claim, "add_note", ALICE, reason="\ud800")) == "invalid"
    assert (await state(house, claim), await entries(database)) == (before, logged)


async def test_as_many_properties_as_an_entry_takes_are_taken(house: Assembly) -> None:
    claim = await open_claim(house)
    payload = {str(n): n for n in range(MAX_FIELDS)}
    assert code(await fire(house, claim, "add_note", ALICE, payload=payload)) == "applied"


async def test_a_refusal_names_the_policy_and_the_line_too(house: Assembly, database: Database) -> None:
    claim = await open_claim(house, to="review")
    susan = Principal("user:susan", frozenset({"role:supervisor"}))
    for who, event, principal, expected in (
        (CLERK, "approve", None, None),
        (ALICE, "approve", None, "p, [creator], *, expense_claim, approve, , deny"),
        (CLERK, "triage", None, "p, role:clerk, *, expense_claim, triage, , allow"),
        (CLERK, "approve", susan, None),  # a clerk may not act for others, whatever those may
    ):
        await fire(house, claim, event, who, on_behalf_of=principal)
        policy = (await entries(database, "denied"))[-1]["policy"]
        assert policy == {"hash": house.policies.engine.policy_hash("acme", "expense_claim"), "rule": expected}


async def test_a_refusal_is_logged_whatever_was_sent(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    for payload in TOO_LARGE.values():
        assert code(await fire(house, claim, "approve", ALICE, payload=payload)) == "denied"
    assert [entry["fields"] for entry in await entries(database, "denied")] == [{}, {}]


async def test_a_refusal_is_logged_however_long_the_rules_are_that_say_no(house: Assembly, database: Database) -> None:
    claim, source = await open_claim(house), policy_file("expense_claim")
    line = replace(source.lines[-1], role="*", act="approve")
    words = [f"{n}é" * 900 for n in range(9)]
    never = [replace(line, when=f"case.creator == '{word}'") for word in words]
    unknown = [replace(line, when=f"data.none == '{word}'", eft="deny") for word in words]
    await house.policies.apply(replace(source, lines=[*source.lines, *never, *unknown]))
    assert code(await fire(house, claim, "approve", CLERK)) == "denied"
    [entry] = await entries(database, "denied")
    assert {reason["code"] for reason in entry["refused_by"]} == {"rule"}
    assert entry["policy"]["rule"] is None
