"""Headers, parameters, media types and routes that callers get wrong: a problem that names it."""

import pytest

from tests.fake_services import CASE_ID, CASES, EVENTS, Fakes, api


@pytest.fixture(scope="module")
def client():
    with api(Fakes()) as client:
        yield client


BAD_HEADERS = [
    ("Idempotency-Key", ""),
    ("Idempotency-Key", '""'),
    ("Idempotency-Key", "x" * 256),
    ("Idempotency-Key", "é"),
    ("If-Match", ""),
    ("If-Match", "3"),
    ("If-Match", 'W/"3"'),
    ("If-Match", '"3", "4"'),
    ("If-Match", '"abc"'),
    ("If-Match", '"-1"'),
    ("If-Match", '"' + "9" * 400 + '"'),
]


@pytest.mark.parametrize(("name", "value"), BAD_HEADERS)
def test_a_header_that_cannot_be_read_is_named(client, name, value):
    answer = client.post(EVENTS, json={"event": "a"}, headers={name: value.encode("latin-1")})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [name]


BAD_PARAMETERS = [
    ("", "limit=0", "limit"),
    ("", "limit=201", "limit"),
    ("", "limit=ten", "limit"),
    ("", "limit=1.5", "limit"),
    ("", "limit=99999999999999999999999", "limit"),
    ("", "sort=colour", "sort"),
    ("", "sort=--due_at", "sort"),
    ("", "overdue=perhaps", "overdue"),
    ("", "overdue=", "overdue"),
    ("", "count=perhaps", "count"),
    ("", "q=" + "x" * 201, "q"),
    ("", "state=%00", "state"),
    ("", "reference=a%0ab", "reference"),
    ("", "case_type=" + "x" * 300, "case_type"),
    (f"/{CASE_ID}/events", "explain=perhaps", "explain"),
    (f"/{CASE_ID}/audit", "after=x", "after"),
    (f"/{CASE_ID}/audit", "after=-1", "after"),
    (f"/{CASE_ID}/audit", "after=" + "9" * 40, "after"),
    (f"/{CASE_ID}/audit", "after=1&denied=true", "after"),
    (f"/{CASE_ID}/audit", "denied=2", "denied"),
    ("/api/v1/case-types/expense_claim/diagram", "format=png", "format"),
    ("/api/v1/whocan", "event=triage", "case"),
]


@pytest.mark.parametrize(("path", "query", "field"), BAD_PARAMETERS)
def test_a_parameter_that_cannot_be_read_is_named(client, path, query, field):
    answer = client.get(f"{path}?{query}" if path.startswith("/api") else f"{CASES}{path}?{query}")
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert "`" not in answer.text


def test_unknown_parameters_are_ignored(client):
    assert client.get(f"{CASES}?colour=%ff%00&=&&").status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1", "/api/v1/nowhere", "/schema/nowhere", "/schema/a.json"])
def test_an_unknown_route_is_a_problem_too(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_method_learns_which_ones_there_are(client):
    answer = client.delete(f"{CASES}/{CASE_ID}")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_two_replicas_name_the_methods_in_the_same_order(client):
    for method, path in (("PUT", CASES), ("PATCH", f"{CASES}/{CASE_ID}/events")):
        answer = client.request(method, path)
        assert answer.headers["allow"] == "GET, OPTIONS, POST"
        assert answer.json()["detail"] == "Use one of: GET, OPTIONS, POST."


@pytest.mark.parametrize("accepted", ["text/html", "image/*", "application/json;q=0", "*/*;q=0.0", "nonsense"])
def test_callers_who_do_not_take_json_are_told(client, accepted):
    answer = client.get(CASES, headers={"Accept": accepted})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "accepted", ["*/*", "application/*", "text/html, application/json;q=0.1", "text/html,*/*;q=0.8"]
)
def test_callers_who_take_json_among_others_get_it(client, accepted):
    assert client.get(CASES, headers={"Accept": accepted}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": ""},
    ],
)
def test_another_media_type_is_refused(client, headers):
    answer = client.post(EVENTS, content=b'{"event": "a"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_json_in_utf_8_may_say_so(client):
    for media_type in ("application/json; charset=utf-8", 'Application/JSON; charset="UTF-8"'):
        assert client.post(EVENTS, content=b'{"event": "a"}', headers={"content-type": media_type}).status_code == 200


def test_a_body_that_is_too_large_is_refused_but_a_batch_may_be_larger(client):
    padded = {"case_id": CASE_ID, "event": "a", "payload": {"x": "y" * 2**20}}
    answer = client.post(EVENTS, json={"event": "a", "payload": padded["payload"]})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert client.post("/api/v1/events", json={"attempts": [padded]}).status_code == 200
    assert client.post("/api/v1/events", json={"attempts": [padded] * 8}).status_code == 413
