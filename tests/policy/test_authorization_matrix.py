"""Every route and every event against every kind of caller, held against tables written by hand (no Casbin here)."""

import itertools
import json
import time
from collections.abc import Iterable
from typing import Any

import jwt
import pytest
from httpx import AsyncClient

from tests.calling import bearing, signed_in
from tests.databases import mostly_sqlite
from tests.fake_services import Fakes, api
from tests.house import Assembly, declared
from tests.one_app import SECRET
from tests.over_http import client_without_credential
from tests.signing import signer
from tests.working import naming_reviewers

__all__ = ["mostly_sqlite"]

NOT_THERE = "00000000-0000-7000-8000-000000000000"
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 90_000, "currency": "EUR"}}
NOTE = {"event": "add_note", "reason": "tried"}
NUMBERS = itertools.count(1)

NOBODY: frozenset[str] = frozenset()
CLERKS = frozenset({"clerk", "supervisor", "manager"})
DECIDERS = frozenset({"supervisor", "manager"})
READERS = CLERKS | {"cashier", "admin", "creator"}
ADMIN = frozenset({"admin"})
AUDITORS = frozenset({"auditor"})
CALLERS = READERS | AUDITORS | {"stranger"}

# Route -> who gets a 2xx. The rest get 403, or 404 where they may not read the case.
MAY = {
    "GET /cases": CALLERS,
    "POST /cases": CALLERS,
    "GET /cases/{case_id}": READERS,
    "GET /cases/{case_id}/events": READERS,
    "POST /cases/{case_id}/events": CLERKS | {"creator"},
    "POST /events": CALLERS,
    "GET /cases/{case_id}/audit": READERS | AUDITORS,
    "GET /cases/{case_id}/fields/{field}": READERS | AUDITORS,
    "POST /cases/{case_id}/assignment": DECIDERS,
    "POST /cases/{case_id}/claim": CLERKS,
    "POST /cases/{case_id}/corrections": frozenset({"manager"}),
    "POST /files": CALLERS,
    "POST /cases/{case_id}/release": CLERKS,
    "POST /next-case": CALLERS,
    "GET /cases/{case_id}/comments": READERS,
    "POST /cases/{case_id}/comments": CLERKS | {"creator"},
    "POST /cases/{case_id}/roles": frozenset({"manager"}),
    "GET /cases/{case_id}/roles": READERS,
    "GET /cases/{case_id}/links": READERS,
    "POST /cases/{case_id}/links": CLERKS | {"creator"},
    "GET /cases/{case_id}/attachments": READERS,
    "POST /cases/{case_id}/attachments": CLERKS | {"creator"},
    "GET /cases/{case_id}/attachments/{attachment_id}": READERS,
    "GET /case-types": CALLERS,
    "GET /case-types/{name}": CALLERS,
    "GET /case-types/{name}/diagram": CALLERS,
    "GET /case-types/{name}/versions": CALLERS,
    "GET /cases/{case_id}/slas": READERS,
    "GET /cases/{case_id}/slas/{name}/explain": READERS,
    "POST /sla/simulate": CALLERS,
    "GET /audit": CALLERS,
    "GET /audit/entries/{entry_id}": READERS | AUDITORS,
    "GET /audit/receipts/{entry_hash}": READERS | AUDITORS,
    "GET /audit/checkpoint": CALLERS,
    "GET /audit/consistency": CALLERS,
    "POST /exports": AUDITORS,
    "GET /exports": CALLERS,
    "GET /exports/{export_id}": AUDITORS,
    "GET /exports/{export_id}/file": NOBODY,  # nobody makes it here; tests/log/test_http_exports.py
    "GET /exports/{export_id}/sidecar": NOBODY,  # as its file
    "DELETE /exports/{export_id}": AUDITORS,
    "GET /policies": ADMIN | AUDITORS,
    "POST /policies": ADMIN,
    "POST /policies/preview": ADMIN,
    "DELETE /policies/{name}": ADMIN,
    "GET /role-assignments": ADMIN | AUDITORS,
    "POST /role-assignments": ADMIN,
    "DELETE /role-assignments/{name}": ADMIN,
    "GET /whocan": ADMIN,
    "GET /me": CALLERS,
    "GET /views": CALLERS,
    "POST /views": CALLERS,
    "GET /views/{view_id}": CALLERS,
    "PUT /views/{view_id}": ADMIN,
    "DELETE /views/{view_id}": ADMIN,
    "GET /api-keys": ADMIN,
    "POST /api-keys": ADMIN,
    "DELETE /api-keys/{key_id}": ADMIN,
}
FORMS = {"GET /cases/{case_id}/events/{event}/form", "GET /case-types/{name}/openings/{event}/form"}
"""This case type has none: its answers are 404 for everybody."""
STREAMS = {"GET /stream", "GET /cases/{case_id}/stream"}
"""Endless where they are allowed; tests/log/test_http_feed.py and tests/log/test_following.py say to whom."""

