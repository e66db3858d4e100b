"""How much a body may hold is counted over its bytes, before anything of it is read; what holds more is a 413."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from app.domain.schemas.validator import Validator
from app.domain.values.errors import CaseError
from app.domain.values.json import Json
from app.http.app import HttpSettings, create_app
from app.http.bodies import body_bytes, value_count
from app.http.bodies.body import BodyLimits, parse
from app.http.bodies.requests import Body, FireEvent, OpenCase, TryEvents
from app.http.bodies.value_count import ValueCount
from app.services.fairness import yielding
from app.services.fairness.slices import Slices
from tests.fake_services import CASE_ID, CASES, EVENTS, Fakes, api, token
from tests.house import ALICE, attempt, open_claim, submit
from tests.one_app import SECRET

JSON = {"content-type": "application/json"}
BATCH = "/api/v1/events"
TEXTS = st.text(alphabet='a,[]{}":\\é\n')
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=40)


def held(value: Json) -> int:
    """How many values there are, by walking through them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(held, inner))


def exceeded(raw: bytes, most: int) -> bool:
    count = ValueCount(raw, most)
    for _ in count.slices():
        pass
    return count.exceeded


def slices_of(raw: bytes, most: int) -> int:
    return sum(1 for _ in ValueCount(raw, most).slices())


@given(VALUES, st.sampled_from([1, 2, 3, 7, 2**18]), st.booleans(), st.sampled_from([None, 1]))
@settings(deadline=None)
def test_bytes_hold_as_many_values_as_are_read_from_them_wherever_they_are_cut(value, size, ascii_only, indent):
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(value_count, "SLICE", size)
        assert not exceeded(raw, held(value))
        assert exceeded(raw, held(value) - 1)


def test_a_million_numbers_are_refused_after_a_slice_or_two():
    assert slices_of(b"[" + b",".join([b"1"] * 1_000_000) + b"]", 4_000) <= 2


def test_a_text_of_commas_is_one_value():
    raw = json.dumps({"note": ',"[{' * 1_000_000}).encode()
    assert not exceeded(raw, 2)
    assert slices_of(raw, 2) <= len(raw) // value_count.SLICE + 2


@pytest.fixture(scope="module")
def fakes():
    return Fakes()


@pytest.fixture(scope="module")
def client(fakes):
    with api(fakes) as client:
        yield client


VIEW = f"/api/v1/views/{CASE_ID}"
BODIES = {
    CASES: {"case_type": "expense_claim", "event": "submit", "data": {"a": list(range(4_000))}},
    EVENTS: {"event": "approve", "payload": {"a": [{"b": 1}] * 2_000}},
    f"{CASES}/{CASE_ID}/comments": {"text": "x", "mentions": ["user:a"] * 4_000},
    f"{CASES}/{CASE_ID}/assignment": {"team": [0] * 4_000},
    f"{CASES}/{CASE_ID}/corrections": {"data": {"a": [0] * 4_000}, "reason": "x"},
    f"{CASES}/{CASE_ID}/roles": {"give": [{"subject": "user:a", "role": "[x]"}] * 1_400},
    f"{CASES}/{CASE_ID}/links": {"to": [[]] * 4_000},
    "/api/v1/next-case": {"skip": [{}] * 4_000},
    "/api/v1/policies": {"lines": [{}] * 4_000},
    "/api/v1/policies/preview": {"remove": list(range(4_000))},
    "/api/v1/role-assignments": {"remove": list(range(4_000))},
    "/api/v1/api-keys": {"title": "x", "subject": "user:a", "acts": ["a"] * 4_000},
    "/api/v1/views": {"title": "x", "shows": {"columns": ["state"] * 4_000}},
    VIEW: {"title": "x", "shows": {"columns": ["state"] * 4_000}},
    "/api/v1/exports": {"format": "zip", "filter": {"case": [CASE_ID] * 4_000}},
    "/api/v1/sla/simulate": {"clock": {}, "moments": list(range(20_000))},
    BATCH: {"attempts": [{"case_id": CASE_ID, "event": "approve", "payload": {"a": [0] * 1_000}}] * 20},
}


@pytest.mark.parametrize("path", BODIES)
def test_a_body_of_too_many_values_is_too_large_whatever_it_is_for(client, fakes, path):
    before = len(fakes.desk.seen)
    answer = client.request("PUT" if path == VIEW else "POST", path, json=BODIES[path])
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), answer.text
    assert "JSON values" in answer.json()["detail"]
    assert len(fakes.desk.seen) == before


def test_every_route_that_takes_json_has_such_a_body_above():
    app = create_app(Fakes().services(), HttpSettings(SECRET))
    taking = {
        handler.operation_id
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if getattr(handler, "parsed_data_field", None) is not None
    }
    assert len(taking) == len(BODIES), taking


def test_an_attempt_of_4000_values_is_read_and_one_of_4001_is_not(client, fakes):
    body = {"event": "approve", "payload": {"a": [0] * 3_996}}
    assert held(body) == 4_000
    assert client.post(EVENTS, json=body).status_code == 200
    body["payload"]["a"].append(0)
    assert client.post(EVENTS, json=body).status_code == 413


def test_in_a_batch_too_each_attempt_has_4000_values_at_most(client):
    attempt = {"case_id": CASE_ID, "event": "approve", "payload": {"a": [0] * 3_995}}
    assert client.post(BATCH, json={"attempts": [attempt] * 5}).status_code == 413  # 20,002 with what is around them
    assert client.post(BATCH, json={"attempts": [attempt] * 4}).status_code == 200
    attempt["payload"]["a"].append(0)
    answer = client.post(BATCH, json={"attempts": [{"case_id": CASE_ID, "event": "approve"}, attempt]})
    assert answer.status_code == 413
    assert [fault["field"] for fault in answer.json()["errors"]] == ["attempts.1"]


