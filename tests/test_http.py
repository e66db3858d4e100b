"""The calls of the HTTP border: what reaches the services, and how their answers look."""

import hashlib
from datetime import UTC, datetime

import pytest
import rfc8785

from app.domain.case import Opens
from app.domain.errors import (
    Conflict,
    Denied,
    GuardRefused,
    NotFound,
    Reason,
    Unavailable,
    VersionConflict,
    WrongState,
)
from app.http.services import Readiness
from app.services.answer import Answer, case_json
from app.services.ports import StoredEntry, StoreUnavailable
from app.services.views import Possible, PossibleEvent, RefusedEvent
from tests.fake_services import CASE, CASE_ID, FOREIGN_ID, RECEIPT, Fakes, api

CASES = "/api/v1/cases"
EVENTS = f"{CASES}/{CASE_ID}/events"
OPEN = {"case_type": "expense_claim", "data": {"amount_cents": 4200}}
REASON = Reason("role", "You hold none of the roles.", "Ask a role:manager.", {"roles": ["role:manager"]})


@pytest.fixture
def fakes():
    return Fakes()


@pytest.fixture
def client(fakes):
    with api(fakes) as client:
        yield client


def test_opening_a_case_answers_with_the_case_its_place_and_a_receipt(client, fakes):
    answer = client.post(CASES, json={**OPEN, "event": "submit", "reference": "EXP-1"})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{CASES}/{CASE_ID}"
    assert answer.headers["etag"] == '"3"'
    receipt = {"entry_id": RECEIPT.entry_id, "case_seq": 4, "entry_hash": RECEIPT.entry_hash}
    assert answer.json() == {"case": case_json(CASE), "receipt": receipt}
    [attempt] = fakes.desk.seen
    assert (attempt.actor.id, attempt.tenant, attempt.actor.roles) == ("user:alice", "acme", {"role:clerk"})
    assert (attempt.opens, attempt.event, attempt.reference) == (Opens.ALWAYS, "submit", "EXP-1")
    assert attempt.entry_id != attempt.new_case_id


def test_an_event_reaches_the_desk_with_the_version_that_the_caller_saw(client, fakes):
    answer = client.post(
        EVENTS,
        json={"event": "approve", "payload": {"note": "fine"}},
        headers={"If-Match": '"3"', "X-Request-Id": "a-1"},
    )
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"3"'
    assert answer.headers["x-request-id"] == "a-1"
    [attempt] = fakes.desk.seen
    assert (attempt.case_id, attempt.event, attempt.payload) == (CASE_ID, "approve", {"note": "fine"})
    assert (attempt.if_version, attempt.request_id, attempt.opens) == (3, "a-1", Opens.NEVER)


def test_the_case_is_left_out_for_those_who_may_not_read_it(client, fakes):
    fakes.desk.decide = lambda _: Answer(RECEIPT, None)
    answer = client.post(EVENTS, json={"event": "approve"})
    assert answer.status_code == 200
    assert list(answer.json()) == ["receipt"]
    assert "etag" not in answer.headers


def test_any_version_will_do_for_a_star(client, fakes):
    client.post(EVENTS, json={"event": "approve"}, headers={"If-Match": "*"})
    assert fakes.desk.seen[0].if_version is None


def test_the_fingerprint_is_of_the_canonical_call_and_body(client, fakes):
    body = {"payload": {"b": 1, "a": 2.0}, "event": "approve"}
    client.post(EVENTS, json=body, headers={"Idempotency-Key": '"k 1"'})
    client.post(EVENTS, json=dict(reversed(body.items())), headers={"Idempotency-Key": "k 1", "If-Match": '"9"'})
    first, second = (attempt.idempotency for attempt in fakes.desk.seen)
    assert first == second
    told = [f"POST /cases/{CASE_ID}/events", body]
    assert (first.key, first.fingerprint) == ("k 1", hashlib.sha256(rfc8785.dumps(told)).hexdigest())


def test_another_body_has_another_fingerprint(client, fakes):
    headers = {"Idempotency-Key": "k"}
    for body in ({"event": "approve"}, {"event": "reject"}, {"event": "approve", "payload": {}}):
        client.post(EVENTS, json=body, headers=headers)
    client.post(f"{CASES}/{FOREIGN_ID}/events", json={"event": "approve"}, headers=headers)
    assert len({attempt.idempotency.fingerprint for attempt in fakes.desk.seen}) == 4


