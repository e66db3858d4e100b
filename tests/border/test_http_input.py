"""What callers get wrong: always a problem that names it, never a 5xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fake_services import CASE_ID, CASES, EVENTS, Fakes, api
from tests.lengths import length

JSON = {"content-type": "application/json"}
OPEN = {"case_type": "expense_claim", "event": "submit", "reference": "EXP-1", "data": {"a": [1, {"b": None}]}}
ATTEMPT = {"case_id": CASE_ID, "event": "approve"}
IMPORTED = {
    "case_type": "expense_claim",
    "reference": "EXP-1",
    "event": "submit",
    "data": {"a": 1},
    "occurred_at": "2026-01-31T10:00:00Z",
    "on_behalf_of": {"actor": "user:bob", "roles": ["role:manager"]},
    "idempotency_key": "k",
    "if_version": 1,
}


@pytest.fixture(scope="module")
def fakes():
    return Fakes()


@pytest.fixture(scope="module")
def client(fakes):
    with api(fakes) as client:
        yield client


UNREADABLE = {
    "nothing": b"",
    "half an object": b'{"event": ',
    "two values": b"{} {}",
    "NaN": b'{"event": "a", "payload": {"x": NaN}}',
    "Infinity": b'{"event": "a", "payload": {"x": -Infinity}}',
    "invalid UTF-8": b'{"event": "\xff"}',
    "UTF-16": '{"event": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"event": "a"}',
    "the same key twice": b'{"event": "a", "event": "b"}',
    "the same key twice, deep inside": b'{"event": "a", "payload": {"x": [{"y": 1, "y": 1}]}}',
    "a raw control character": b'{"event": "a\x00"}',
    "arrays ten thousand deep": b"[" * 10_000 + b"]" * 10_000,
    "objects ten thousand deep": b'{"payload":' * 10_000 + b"1" + b"}" * 10_000,
    "ten thousand brackets": b"[" * 10_000,
    "five thousand digits": b'{"event": "a", "payload": {"x": ' + b"9" * 5000 + b"}}",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_json_is_malformed(client, fakes, name):
    before = len(fakes.desk.seen)
    answer = client.post(EVENTS, content=UNREADABLE[name], headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), answer.text
    assert len(fakes.desk.seen) == before


def nested(depth):
    return '{"a":' * depth + "1" + "}" * depth


INVALID_EVENTS = {
    "no object": ("[]", ""),
    "null": ("null", ""),
    "nothing in it": ("{}", "event"),
    "a number as event": ('{"event": 7}', "event"),
    "an event that is no name": ('{"event": "Approve!"}', "event"),
    "an unknown field": ('{"event": "a", "colour": 1}', "colour"),
    "a payload that is no object": ('{"event": "a", "payload": [1]}', "payload"),
    "a reason that is no text": ('{"event": "a", "reason": 1}', "reason"),
    "an empty reason": ('{"event": "a", "reason": ""}', "reason"),
    "a NUL": ('{"event": "a", "payload": {"x": ["\\u0000"]}}', "payload.x.0"),
    "half a surrogate pair": ('{"event": "a", "payload": {"x": "\\ud800"}}', "payload.x"),
    "a key with half a surrogate pair": ('{"event": "a", "payload": {"\\udfff": 1}}', "payload"),
    "an integer beyond 2^53": ('{"event": "a", "payload": {"x": 9007199254740992}}', "payload.x"),
    "a number that loses its last digit": ('{"event": "a", "payload": {"x": 9007199254740993.0}}', "payload.x"),
    "a number beyond a double": ('{"event": "a", "payload": {"x": 1e999}}', "payload.x"),
    "seventy levels": ('{"event": "a", "payload": ' + nested(70) + "}", "payload" + ".a" * 63),
    "eight hundred levels": ('{"event": "a", "payload": ' + nested(800) + "}", "payload" + ".a" * 63),
}


@pytest.mark.parametrize("name", INVALID_EVENTS)
def test_a_body_of_the_wrong_shape_names_its_field(client, fakes, name):
    body, field = INVALID_EVENTS[name]
    before = len(fakes.desk.seen)
    answer = client.post(EVENTS, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert all(fault["message"] for fault in answer.json()["errors"])
    assert len(fakes.desk.seen) == before


INVALID_CASES = {
    "no case type": ({"case_type": None}, "case_type"),
    "data that is no object": ({"data": "x"}, "data"),
    "a number as reference": ({"reference": 5}, "reference"),
    "an empty reference": ({"reference": ""}, "reference"),
    "a reference with a line break": ({"reference": "a\nb"}, "reference"),
    "a reference that is too long": ({"reference": "x" * 256}, "reference"),
}


@pytest.mark.parametrize("name", INVALID_CASES)
def test_a_case_of_the_wrong_shape_names_its_field(client, name):
    changed, field = INVALID_CASES[name]
    answer = client.post(CASES, json={**OPEN, **changed})
    assert (answer.status_code, [fault["field"] for fault in answer.json()["errors"]]) == (422, [field])


INVALID_ATTEMPTS = {
    "no case": ({"case_id": None}, ""),
    "two names of a case": ({"case_type": "a", "reference": "b"}, ""),
    "half a name": ({"case_id": None, "reference": "b"}, ""),
    "an id that is none": ({"case_id": "7"}, ".case_id"),
    "a version as text": ({"if_version": "3"}, ".if_version"),
    "a version that is true": ({"if_version": True}, ".if_version"),
    "a version with a fraction": ({"if_version": 3.0}, ".if_version"),
    "a version below zero": ({"if_version": -1}, ".if_version"),
    "an empty key": ({"idempotency_key": ""}, ".idempotency_key"),
    "a key beyond ASCII": ({"idempotency_key": "é"}, ".idempotency_key"),
    "a time without an offset": ({"occurred_at": "2026-01-31T10:00:00"}, ".occurred_at"),
    "a time that never was": ({"occurred_at": "2026-02-30T10:00:00Z"}, ".occurred_at"),
    "a week date": ({"occurred_at": "2026-W05-1T10:00Z"}, ".occurred_at"),
    "a time before all times": ({"occurred_at": "0001-01-01T00:00:00+23:00"}, ".occurred_at"),
    "a time as a number": ({"occurred_at": 1}, ".occurred_at"),
    "somebody without a prefix": ({"on_behalf_of": {"actor": "bob"}}, ".on_behalf_of.actor"),
    "a system": ({"on_behalf_of": {"actor": "system:sla"}}, ".on_behalf_of.actor"),
    "a bare role": ({"on_behalf_of": {"actor": "user:bob", "roles": ["admin"]}}, ".on_behalf_of.roles.0"),
    "roles without an actor": ({"on_behalf_of": {"roles": []}}, ".on_behalf_of.actor"),
}


@pytest.mark.parametrize("name", INVALID_ATTEMPTS)
def test_an_attempt_of_the_wrong_shape_is_named_by_its_place(client, name):
    changed, field = INVALID_ATTEMPTS[name]
    answer = client.post("/api/v1/events", json={"attempts": [ATTEMPT, {**ATTEMPT, **changed}]})
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [f"attempts.1{field}"]


def test_the_fields_below_data_keep_their_whole_name(client):
    answer = client.post(CASES, content=b'{"case_type": "a", "data": {"data": {"x": "\\u0000"}}}', headers=JSON)
    assert answer.json()["errors"][0]["field"] == "data.data.x"


def test_a_flood_of_faults_is_answered_briefly(client):
    answer = client.post("/api/v1/events", json={"attempts": [{"x" * 1000: 1}] * 1000})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)
    assert len(answer.content) < 50_000


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(CASE_ID),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw):
    """A valid request with one place of its body, or one byte, replaced."""
    path, body = draw(
        st.sampled_from(
            [
                (CASES, OPEN),
                (EVENTS, {"event": "approve", "payload": {"n": 1}, "reason": "r"}),
                ("/api/v1/events", {"attempts": [ATTEMPT, IMPORTED]}),
            ]
        )
    )
    changed = json.loads(json.dumps(body))
    place = changed
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            break
        place = inner
    place[key] = draw(anything)
    raw = bytearray(json.dumps(changed).encode())
    if draw(st.booleans()):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return path, bytes(raw)


@settings(max_examples=length(75, 150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=mutated(), key=st.none() | st.text(st.characters(max_codepoint=255), max_size=8))
def test_no_mutation_of_a_valid_request_is_a_fault_of_ours(client, request, key):
    path, raw = request
    headers = {**JSON, **({"idempotency-key": key.encode("latin-1")} if key is not None and key.isprintable() else {})}
    answer = client.post(path, content=raw, headers=headers)
    assert answer.status_code in {200, 201, 400, 422}, answer.text
    if answer.status_code >= 400:
        assert answer.json()["status"] == answer.status_code
        assert answer.headers["content-type"] == "application/problem+json"
