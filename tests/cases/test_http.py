"""Opening and firing over HTTP: what reaches the desk, and how its answers look."""

import hashlib
from datetime import UTC, datetime

import pytest
import rfc8785

from app.domain.case.attempt import Opens
from app.domain.values.errors import Conflict, Denied, GuardRefused, Reason, VersionConflict, WrongState
from app.services.desk.answer import Answer, case_json
from tests.fake_services import CASE, CASE_ID, CASES, EVENTS, FOREIGN_ID, REASON, RECEIPT, Fakes, api

OPEN = {"case_type": "expense_claim", "data": {"amount_cents": 4200}}


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
    fakes.desk.decide = lambda _: Answer(receipt=RECEIPT, case=None)
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
    fakes.desk.decide = lambda _: Answer(receipt=RECEIPT, case=case_json(CASE), replayed=True)
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


def test_what_a_caller_reads_is_a_sentence_and_names_stay_as_they_are(client, fakes):
    reason = Reason("state", "role:clerk has to wait", "it takes a case that is draft")
    fakes.desk.refuse(WrongState("cannot pay a case that is submitted", reasons=(reason,)))
    answer = client.post(EVENTS, json={"event": "pay"}).json()
    assert answer["detail"] == "Cannot pay a case that is submitted."
    [told] = answer["reasons"]
    assert (told["message"], told["remedy"]) == ("role:clerk has to wait.", "It takes a case that is draft.")


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
        return Answer(receipt=RECEIPT, case=case_json(CASE), opened=attempt.opens is Opens.IF_ABSENT)

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


def test_a_version_or_another_key_does_not_make_it_another_attempt(client, fakes):
    attempt = {"case_id": CASE_ID, "event": "approve", "idempotency_key": "a", "if_version": 3}
    later = {**attempt, "idempotency_key": "b", "if_version": 4}
    client.post("/api/v1/events", json={"attempts": [attempt, later]})
    first, second = (seen.idempotency for seen in fakes.desk.seen)
    assert first.fingerprint == second.fingerprint
    assert (first.key, second.key) == ("a", "b")