# Event -> who may fire it, and from which states, on a claim that `creator` submitted.
FIRES: dict[str, tuple[frozenset[str], set[str]]] = {
    "submit": (frozenset({"creator"}), {"draft"}),
    "triage": (CLERKS, {"submitted"}),
    "approve": (DECIDERS, {"first_line", "second_line"}),
    "clear_budget": (CLERKS, {"checks"}),
    "clear_fraud": (CLERKS, {"checks", "budget_cleared"}),
    "ask": (CLERKS, {"checks", "budget_cleared"}),
    "answer": (frozenset({"creator"}), {"waiting"}),
    "reject": (DECIDERS, {"submitted", "first_line", "second_line", "checks", "budget_cleared"}),
    "pay": (frozenset({"cashier"}), {"approved"}),
    "escalate_late": (NOBODY, {"submitted", "first_line", "second_line", "checks", "budget_cleared"}),
    "add_note": (
        CLERKS | {"creator"},
        {"draft", "submitted", "first_line", "second_line", "checks", "budget_cleared", "waiting", "approved"},
    ),
}
WAYS: dict[str, list[tuple[str, str]]] = {
    "draft": [],
    "submitted": [("creator", "submit")],
    "first_line": [("clerk", "triage")],
    "second_line": [("supervisor2", "approve")],
    "checks": [("manager", "approve")],
    "waiting": [("clerk", "ask")],
    "budget_cleared": [("creator", "answer"), ("clerk", "clear_budget")],
    "approved": [("clerk", "clear_fraud")],
    "paid": [("cashier", "pay")],
}
"""How to come to each state from the one before it."""


def headers(caller: str, tenant: str = "acme") -> dict[str, str]:
    """`supervisor2` is another supervisor."""
    return signed_in(caller, *(() if caller in ("creator", "stranger") else (caller.rstrip("2"),)), tenant=tenant)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    with api(Fakes()) as client:
        return dict(client.get("/schema/openapi.json").json())


def operations(document: dict[str, Any]) -> list[str]:
    """Every operation that wants a credential, as the table names it."""
    methods = {"get", "post", "put", "patch", "delete"}
    found = [(path, method, of) for path, item in document["paths"].items() for method, of in item.items()]
    return [
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, method, of in found
        if method in methods and of.get("security")
    ]


def test_the_table_knows_every_route(document: dict[str, Any]) -> None:
    assert sorted(operations(document)) == sorted({*MAY, *FORMS, *STREAMS})