def test_an_answer_given_again_is_the_same_but_says_so(client, fakes):
    first = client.post(EVENTS, json={"event": "approve"})
    fakes.desk.decide = lambda _: Answer(RECEIPT, case_json(CASE), replayed=True)
    again = client.post(EVENTS, json={"event": "approve"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


def test_a_refusal_given_again_says_so_too(client, fakes):
    fakes.desk.refuse(WrongState("It is paid.", reasons=(REASON,)), replayed=True)
    answer = client.post(EVENTS, json={"event": "approve"})
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (409, "true")


@pytest.mark.parametrize("error", [Denied, WrongState, GuardRefused])
def test_a_refusal_says_why_and_what_would_help(client, fakes, error):
    fakes.desk.refuse(error("No.", reasons=(REASON,)))
    answer = client.post(EVENTS, json={"event": "approve"})
    assert answer.status_code == (403 if error is Denied else 409)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == error.code
    assert answer.json()["type"] == f"urn:stateward:problem:{error.code}"
    assert answer.json()["reasons"] == [
        {"code": "role", "message": REASON.message, "remedy": REASON.remedy, "roles": ["role:manager"]}
    ]


def test_a_conflict_names_the_case_and_a_late_caller_learns_the_version(client, fakes):
    fakes.desk.refuse(Conflict("It exists.", extra={"case_id": CASE_ID}))
    answer = client.post(CASES, json=OPEN)
    assert (answer.status_code, answer.json()["case_id"]) == (409, CASE_ID)
    fakes.desk.refuse(VersionConflict("Somebody was faster.", extra={"current_version": 4}))
    answer = client.post(EVENTS, json={"event": "approve"}, headers={"If-Match": '"3"'})
    assert (answer.status_code, answer.json()["current_version"]) == (412, 4)


def test_a_batch_has_a_result_per_attempt_in_order(client, fakes):
    def decide(attempt):
        if attempt.event == "reject":
            return Answer(error=Denied("No.", reasons=(REASON,)))
        return Answer(RECEIPT, case_json(CASE), opened=attempt.opens is Opens.IF_ABSENT)

    fakes.desk.decide = decide
    attempts = [
        {"case_id": CASE_ID.upper(), "event": "approve", "if_version": 3},
        {"case_id": CASE_ID, "event": "reject"},
        {"case_type": "expense_claim", "reference": "EXP-2", "event": "submit", "data": {"amount_cents": 1}},
    ]
    answer = client.post("/api/v1/events", json={"attempts": attempts})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [200, 403, 201]
    assert [sorted(result) for result in results] == [
        ["case", "receipt", "status"],
        ["problem", "status"],
        ["case", "receipt", "status"],
    ]
    assert results[1]["problem"]["code"] == "denied"
    first, _, third = fakes.desk.seen
    assert (first.case_id, first.if_version, first.opens) == (CASE_ID, 3, Opens.NEVER)
    assert (third.opens, third.reference, third.data) == (Opens.IF_ABSENT, "EXP-2", {"amount_cents": 1})
    assert len({attempt.entry_id for attempt in fakes.desk.seen}) == 3


def test_an_importer_says_when_it_happened_and_who_did_it(client, fakes):
    attempt = {
        "case_id": CASE_ID,
        "event": "approve",
        "occurred_at": "2026-01-31T10:00:00.5+01:00",
        "on_behalf_of": {"actor": "user:bob", "roles": ["role:manager"]},
        "idempotency_key": "line 7",
    }
    without_roles = {**attempt, "on_behalf_of": {"actor": "user:bob"}}
    client.post("/api/v1/events", json={"attempts": [attempt, without_roles]})
    first, second = fakes.desk.seen
    assert first.occurred_at == datetime(2026, 1, 31, 9, 0, 0, 500_000, tzinfo=UTC)
    assert (first.acting, first.on_behalf_of.roles) == ("user:bob", {"role:manager"})
    assert second.on_behalf_of.roles is None
    assert first.idempotency.key == "line 7"


def test_a_batch_that_is_wrong_in_one_place_does_nothing(client, fakes):
    right, wrong = {"case_id": CASE_ID, "event": "approve"}, {"case_id": CASE_ID, "event": 7}
    answer = client.post("/api/v1/events", json={"attempts": [right, right, wrong]})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["attempts.2.event"]
    assert fakes.desk.seen == []


def test_a_batch_takes_a_thousand_attempts_and_no_more(client, fakes):
    attempt = {"case_id": CASE_ID, "event": "approve"}
    assert client.post("/api/v1/events", json={"attempts": [attempt] * 1000}).status_code == 200
    assert client.post("/api/v1/events", json={"attempts": [attempt] * 1001}).status_code == 422
    assert len(fakes.desk.seen) == 1000


def test_an_empty_batch_has_no_results(client):
    assert client.post("/api/v1/events", json={"attempts": []}).json() == {"results": []}


def test_a_case_is_read_with_its_version_as_etag(client):
    answer = client.get(f"{CASES}/{CASE_ID}")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert answer.json() == case_json(CASE)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("call", ["", "/events", "/audit"])
def test_a_foreign_case_an_unknown_one_and_no_id_at_all_look_the_same(client, fakes, call):
    fakes.desk.decide = lambda attempt: Answer(error=NotFound(f"there is no case {attempt.case_id}"))
    found = {client.get(f"{CASES}/{name}{call}").content for name in (FOREIGN_ID, "0" * 36, "nonsense", "%00", "é")}
    fired = {client.post(f"{CASES}/{name}/events", json={"event": "x"}).content for name in (FOREIGN_ID, "nonsense")}
    assert len(found | fired) == 1
    assert b"not_found" in found.pop()


def test_filters_reach_the_service(client, fakes):
    answer = client.get(f"{CASES}?case_type=expense_claim&state=review&reference=EXP-9&sort=-urgency&limit=7&cursor=c")
    assert answer.json() == {"items": [], "next_cursor": "more"}
    wanted = fakes.cases.wanted
    assert (wanted.case_type, wanted.state, wanted.reference) == ("expense_claim", "review", "EXP-9")
    assert (wanted.sort, wanted.limit, wanted.cursor, wanted.team) == ("-urgency", 7, "c", None)


def test_possible_events_are_explained_on_request(client, fakes):
    fakes.cases.possible_now = Possible(
        [PossibleEvent("approve", "Approve", None, {"type": "object"}, None, "payload")],
        [RefusedEvent("pay", None, (REASON,), ("role:manager",))],
    )
    plain = client.get(EVENTS).json()
    assert list(plain) == ["events"]
    assert plain["events"][0]["needs"] == "payload"
    explained = client.get(f"{EVENTS}?explain=true").json()
    assert explained["refused"][0]["who_could"] == ["role:manager"]
    assert explained["refused"][0]["reasons"][0]["remedy"] == REASON.remedy


def test_the_log_of_a_case_is_paged_and_shows_the_sealed_text(client, fakes):
    sealed = '{"at":"2026-11-20T08:00:00.000000Z","kind":"opened"}'
    fakes.cases.entries = [StoredEntry(CASE_ID, seq, sealed, "aa" * 32, {"/data/iban": "DE"}) for seq in (1, 2, 3)]
    fakes.cases.entries.append(StoredEntry(FOREIGN_ID, None, sealed, "bb" * 32, {}))
    audit = f"{CASES}/{CASE_ID}/audit"
    page = client.get(f"{audit}?limit=2")
    assert sealed in page.text
    assert [entry["case_seq"] for entry in page.json()["items"]] == [1, 2]
    assert page.json()["items"][0]["values"] == {"/data/iban": "DE"}
    last = client.get(f"{audit}?limit=2&after={page.json()['next_after']}").json()
    assert ([entry["case_seq"] for entry in last["items"]], last["next_after"]) == ([3], None)
    denied = client.get(f"{audit}?denied=true&limit=1").json()
    assert ([entry["case_seq"] for entry in denied["items"]], denied["next_after"]) == ([None], FOREIGN_ID)


def test_case_types_are_listed_shown_and_drawn(client):
    [item] = client.get("/api/v1/case-types").json()["items"]
    assert item["opening"] == [{"event": "submit", "to": "submitted"}]
    assert [state["state"] for state in item["states"]] == [
        "submitted",
        "review",
        "review.first_line",
        "review.second_line",
        "paid",
    ]
    full = client.get("/api/v1/case-types/expense_claim").json()
    assert full["data_schema"]["required"] == ["amount_cents"]
    assert full["events"][0]["transitions"][0]["from"] == ["submitted", "review"]
    drawn = client.get("/api/v1/case-types/expense_claim/diagram", headers={"Accept": "image/*"})
    assert drawn.headers["content-type"] == "image/svg+xml"
    source = client.get("/api/v1/case-types/expense_claim/diagram?format=mermaid")
    assert (source.headers["content-type"], source.text) == ("text/plain; charset=utf-8", "stateDiagram-v2")
    assert client.get("/api/v1/case-types/nonsense").status_code == 404
    assert client.get("/api/v1/case-types/nonsense/diagram").status_code == 404


def test_a_process_that_lives_may_still_not_be_ready(client, fakes):
    assert client.get("/readyz").json()["details"] == {"database": "SQLite 3.51.3"}
    fakes.ready = Readiness(False, problems=("the schema is old: run migrate",))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["problems"] == ["the schema is old: run migrate"]
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("error", [StoreUnavailable("postgresql://secret"), Unavailable("Try again.")])
def test_a_store_that_is_away_is_a_503_that_asks_to_come_again(client, fakes, error):
    fakes.cases.raises = error
    answer = client.get(f"{CASES}/{CASE_ID}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "secret" not in answer.text


def test_what_nobody_expected_is_logged_once_and_told_to_nobody(client, fakes, capsys):
    fakes.cases.raises = RuntimeError("SELECT secret FROM cases")
    answer = client.get(f"{CASES}/{CASE_ID}", headers={"X-Request-Id": "look-for-me"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == "look-for-me"
    assert "secret" not in answer.text
    logged = capsys.readouterr().out
    assert logged.count("look-for-me") == logged.count("RuntimeError: SELECT") == 1
    assert "Bearer" not in logged


def test_a_request_id_that_is_not_sane_is_replaced(client):
    for given in ("", "a b", "x" * 65, "<script>"):
        assert client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"] not in {given, ""}


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/schema", f"{CASES}/{CASE_ID}"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
