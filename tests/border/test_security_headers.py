"""Every answer carries the headers that keep browsers and caches from doing harm, whatever it answers."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from app.domain.values.errors import Unavailable
from app.http.app import BODY_BYTES, HttpSettings, create_app
from tests.fake_services import CASE_ID, CASES, EVENTS, Fakes, api, token
from tests.one_app import SECRET

ON_EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
BESIDE = (
    "/schema",
    "/schema/docs.js",
    "/schema/assets/docs.js",
    "/schema/assets/none",
    "/schema/nowhere",
    "/",
    "/x%00y",
)
UNKNOWN = (f"{CASES}/{CASE_ID}/nothing", "/api/v1", "/.git/config", "/api/v1/../../etc/passwd")


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


@pytest.fixture
def client(fakes: Fakes) -> Iterator[TestClient[Litestar]]:
    with api(fakes) as client:
        yield client


def check(answer: Any, cached: bool = False) -> None:
    told = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    for name, value in ON_EVERY_ANSWER.items():
        assert [of for given, of in told if given == name] == [value], (name, answer.request.url)
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy[0]
    assert "script-src 'unsafe" not in policy[0]
    assert [value for name, value in told if name == "cache-control"] == (
        ["public, max-age=86400"] if cached else ["no-store"]
    )
    assert len(answer.headers.get_list("x-request-id")) == 1
    assert "server" not in answer.headers
    assert not [name for name, _ in told if name.startswith("access-control-")]


def paths(client: TestClient[Litestar]) -> list[str]:
    """Every path of the contract, filled."""
    named = {
        "case_id": CASE_ID,
        "attachment_id": CASE_ID,
        "key_id": CASE_ID,
        "view_id": CASE_ID,
        "entry_id": CASE_ID,
        "export_id": CASE_ID,
        "field": "amount_cents",
        "entry_hash": "aa" * 32,
        "name": "expense_claim",
        "event": "approve",
    }
    return [path.format(**named) for path in client.get("/schema/openapi.json").json()["paths"]]


@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_with_them_by_every_method(client: TestClient[Litestar], method: str) -> None:
    seen = set()
    for path in (*paths(client), *BESIDE, *UNKNOWN):
        answer = client.request(method, path, json={} if method in ("POST", "PUT", "PATCH") else None)
        check(answer, cached=answer.is_success and "/assets/" in path and method in ("GET", "HEAD"))
        seen.add(answer.status_code)
    assert seen & {404, 405}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nobody_gets_them_too(client: TestClient[Litestar], method: str) -> None:
    for path in paths(client):
        answer = client.request(method, path, headers={"authorization": "Bearer nobody"})
        check(answer)
        if path.startswith("/api/"):
            assert answer.status_code in (401, 405)


REFUSALS: dict[int, dict[str, Any]] = {
    400: {"url": EVENTS, "content": b"{", "headers": {"content-type": "application/json"}},
    406: {"url": CASES, "json": {}, "headers": {"accept": "text/html"}},
    413: {"url": CASES, "content": b"x" * (BODY_BYTES + 1), "headers": {"content-type": "application/json"}},
    415: {"url": CASES, "content": b"x", "headers": {"content-type": "text/plain"}},
    422: {"url": EVENTS, "json": {"event": 1}},
}


@pytest.mark.parametrize("status", REFUSALS)
def test_every_kind_of_refusal_carries_them(client: TestClient[Litestar], status: int) -> None:
    answer = client.post(**REFUSALS[status])
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize(("raised", "status"), [(RuntimeError("SELECT 1"), 500), (Unavailable("Later."), 503)])
def test_our_own_failures_carry_them(
    client: TestClient[Litestar], fakes: Fakes, raised: Exception, status: int
) -> None:
    fakes.cases.raises = raised
    answer = client.get(f"{CASES}/{CASE_ID}")
    assert answer.status_code == status
    check(answer)


def test_a_stream_carries_them(client: TestClient[Litestar]) -> None:
    for path in ("/api/v1/stream", f"{CASES}/{CASE_ID}/stream"):
        answer = client.get(path)
        assert answer.headers["content-type"].startswith("text/event-stream")
        check(answer)


def test_browsers_are_told_of_tls_just_where_the_operator_says_that_it_is_there(fakes: Fakes) -> None:
    for behind_tls in (False, True):
        settings = HttpSettings(SECRET, behind_tls=behind_tls)
        with TestClient(create_app(fakes.services(), settings), raise_server_exceptions=False) as client:
            for path in ("/healthz", "/nowhere", "/schema", f"{CASES}/{CASE_ID}"):
                claimed = {"x-forwarded-proto": "https", "authorization": f"Bearer {token()}"}
                told = client.get(path, headers=claimed).headers.get_list("strict-transport-security")
                assert told == (["max-age=31536000; includeSubDomains"] if behind_tls else [])