def test_a_thousand_ordinary_attempts_are_one_batch(client, fakes):
    one = {
        "case_type": "expense_claim",
        "reference": "R",
        "event": "submit",
        "idempotency_key": "import-1",
        "occurred_at": "2026-11-20T08:00:00Z",
        "on_behalf_of": {"actor": "user:bob"},
        "data": {"amount_cents": 4200, "currency": "EUR", "note": "a, b, c", "lines": [{"cents": 1, "of": "x"}]},
    }
    answer = client.post(BATCH, json={"attempts": [one] * 1_000})
    assert len(answer.json()["results"]) == 1_000


def test_an_operator_may_allow_more():
    fakes = Fakes()
    app = create_app(fakes.services(), HttpSettings(SECRET, limits=BodyLimits(body_values=100, attempt_values=10)))
    with TestClient(app) as client:
        client.headers["authorization"] = f"Bearer {token()}"
        assert client.post(EVENTS, json={"event": "a", "payload": {"a": [0] * 6}}).status_code == 200
        assert client.post(EVENTS, json={"event": "a", "payload": {"a": [0] * 7}}).status_code == 413


def attempt_with(text: str) -> dict[str, Json]:
    return {"case_id": CASE_ID, "event": "approve", "payload": {"note": text}}


def test_a_large_batch_is_read_attempt_by_attempt_and_comes_to_the_same():
    attempts = [attempt_with(f'{n}, "quoted" \\ é {"x" * 300_000}') for n in range(7)]
    raw = json.dumps({"attempts": attempts}, indent=1).encode()
    assert len(raw) > body_bytes.PIECE
    assert asyncio.run(parsed(raw, TryEvents)) == {"attempts": attempts}


async def parsed(raw: bytes, model: type[Body]) -> Json:
    async with Slices().of(("acme", "user:alice")) as turn:
        return await parse(raw, model, BodyLimits(), turn)


LARGE = "x" * 600_000
WRONG = {
    "a text cut off": ('{"attempts": [{"event": "' + LARGE * 2, "malformed"),
    "something after it": ('{"attempts": [{"event": "' + LARGE * 2 + '"}]} {}', "malformed"),
    "a key twice in an attempt": ('{"attempts": [{"event": "' + LARGE * 2 + '", "event": "a"}]}', "too_large"),
    "a key twice in a small one": ('{"attempts": ["' + LARGE + '","' + LARGE + '", {"a": 1, "a": 1}]}', "malformed"),
    "attempts twice": ('{"attempts": ["' + LARGE * 2 + '"], "attempts": []}', "malformed"),
    "another key": ('{"attempts": ["' + LARGE * 2 + '"], "colour": []}', "malformed"),
    "no batch": ('{"event": "' + LARGE * 2 + '"}', "malformed"),
    "not a number": ('{"attempts": ["' + LARGE + '","' + LARGE + '", NaN]}', "malformed"),
    "an attempt above a MiB": ('{"attempts": ["' + LARGE * 2 + '"]}', "too_large"),
    "too deep": ('{"attempts": ["' + LARGE + '","' + LARGE + '", ' + "[" * 5000 + "]" * 5000 + "]}", "malformed"),
    "a NUL": ('{"attempts": ["' + LARGE + '","' + LARGE + '", "\\u0000"]}', "invalid"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_large_batch_is_read_to_the_letter(name):
    text, code = WRONG[name]
    with pytest.raises(CaseError) as refused:
        asyncio.run(parsed(text.encode(), TryEvents))
    assert refused.value.code == code


def test_a_large_batch_in_another_coding_is_malformed():
    raw = json.dumps({"attempts": [LARGE, LARGE, "ü"]}, ensure_ascii=False).encode("latin-1")
    with pytest.raises(CaseError, match="UTF-8"):
        asyncio.run(parsed(raw, TryEvents))


def test_what_nests_without_end_says_so_and_not_that_it_is_too_much():
    with pytest.raises(CaseError, match="nested too deeply"):
        asyncio.run(parsed(b"[" * 10_000, FireEvent))


def test_a_name_as_long_as_the_body_is_written_out_once_at_most_for_each_fault_told():
    """It was put before the place of each of its values, whether anything was wrong with it or not."""
    name = "n" * 500_000
    ok = {"case_type": "a", "data": {name: list(range(3_000))}}
    assert asyncio.run(parsed(json.dumps(ok).encode(), OpenCase)) == ok
    wrong = {"case_type": "a", "data": {name: [2**60] * 3_000}}
    with pytest.raises(CaseError) as refused:
        asyncio.run(parsed(json.dumps(wrong).encode(), OpenCase))
    assert len(refused.value.errors) == 100
    assert all(len(fault.field) <= 200 for fault in refused.value.errors)


async def test_others_have_the_loop_between_two_attempts_that_take_long(house, monkeypatch):
    monkeypatch.setattr(yielding, "LONGEST", 0)
    claim, had = await open_claim(house), 0
    over = asyncio.Event()

    async def another() -> None:
        nonlocal had
        while not over.is_set():
            had += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await submit(house, *(attempt(ALICE, "add_note", claim) for _ in range(60)))
    over.set()
    await other
    assert had >= 60


def test_of_what_holds_much_the_first_fault_is_told():
    """The library makes all faults before it gives one: 4,000 values at odds with three schemas each take 0.1 s."""
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    told = Validator(schema).errors({"a": [0] * 4_000}, "data")
    assert [fault.field for fault in told] == ["data.a.0"]
    assert len(Validator(schema).errors({"a": [0] * 300}, "data")) == 20