def _token(key: str = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    now = int(time.time())
    claims = {"iss": "stateward", "aud": "stateward", "iat": now, "exp": now + 600, "sub": "user:alice"}
    return jwt.encode({**claims, "tenant": "acme", "roles": ["role:admin"], **changed}, key, algorithm=algorithm)


NOBODIES = {
    "nobody": {},
    "an expired token": bearing(_token(exp=int(time.time()) - 90)),
    "another issuer": bearing(_token(iss="else")),
    "another algorithm": bearing(_token(algorithm="HS512")),
    "another secret": bearing(_token(key="another secret, also long enough to be one")),
    "no signature": bearing(jwt.encode({"sub": "user:alice"}, None, algorithm="none")),
    "an API key that is none": bearing("sw_acme_0198c0de00007000800000000000ffff_" + "A" * 43),
}


@pytest.mark.parametrize("who", NOBODIES)
def test_no_route_knows_nobody(who: str, document: dict[str, Any]) -> None:
    fakes = Fakes()
    with api(fakes) as client:
        client.headers.pop("authorization")
        for operation in operations(document):
            method, _, path = operation.partition(" ")
            target = "/api/v1" + _filled(path, {"case_id": NOT_THERE})
            answer = client.request(method, target, headers=NOBODIES[who], json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (operation, answer.text)
    assert fakes.desk.seen == []


def _filled(path: str, known: dict[str, str]) -> str:
    ids = dict.fromkeys(("attachment_id", "key_id", "view_id", "entry_id", "export_id"), NOT_THERE)
    return path.format(
        **{"name": "expense_claim", "field": "currency", "event": "triage", "entry_hash": "0" * 64, **ids, **known}
    )


async def _opened(http: AsyncClient, event: str = "submit") -> str:
    made = await http.post("/api/v1/cases", json={**CLAIM, "event": event}, headers=headers("creator"))
    assert made.status_code == 201, made.text
    return str(made.json()["case"]["id"])


async def _sent(http: AsyncClient, operation: str, case_id: str, who: dict[str, str], **known: str) -> Any:
    """A request that is right for the route, about a case."""
    method, _, path = operation.partition(" ")
    name = "decision" if "/slas/" in path else known.pop("id", "999") if method == "DELETE" else "expense_claim"
    target = "/api/v1" + _filled(path, {"case_id": case_id, "name": name, **known})
    other = known.get("other", case_id)
    number = next(NUMBERS)
    line = {"role": f"role:r{number}", "case_type": "permit", "act": "add_note", "effect": "allow"}
    view = {"title": f"View {number}", "shared": True, "shows": {}}
    bodies: dict[str, Any] = {
        "POST /exports": {"format": "csv"},
        "POST /views": view,
        "PUT /views/{view_id}": view,
        "POST /cases": CLAIM,
        "POST /cases/{case_id}/events": NOTE,
        "POST /events": {"attempts": [{"case_id": case_id, **NOTE}]},
        "POST /cases/{case_id}/assignment": {"assignee": "user:carl"},
        "POST /cases/{case_id}/comments": {"text": "seen"},
        "POST /cases/{case_id}/corrections": {"data": {"amount_cents": 1_000 + number}, "reason": "mistyped"},
        "POST /cases/{case_id}/roles": {"give": [{"role": "[reviewer]", "subject": "user:carl"}]},
        "POST /cases/{case_id}/links": {"type": "relates_to", "to": other},
        "POST /next-case": {"case_type": "expense_claim"},
        "POST /sla/simulate": {"clock": {"target": "8h"}, "moments": [{"at": "2026-04-02T15:30:00Z", "do": "start"}]},
        "POST /policies": {"lines": [line]},
        "POST /policies/preview": {"lines": [line]},
        "POST /role-assignments": {"assignments": [{"user": f"user:u{number}", "role": "role:clerk"}]},
        "POST /api-keys": {"title": "A key", "subject": "service:import", "roles": ["role:clerk"]},
    }
    queries: dict[str, Any] = {
        "/whocan": {"case": case_id, "event": "triage"},
        "/audit/consistency": {"from": 0, "to": 1},
    }
    if operation in ("POST /cases/{case_id}/attachments", "POST /files"):
        file = {"name" if operation == "POST /files" else "file_name": "a.txt"}
        return await http.post(target, content=b"a receipt", params=file, headers={**who, "content-type": "text/plain"})
    return await http.request(method, target, json=bodies.get(operation), params=queries.get(path), headers=who)


@pytest.mark.parametrize("operation", MAY)
async def test_every_route_lets_in_whom_the_table_says(house: Assembly, operation: str) -> None:
    await naming_reviewers(house)
    async with client_without_credential(house) as http:
        if "/exports" in operation:
            await _opened(http)
            await house.ledger.sequence()
        case_id, known = await _about(http, operation)
        if "/audit/" in operation:
            await house.ledger.sequence()
            await signer(house.store, None).look()
        for number, caller in enumerate(sorted(CALLERS)):
            if number and not operation.startswith("GET") and "{export_id}" not in operation:  # of those three at once
                case_id, known = await _about(http, operation)
            if operation.endswith("/release"):
                await http.post(f"/api/v1/cases/{case_id}/claim", headers=headers(caller))
            answer = await _sent(http, operation, case_id, headers(caller), **known)
            if caller in MAY[operation]:
                assert answer.is_success, (caller, answer.text)
            else:
                of_a_case = "{case_id}" in operation or "/audit/" in operation or operation == "GET /whocan"
                hidden = caller in ("stranger", "auditor") and of_a_case
                others = "{export_id}" in operation
                assert answer.status_code == (404 if hidden or others else 403), (caller, answer.text)


async def _about(http: AsyncClient, operation: str) -> tuple[str, dict[str, str]]:
    """A case, and what else the operation needs: once for all who read, and for each who may change it."""
    case_id, known = await _opened(http), {}
    if operation == "POST /cases/{case_id}/links":
        known["other"] = await _opened(http)
    if "attachment_id" in operation:
        made = (await _sent(http, "POST /cases/{case_id}/attachments", case_id, headers("creator"))).json()
        known["attachment_id"] = made["attachment"]["id"]
    if "{entry_" in operation:
        [entry] = (await _sent(http, "GET /cases/{case_id}/audit", case_id, headers("creator"))).json()["items"]
        known |= {name: entry[name] for name in ("entry_id", "entry_hash")}
    if operation.startswith("DELETE") or "view_id" in operation or "export_id" in operation:
        known |= await _made(http, operation)
    return case_id, known


async def _made(http: AsyncClient, operation: str) -> dict[str, str]:
    """Something of an administrator, to take away or to look at."""
    whose = headers("auditor" if "/exports" in operation else "admin")
    made = await _sent(http, f"POST {operation.partition('/{')[0].partition(' ')[2]}", "", whose)
    told = made.json()
    if "/exports" in operation:
        return {"export_id": told["id"]}
    if "api-keys" in operation:
        return {"key_id": told["id"]}
    if "views" in operation:
        return {"view_id": told["id"]}
    return {"id": str(next(iter(_ids(told))))}


def _ids(told: Any) -> Iterable[Any]:
    if isinstance(told, dict):
        yield from ([told["id"]] if isinstance(told.get("id"), int) else [])
        for inner in told.values():
            yield from _ids(inner)
    if isinstance(told, list):
        for inner in told:
            yield from _ids(inner)


@pytest.mark.parametrize("operation", [one for one in (*MAY, *FORMS, *STREAMS) if "{case_id}" in one])
async def test_a_case_of_another_tenant_is_as_if_it_were_not_there(house: Assembly, operation: str) -> None:
    async with client_without_credential(house) as http:
        theirs = await _opened(http)
        for caller in sorted(CALLERS):
            who = headers(caller, tenant="globex")
            answers = [await _sent(http, operation, case_id, who) for case_id in (theirs, NOT_THERE)]
            assert _comparable(answers[0], theirs) == _comparable(answers[1], NOT_THERE), caller
            assert answers[0].status_code == 404, (caller, answers[0].text)


def _comparable(answer: Any, case_id: str) -> tuple[int, str]:
    told = {name: value for name, value in answer.json().items() if name != "request_id"}
    return answer.status_code, json.dumps(told, sort_keys=True).replace(case_id, "ID")


@pytest.mark.parametrize("operation", ["GET /cases", "GET /audit", "POST /next-case", "POST /events"])
async def test_nothing_of_another_tenant_is_in_what_is_shown(house: Assembly, operation: str) -> None:
    async with client_without_credential(house) as http:
        theirs = await _opened(http)
        for caller in sorted(CALLERS):
            told = await _sent(http, operation, theirs, headers(caller, tenant="globex"))
            assert told.is_success
            if operation == "POST /events":
                assert told.json()["results"][0]["problem"]["code"] == "not_found"
            else:
                assert theirs not in told.text


async def test_every_role_may_fire_in_every_state_what_the_table_says(house: Assembly) -> None:
    events = declared().case_types["expense_claim"].events
    assert set(events) == set(FIRES)
    async with client_without_credential(house) as http:
        case_id = await _opened(http, "save")
        for state, ways in WAYS.items():
            for caller, event in ways:
                moved = await http.post(_events(case_id), json={"event": event}, headers=headers(caller))
                assert moved.status_code == 200, (state, moved.text)
            for caller in sorted(READERS):
                told = await http.get(_events(case_id), headers=headers(caller))
                shown = {one["event"] for one in told.json()["events"]}
                assert shown == {
                    event for event, (who, states) in FIRES.items() if caller in who and state in states
                }, (state, caller)
            for caller in sorted(CALLERS):
                for event in events:
                    await _is_tried(http, case_id, caller, event)


async def _is_tried(http: AsyncClient, case_id: str, caller: str, event: str) -> None:
    """By a version that the case never had: the policy is asked before it, so nothing ever moves."""
    told = headers(caller) | {"If-Match": '"999"'}
    answer = await http.post(_events(case_id), json={"event": event, "reason": "tried"}, headers=told)
    wanted = 412 if caller in FIRES[event][0] else 404 if caller in ("stranger", "auditor") else 403
    assert answer.status_code == wanted, (caller, event, answer.text)


def _events(case_id: str) -> str:
    return f"/api/v1/cases/{case_id}/events"
