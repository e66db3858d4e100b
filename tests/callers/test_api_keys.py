"""API keys: made and revoked by who administers the tenant, good for what they say, until the very request after."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.services.callers.key_callers import KeyCallers
from app.services.store.failures import StoreUnavailable
from app.services.store.stored import PolicyChange, PolicyLine
from tests.calling import bearing, signed_in
from tests.databases import MOSTLY_SQLITE
from tests.house import CLAIM, another_process, entries, rows
from tests.over_http import client_without_credential

KEYS = "/api/v1/api-keys"
CASES = "/api/v1/cases"
CLAIMS = {"case_type": "expense_claim", "event": "submit", "data": CLAIM}
INCIDENTS = {"case_type": "incident", "event": "report", "data": {"summary": "It burns", "priority": 3}}
ROOT = signed_in("root", "admin")
NO_ACT = "is no act of any case type that the key is for"
WANTED = {"title": "Import", "subject": "service:import", "roles": ["role:clerk"]}


@pytest.fixture
async def client(house):
    async with client_without_credential(house) as client:
        yield client


async def made(client, **changed):
    answer = await client.post(KEYS, json=WANTED | changed, headers=ROOT)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def opened(client, credential, body=CLAIMS):
    return await client.post(CASES, json=body, headers=bearing(credential))


async def test_a_key_acts_as_its_subject_and_the_log_says_which_key_it_was(client, database):
    key = await made(client)
    answer = await opened(client, key["key"])
    assert answer.status_code == 201, answer.text
    entry = (await entries(database, "opened"))[0]
    assert entry["actor"] == {
        "reference": "service:import",
        "roles": ["role:clerk"],
        "authenticated": f"api_key:{key['id']}",
        "on_behalf_of": None,
    }


async def test_a_key_is_shown_once_and_kept_as_a_hash(client, database):
    key = (await made(client))["key"]
    listed = (await client.get(KEYS, headers=ROOT)).text
    kept = json.dumps([await rows(database, f"SELECT * FROM {t}") for t in ("api_key", "audit_entry")], default=str)
    assert key[-43:] not in listed
    assert key[-43:] not in kept


async def test_making_and_revoking_are_entries_of_the_tenants_log(client, database):
    key = await made(client, acts=["submit"], case_types=["expense_claim"], expires_at="2099-01-01T00:00:00+01:00")
    for _ in range(2):
        answer = await client.delete(f"{KEYS}/{key['id']}", headers=ROOT)
        assert (answer.status_code, answer.json()["revoked_by"]) == (200, "user:root")
    made_one, revoked = await entries(database, "api_key")
    assert made_one["api_key"] == {
        "how": "made",
        "id": key["id"],
        "subject": "service:import",
        "roles": ["role:clerk"],
        "acts": ["submit"],
        "case_types": ["expense_claim"],
        "expires_at": "2098-12-31T23:00:00.000000Z",
    }
    assert (revoked["tenant"], revoked["api_key"]["how"], revoked["actor"]["reference"]) == (
        "acme",
        "revoked",
        "user:root",
    )
    assert list(made_one["fields"]) == ["/title"]  # for people, so that it can be erased


async def test_a_key_that_is_revoked_on_one_process_is_nobody_in_the_next_request_on_another(client, database):
    key = await made(client)
    async with another_process(database) as other, client_without_credential(other) as there:
        assert (await opened(there, key["key"])).status_code == 201
        assert (await there.get("/api/v1/case-types", headers=bearing(key["key"]))).status_code == 200
        await client.delete(f"{KEYS}/{key['id']}", headers=ROOT)
        for answer in (
            await opened(there, key["key"]),
            await there.get("/api/v1/case-types", headers=bearing(key["key"])),
            await there.get(CASES, headers=bearing(key["key"])),
            await opened(client, key["key"]),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_in_the_middle_of_traffic_nothing_of_a_key_applies_that_was_sent_after_it_was_revoked(client, database):
    key = await made(client)
    async with another_process(database) as other, client_without_credential(other) as there:
        before = [asyncio.create_task(opened(there, key["key"])) for _ in range(10)]
        await client.delete(f"{KEYS}/{key['id']}", headers=ROOT)
        after = await asyncio.gather(*(opened(there, key["key"]) for _ in range(10)))
        assert {answer.status_code for answer in after} == {401}
        assert {answer.status_code for answer in await asyncio.gather(*before)} <= {201, 401}


async def test_only_who_administers_the_tenant_manages_keys_and_others_are_logged(client, database):
    key = await made(client)
    clerk = signed_in("carl", "clerk")
    for answer in (
        await client.post(KEYS, json=WANTED, headers=clerk),
        await client.get(KEYS, headers=clerk),
        await client.delete(f"{KEYS}/{key['id']}", headers=clerk),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "denied")
        assert "role:admin" in answer.json()["reasons"][0]["remedy"]
    denied = await entries(database, "denied")
    assert [(entry["api_key"]["how"], entry["act"], entry["actor"]["reference"]) for entry in denied] == [
        (how, "case:admin", "user:carl") for how in ("make", "list", "revoke")
    ]
    assert len((await client.get(KEYS, headers=ROOT)).json()["items"]) == 1


async def test_a_key_of_another_tenant_is_as_if_it_were_not_there(client):
    key = await made(client)
    there = signed_in("root", "admin", tenant="globex")
    foreign = await client.delete(f"{KEYS}/{key['id']}", headers=there)
    absent = await client.delete(f"{KEYS}/0198c0de-0000-7000-8000-00000000ffff", headers=there)
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert (await client.get(KEYS, headers=there)).json()["items"] == []
    borrowed = key["key"].replace("sw_acme_", "sw_globex_")
    assert (await opened(client, borrowed)).status_code == 401
    assert (await opened(client, key["key"])).status_code == 201


@pytest.mark.parametrize("place", [-1, 8, 40])
async def test_a_key_with_one_letter_changed_is_nobody(client, place):
    key = (await made(client))["key"]
    letters = list(key)
    letters[place] = "0" if letters[place] != "0" else "1"
    assert (await opened(client, "".join(letters))).status_code == 401


async def test_what_is_outside_of_its_scope_is_denied_with_a_reason_and_logged(client, database):
    narrow = {"acts": ["report"], "case_types": ["incident"]}
    key = (await made(client, roles=["role:admin"], **narrow))["key"]
    assert (await opened(client, key, INCIDENTS)).status_code == 201
    answer = await opened(client, key)
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    (denied,) = await entries(database, "denied")
    assert denied["refused_by"] == [{"code": "scope"}]
    assert (await client.get(KEYS, headers=bearing(key))).json()["reasons"][-1]["code"] == "scope"


async def test_the_reason_names_what_the_key_is_not_for(client):
    key = (await made(client, acts=["submit", "case:read"]))["key"]
    case = (await opened(client, key)).json()["case"]
    answer = await client.post(f"{CASES}/{case['id']}/events", json={"event": "triage"}, headers=bearing(key))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert answer.json()["reasons"][-1]["message"] == "The API key is not for “Take into review” on expense_claim."
    possible = await client.get(f"{CASES}/{case['id']}/events?explain=true", headers=bearing(key))
    assert possible.json()["events"] == []


async def test_lists_and_cases_show_only_what_the_scope_covers(client):
    wide = (await made(client, roles=["role:admin", "role:clerk"]))["key"]
    claim = (await opened(client, wide)).json()["case"]["id"]
    incident = (await opened(client, wide, INCIDENTS)).json()["case"]["id"]

    async def seen(**scope):
        key = bearing((await made(client, roles=["role:admin"], **scope))["key"])
        listed = (await client.get(CASES, headers=key)).json()["items"]
        read = [(await client.get(f"{CASES}/{one}", headers=key)).status_code for one in (claim, incident)]
        return {case["id"] for case in listed}, read

    assert await seen() == ({claim, incident}, [200, 200])
    assert await seen(case_types=["incident"]) == ({incident}, [404, 200])
    assert await seen(acts=["submit"]) == (set(), [404, 404])
    assert await seen(case_types=[]) == (set(), [404, 404])


async def test_a_creator_sees_its_own_within_its_scope_only(client):
    both = (await made(client))["key"]
    claim = (await opened(client, both)).json()["case"]["id"]
    narrow = bearing((await made(client, case_types=["incident"]))["key"])
    assert (await client.get(CASES, headers=narrow)).json()["items"] == []
    assert (await client.get(f"{CASES}/{claim}", headers=narrow)).status_code == 404


async def test_a_key_that_may_acts_on_behalf_of_others_and_both_are_recorded(client, database):
    attempt = {"case_type": "expense_claim", "reference": "E-1", "event": "submit", "data": CLAIM}
    attempt |= {"on_behalf_of": {"actor": "user:zoe", "roles": []}, "occurred_at": "2026-01-01T00:00:00Z"}

    async def results(**scope):
        key = (await made(client, **scope))["key"]
        answer = await client.post("/api/v1/events", json={"attempts": [attempt]}, headers=bearing(key))
        return answer.json()["results"][0]

    assert (await results())["status"] in (403, 404)
    assert (await results(roles=["role:admin"], acts=["submit"]))["status"] in (403, 404)
    assert (await results(roles=["role:admin"], acts=["case:admin"]))["status"] in (403, 404)
    assert (await results(roles=["role:admin"], acts=["submit", "case:admin"]))["status"] == 201
    (entry,) = await entries(database, "opened")
    assert (entry["actor"]["reference"], entry["actor"]["on_behalf_of"]) == ("service:import", "user:zoe")
    assert entry["actor"]["authenticated"].startswith("api_key:")


async def test_a_key_changes_neither_the_policy_nor_who_has_which_role(client, database):
    """What it gave would outlive its revocation; it may read and preview."""
    key = bearing((await made(client, roles=["role:admin"]))["key"])
    line = {"role": "*", "case_type": "*", "act": "case:admin", "effect": "allow"}
    mallory = {"assignments": [{"user": "user:mallory", "role": "role:admin"}]}
    for path, body in (("/policies", {"lines": [line]}), ("/role-assignments", mallory)):
        refused = await client.post(f"/api/v1{path}", json=body, headers=key)
        assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (403, "scope"), refused.text
    listed = (await client.get("/api/v1/policies", headers=ROOT)).json()["items"]
    assert (await client.delete(f"/api/v1/policies/{listed[0]['id']}", headers=key)).status_code == 403
    assert (await client.get("/api/v1/policies", headers=key)).status_code == 200
    denied = [entry for entry in await entries(database, "denied") if entry["actor"]["reference"] == "service:import"]
    assert [entry["code"] for entry in denied] == ["denied"] * 3


async def test_a_key_makes_no_other_key_but_may_revoke_one(client):
    key = await made(client, roles=["role:admin"])
    answer = await client.post(KEYS, json=WANTED, headers=bearing(key["key"]))
    assert (answer.status_code, answer.json()["reasons"][-1]["code"]) == (403, "scope")
    assert (await client.delete(f"{KEYS}/{key['id']}", headers=bearing(key["key"]))).status_code == 200
    assert (await client.get(KEYS, headers=bearing(key["key"]))).status_code == 401


async def test_a_key_may_be_of_a_user_and_then_holds_the_users_roles(client, house, database):
    async with house.store.transaction("acme") as tx:
        await tx.change_policy(
            PolicyChange(add=[PolicyLine(kind="g", role="user:alice", tenant="acme", obj="role:clerk")])
        )
    key = await made(client, subject="user:alice", roles=[])
    await opened(client, key["key"])
    (entry,) = await entries(database, "opened")
    assert (entry["actor"]["reference"], entry["actor"]["roles"]) == ("user:alice", ["role:clerk"])


async def test_a_key_expires(client, database):
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    key = await made(client, expires_at=soon)
    assert (await opened(client, key["key"])).status_code == 201
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    answer = await client.post(KEYS, json=WANTED | {"expires_at": past}, headers=ROOT)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "expires_at")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "import"},
        {"subject": "system:sla"},
        {"subject": "role:admin"},
        {"roles": ["clerk"]},
        {"roles": ["[creator]"]},
        {"acts": ["*"]},
        {"acts": ["case:"]},
        {"case_types": ["*"]},
        {"case_types": ["Claim"]},
        {"title": ""},
        {"title": "a\nb"},
        {"expires_at": "tomorrow"},
        {"expires_at": "2200-01-01T00:00:00Z"},
        {"expires_at": "9999-12-31T23:59:59Z"},
        {"expires_at": "1899-12-31T23:59:59Z"},
        {"hash": "ab"},
    ],
)
@pytest.mark.parametrize("database", MOSTLY_SQLITE, indirect=True)
async def test_a_key_that_makes_no_sense_is_not_made(client, wrong):
    answer = await client.post(KEYS, json=WANTED | wrong, headers=ROOT)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(next(iter(wrong)))


@pytest.mark.parametrize(
    ("scope", "field", "message"),
    [
        (
            {"acts": ["aprove"]},
            "acts",
            "`aprove` is no act of any case type that the key is for; did you mean `approve`?",
        ),
        (
            {"acts": ["case:raed"]},
            "acts",
            "`case:raed` is no act of any case type that the key is for; did you mean `case:read`?",
        ),
        ({"acts": ["submit", "report"], "case_types": ["incident"]}, "acts", "`submit` is no act of incident; "),
        ({"acts": ["case:read"], "case_types": []}, None, ""),
        ({"acts": ["report"], "case_types": []}, "acts", f"`report` {NO_ACT}; "),
        ({"case_types": ["incidnet"]}, "case_types", "`incidnet` is not a case type; did you mean `incident`?"),
        ({"acts": ["save", "submit", "case:audit", "report"]}, None, ""),
    ],
)
@pytest.mark.parametrize("database", MOSTLY_SQLITE, indirect=True)
async def test_a_key_is_for_acts_and_case_types_that_there_are(client, scope, field, message):
    answer = await client.post(KEYS, json=WANTED | scope, headers=ROOT)
    assert answer.status_code == (201 if field is None else 422), answer.text
    told = answer.json().get("errors", [])
    assert [(one["field"], one["message"].startswith(message)) for one in told] == ([(field, True)] if field else [])


async def test_who_may_make_no_keys_is_told_nothing_of_what_there_is(client, database):
    answer = await client.post(KEYS, json=WANTED | {"acts": ["aprove"]}, headers=signed_in("carl", "clerk"))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert [entry["api_key"]["how"] for entry in await entries(database, "denied")] == ["make"]


async def test_keys_are_listed_a_page_at_a_time(client):
    ids = [(await made(client))["id"] for _ in range(3)]
    first = (await client.get(f"{KEYS}?limit=2", headers=ROOT)).json()
    assert [key["id"] for key in first["items"]] == ids[:2]
    second = (await client.get(f"{KEYS}?limit=2&after={first['next_after']}", headers=ROOT)).json()
    assert ([key["id"] for key in second["items"]], second["next_after"]) == (ids[2:], None)
    assert (await client.get(f"{KEYS}?after=x", headers=ROOT)).status_code == 422


async def test_when_a_key_was_last_used_is_written_down_later_and_not_for_a_wrong_secret(client, house):
    used, tried = await made(client), await made(client)
    await opened(client, used["key"])
    await opened(client, tried["key"][:-1] + ("A" if tried["key"][-1] != "A" else "B"))
    await house.keys.note_uses()
    listed = {key["id"]: key for key in (await client.get(KEYS, headers=ROOT)).json()["items"]}
    assert listed[used["id"]]["last_used_at"] > used["created_at"]
    assert listed[tried["id"]]["last_used_at"] is None


class SlowStore:
    """Counts the questions, and answers when told to."""

    def __init__(self):
        self.asked = []
        self.gate = asyncio.Event()
        self.error = None

    async def live_api_keys(self, keys):
        self.asked.append(len(keys))
        await self.gate.wait()
        if self.error:
            raise self.error
        return {}, datetime.now(UTC)


def text(n):
    return f"sw_acme_{n:032x}_{'A' * 43}"


async def test_all_who_come_while_a_question_is_on_its_way_share_the_next_one():
    store = SlowStore()
    callers = KeyCallers(store)
    asking = [asyncio.create_task(callers.actor(text(0)))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking += [asyncio.create_task(callers.actor(text(n % 7))) for n in range(50)]
    await asyncio.sleep(0)
    store.gate.set()
    assert len(await asyncio.gather(*asking, return_exceptions=True)) == 51
    assert store.asked == [1, 7]


async def test_a_store_that_cannot_be_asked_lets_nobody_in_and_is_asked_again():
    store = SlowStore()
    store.gate.set()
    callers = KeyCallers(store)
    store.error = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        await callers.actor(text(1))
    store.error = None
    with pytest.raises(Exception, match="not there"):
        await callers.actor(text(1))
