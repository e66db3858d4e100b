"""What an API key was not made for it does nowhere: not by lists, nor by the log, nor by the queue, nor as an admin."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.services.assembly import Assembly
from tests.calling import bearing, signed_in
from tests.databases import mostly_sqlite
from tests.house import open_claim, open_incident
from tests.over_http import client_without_credential

__all__ = ["mostly_sqlite"]

API = "/api/v1"
ROOT = signed_in("root", "admin")
EVERYTHING = {"title": "A key", "subject": "service:import", "roles": ["role:admin", "role:clerk"]}
LINE = {"role": "role:clerk", "case_type": "incident", "act": "add_note", "effect": "allow"}
MEMBER = {"user": "user:eve", "role": "role:admin"}


@pytest.fixture
async def http(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_without_credential(house) as client:
        yield client


async def key(http: AsyncClient, **scope: Any) -> dict[str, str]:
    made = await http.post(f"{API}/api-keys", json=EVERYTHING | scope, headers=ROOT)
    assert made.status_code == 201, made.text
    return bearing(made.json()["key"])


async def test_a_key_that_only_reads_administers_nothing(http: AsyncClient, house: Assembly) -> None:
    reading, case_id = await key(http, acts=["case:read"]), await open_claim(house)
    tried = [
        ("GET", "/policies", None),
        ("POST", "/policies", {"lines": [LINE]}),
        ("POST", "/policies/preview", {"lines": [LINE]}),
        ("GET", "/role-assignments", None),
        ("POST", "/role-assignments", {"assignments": [MEMBER]}),
        ("GET", "/api-keys", None),
        ("POST", "/api-keys", EVERYTHING),
        ("GET", f"/whocan?case={case_id}&event=triage", None),
    ]
    for method, path, body in tried:
        answer = await http.request(method, API + path, json=body, headers=reading)
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["reasons"][-1]["code"] == "scope", (path, answer.text)
    shown = await http.get(f"{API}/cases/{case_id}", headers=reading)
    assert shown.status_code == 200


async def test_a_key_for_one_case_type_administers_no_other(http: AsyncClient) -> None:
    narrow = await key(http, acts=["case:admin"], case_types=["expense_claim"])
    answer = await http.post(f"{API}/policies", json={"lines": [LINE]}, headers=narrow)
    assert (answer.status_code, answer.json()["reasons"][-1]["code"]) == (403, "scope")


async def test_a_key_that_only_reads_sees_nothing_in_the_log_but_cases(http: AsyncClient, house: Assembly) -> None:
    reading, case_id = await key(http, acts=["case:read"]), await open_claim(house)
    await house.ledger.sequence()
    log = (await http.get(f"{API}/audit", headers=reading)).json()["items"]
    assert {item["entry"]["case_id"] for item in log} == {case_id}
    whole = (await http.get(f"{API}/audit", headers=await key(http))).json()["items"]
    assert len(whole) > len(log)


async def test_a_key_for_one_case_type_sees_nothing_of_others_in_the_log(http: AsyncClient, house: Assembly) -> None:
    narrow = await key(http, acts=["case:read"], case_types=["incident"])
    await open_claim(house)
    incident = await open_incident(house)
    await house.ledger.sequence()
    log = (await http.get(f"{API}/audit", headers=narrow)).json()["items"]
    assert {item["entry"]["case_id"] for item in log} == {incident}


@pytest.mark.parametrize(
    "scope",
    [
        {"acts": ["case:read"]},
        {"acts": ["case:claim"]},
        {"acts": ["case:claim", "case:read"], "case_types": ["permit"]},
    ],
)
async def test_the_queue_gives_a_key_nothing_that_it_may_not_read_and_claim(
    http: AsyncClient, house: Assembly, scope: dict[str, Any]
) -> None:
    await open_claim(house)
    taken = await http.post(f"{API}/next-case", json={}, headers=await key(http, **scope))
    assert (taken.status_code, taken.text) == (204, "")
    good = await key(http, acts=["case:claim", "case:read"], case_types=["expense_claim"])
    taken = await http.post(f"{API}/next-case", json={}, headers=good)
    assert taken.status_code == 200, taken.text
