"""Who audits a tenant reads everything of its log and what binds it, sees no case, and changes nothing."""

from dataclasses import replace

import pytest

from app.services.assembly import Assembly
from app.services.store.stored import PolicyLine
from tests.calling import signed_in
from tests.databases import Database
from tests.house import (
    ADMIN,
    CLERK,
    entries,
    fired,
    open_claim,
    open_incident,
    policy_file,
)
from tests.over_http import client_without_credential
from tests.rulebook import add, member, rule

AUDITOR = signed_in("audrey", "auditor")
API = "/api/v1"
SOURCE = policy_file("expense_claim")
HELPER = PolicyLine(
    kind="p", role="role:helper", tenant="acme", obj="expense_claim", act="triage", eft="allow", source=SOURCE.file.name
)


@pytest.fixture
async def http(house: Assembly):
    async with client_without_credential(house) as client:
        yield client


async def feed(http, who, **query):
    answer = await http.get(f"{API}/audit", params={"limit": 200, **query}, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_auditor_reads_every_entry_of_the_tenant_and_no_case(house: Assembly, http) -> None:
    claim, incident = await open_claim(house), await open_incident(house)
    await fired(house, claim, "triage", CLERK)
    await add(house, ADMIN, member("dora", "helper"))
    await house.ledger.sequence()
    shown = await feed(http, AUDITOR)
    assert [item["leaf_index"] for item in shown] == list(range(4))
    assert [item["entry"]["kind"] for item in shown] == ["opened", "opened", "transition", "policy"]
    assert shown[0]["values"]["/data/amount_cents"] == 120_000
    for case_id in (claim, incident):
        assert (await http.get(f"{API}/cases/{case_id}", headers=AUDITOR)).status_code == 404
        assert len((await http.get(f"{API}/cases/{case_id}/audit", headers=AUDITOR)).json()["items"]) > 0
    assert (await http.get(f"{API}/cases", headers=AUDITOR)).json()["items"] == []
    assert await feed(http, signed_in("steve")) == []
    assert await feed(http, signed_in("audrey", "auditor", tenant="globex")) == []


async def test_an_auditor_of_one_case_type_reads_of_that_only(house: Assembly, http) -> None:
    await add(house, ADMIN, rule("role:claims_auditor", "case:audit"))
    claim, incident = await open_claim(house), await open_incident(house)
    await house.ledger.sequence()
    who = signed_in("carol", "claims_auditor")
    assert {item["case_id"] for item in await feed(http, who)} == {claim}
    assert await feed(http, who, log="service") == []
    assert (await http.get(f"{API}/cases/{incident}/audit", headers=who)).status_code == 404


async def test_administrators_and_auditors_of_every_tenant_read_what_binds_all(house: Assembly, http) -> None:
    await house.ledger.sequence()
    for who in (AUDITOR, signed_in("root", "admin"), signed_in("gina", "admin", tenant="globex")):
        shown = await feed(http, who, log="service")
        assert [item["leaf_index"] for item in shown] == list(range(len(shown)))
        assert {item["entry"]["kind"] for item in shown} == {"calendar", "definition", "policy"}
        assert {item["entry"]["actor"]["reference"] for item in shown} == {"operator:unnamed"}
        lines = [line for item in shown if item["entry"]["kind"] == "policy" for line in item["entry"]["lines_added"]]
        assert {"kind": "p", "role": "role:clerk", "tenant": "*", "obj": "expense_claim", "act": "triage",
                "eft": "allow"} in lines  # fmt: skip
    assert await feed(http, signed_in("carl", "clerk"), log="service") == []


async def test_lines_of_a_file_that_name_a_tenant_are_in_its_log_and_nowhere_else(
    house: Assembly, http, database: Database
) -> None:
    await house.policies.apply(replace(SOURCE, lines=[*SOURCE.lines, HELPER]))
    await house.ledger.sequence()
    [entry] = [item["entry"] for item in await feed(http, AUDITOR)]
    assert (entry["actor"]["reference"], entry["how"], entry["file"]) == (
        "operator:unnamed",
        "applied",
        SOURCE.file.name,
    )
    assert [line["role"] for line in entry["lines_added"]] == ["role:helper"]
    assert await feed(http, signed_in("gina", "auditor", tenant="globex")) == []
    assert not any("role:helper" in str(entry) for entry in await entries(database) if entry["tenant"] != "acme")


async def test_a_file_that_changes_nothing_makes_no_version(house: Assembly, database: Database) -> None:
    version, logged = await house.store.policy_version(), len(await entries(database))
    assert await house.policies.apply(SOURCE) == (0, 0)
    assert len(await entries(database)) == logged
    commented = replace(SOURCE, file=replace(SOURCE.file, sha256="0" * 64))
    assert await house.policies.unapplied({SOURCE.file.name: "0" * 64}) == [SOURCE.file.name]
    assert await house.policies.apply(commented) == (0, 0)
    assert await house.policies.unapplied({SOURCE.file.name: "0" * 64}) == []
    assert await house.store.policy_version() == version
    assert (await entries(database))[-1]["file_sha256"] == "0" * 64


async def test_a_large_file_is_several_entries_that_hold_every_line_once(house: Assembly, database: Database) -> None:
    many = [replace(HELPER, when=f"data.amount_cents == {n} {' ' * 900}|| false") for n in range(200)]
    await house.policies.apply(replace(SOURCE, lines=[*SOURCE.lines, *many]))
    parts = [entry for entry in await entries(database, "policy") if entry["tenant"] == "acme"]
    told = [line["when"] for entry in parts for line in entry["lines_added"]]
    assert sorted(told) == sorted(line.when for line in many)
    assert (len(parts) > 1, {entry["policy_version"] for entry in parts}) == (
        True,
        {await house.store.policy_version()},
    )


async def test_an_auditor_reads_the_lines_in_force_and_changes_none(house: Assembly, http) -> None:
    assert len((await http.get(f"{API}/policies", headers=AUDITOR)).json()["items"]) > 10
    line = {"role": "*", "case_type": "*", "act": "case:admin", "effect": "allow"}
    assert (await http.post(f"{API}/policies", json={"lines": [line]}, headers=AUDITOR)).status_code == 403
    assert (await http.post(f"{API}/policies/preview", json={"lines": [line]}, headers=AUDITOR)).status_code == 403
