"""Headers, parameters, media types and routes that callers get wrong: a problem that names it."""

import asyncio
import json
import re
from urllib.parse import unquote

import pytest

from app.http.border.declared_parameters import MOST_TOLD
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


MISSPELT = [
    (CASES, "asignee=user:bob", "asignee", "did you mean `assignee`?"),
    (CASES, "with_count=true", "with_count", "did you mean `count`?"),
    (CASES, "State=submitted", "State", "did you mean `state`?"),
    (CASES, "sort%20=due_at", "sort ", "did you mean `sort`?"),
    (CASES, "overdue;limit=1", "overdue;limit", "did you mean `overdue`?"),
    ("/api/v1/audit", "afer=3", "afer", "did you mean `after`?"),
    ("/api/v1/stream", "since=now", "since", "the parameters are `after`"),
    (f"{CASES}/{CASE_ID}/audit", "refused=true", "refused", "the parameters are `after`, `denied`, `limit`"),
    (f"{CASES}/{CASE_ID}", "fields=data", "fields", "there are no parameters to choose from"),
    ("/api/v1/role-assignments", "users=user:alice", "users", "did you mean `user`?"),
    ("/metrics", "name%5B%5D=up", "name[]", "there are no parameters to choose from"),
    ("/readyz", "verbose", "verbose", "there are no parameters to choose from"),
]


@pytest.mark.parametrize(("path", "query", "field", "remedy"), MISSPELT)
def test_a_parameter_that_is_not_known_is_refused_with_the_nearest_one(client, path, query, field, remedy):
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    [fault] = answer.json()["errors"]
    assert fault["field"] == field
    assert remedy in fault["message"]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1&sort=due_at&limit=1", "q=a&q=b", "cursor=&cursor="])
def test_a_parameter_that_is_given_twice_is_refused(client, query):
    answer = client.get(f"{CASES}?{query}")
    assert answer.status_code == 422
    assert [fault["message"] for fault in answer.json()["errors"]] == ["Was given 2 times; give it once."]


def test_every_route_refuses_what_it_does_not_declare(client):
    """Whichever comes next does too: nothing is listed here."""
    for route in client.app.routes:
        path = re.sub(r"\{\w+:str\}", CASE_ID, route.path)
        for method in set(route.methods) - {"OPTIONS"} if "path:str" not in route.path else ():
            answer = client.request(method, f"{path}?nobody_declares_this=1")
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), route.path
            assert answer.json()["errors"][0]["field"] == "nobody_declares_this", route.path


def test_who_is_not_signed_in_learns_no_parameter(client):
    answer = client.get(f"{CASES}?asignee=x", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, "assignee" in answer.text) == (401, False)


def test_of_very_many_wrong_parameters_some_are_told(client):
    answer = client.get(f"{CASES}?{'&'.join(f'a{n}={n}' for n in range(5000))}&=&&")
    assert (answer.status_code, len(answer.json()["errors"])) == (422, MOST_TOLD)


def test_the_word_null_is_no_number(client):
    answer = client.get(f"{CASES}?limit=null&overdue=null&q=null")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["limit", "overdue"]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1", "/api/v1/nowhere", "/schema/nowhere", "/schema/a.json"])
def test_an_unknown_route_is_a_problem_too(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        *("//metrics", "/metrics/", "/%6detrics", "/metrics//", "/./metrics", "/metrics%2f", "/%2fmetrics"),
        *("//readyz", "/readyz/", "/%72eadyz", "/healthz/", "//healthz", "/schema/", "//schema", "/%73chema"),
        *("/schema//openapi.json", "/schema/openapi%2Ejson", "//api/v1/cases", "/api//v1/cases", "/api/v1/cases/"),
        *(
            "/api/v1/c%61ses",
            "/api/v%31/audit",
            f"{CASES}//{CASE_ID}",
            f"{CASES}/{CASE_ID}/",
            f"{CASES}/{CASE_ID}/%61udit",
        ),
    ],
)
def test_a_path_has_one_spelling_that_proxies_can_match(served, path):
    status, body = served(f"GET {path} HTTP/1.1", "Host: localhost")
    assert (status, body["code"]) == (404, "not_found")


def test_an_id_may_be_escaped_but_no_word_of_the_path(served):
    assert served(f"GET {CASES}/%30{CASE_ID[1:]} HTTP/1.1", "Host: localhost")[0] == 200


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/healthz", "/schema", CASES])
def test_a_request_names_one_host(served, path):
    for hosts in ([], ["Host: a", "Host: b"], ["Host: a", "host: a"], ["Host: "]):
        status, body = served(f"GET {path} HTTP/1.1", *hosts)
        assert (status, body["code"]) == (400, "malformed")
    assert served(f"GET {path} HTTP/1.1", "Host: a")[0] == 200


@pytest.fixture
def served(client):
    """Asks the application as a server would, to the letter."""

    def ask(line, *headers):
        method, path, version = line.split()
        pairs = [header.split(": ") for header in [*headers, f"Authorization: {client.headers['authorization']}"]]
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "http_version": version.removeprefix("HTTP/"),
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
            "client": None,
            "server": None,
            "scheme": "http",
            "state": {},
        }
        return asyncio.run(answered(client.app, scope))

    return ask


async def answered(app, scope):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body) if body[:1] == b"{" else {}


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
    payload = {"x": "y" * (2**20 - 1000)}
    answer = client.post(EVENTS, json={"event": "a", "payload": {**payload, "z": "y" * 1000}})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    padded = {"case_id": CASE_ID, "event": "a", "payload": payload}
    assert client.post("/api/v1/events", json={"attempts": [padded] * 2}).status_code == 200
    assert client.post("/api/v1/events", json={"attempts": [padded] * 9}).status_code == 413


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "Must be a whole number of at least 1."),
        ("limit=201", "Must be a whole number of at most 200."),
        ("limit=ten", "Must be a whole number."),
        ("sort=due", "Must be one of its words; did you mean due_at?"),
        ("overdue=perhaps", "Must be true or false."),
        ("case_type=" + "x" * 300, "Must have at most 100 characters."),
        ("q=" + "x" * 201, "Must have at most 200 characters."),
    ],
)
def test_a_parameter_that_is_wrong_is_told_in_words(client, query, message):
    [fault] = client.get(f"{CASES}?{query}").json()["errors"]
    assert fault["message"] == message
