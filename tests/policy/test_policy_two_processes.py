"""A role taken away over HTTP on one process is refused by the next request on the other."""

from typing import Any

import httpx
import pytest

from app.http.sign_in.own_tokens import mint
from tests.databases import Database
from tests.running import SECRET, Running, stateward

CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 120_000, "currency": "EUR"}}


def _client(service: Running, user: str, *roles: str) -> httpx.Client:
    token = mint(SECRET, "acme", user, roles, 24 * 3600)
    return httpx.Client(base_url=f"{service.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20)


def _answered(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, shared_database: Database):
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    settings = {"jwt_secret": SECRET, "database_url": shared_database.url}
    with (
        stateward(folders[0], "serve", "--port", "0", **settings) as one,
        stateward(folders[1], "serve", "--port", "0", **settings) as other,
    ):
        yield one, other


def test_a_role_taken_away_on_one_process_binds_the_next_request_on_the_other(two) -> None:
    one, other = two
    with _client(one, "root", "admin") as root, _client(other, "dora") as dora, _client(one, "alice") as alice:
        case_id = _answered(alice.post("/cases", json=CLAIM))["case"]["id"]
        note = {"event": "add_note", "payload": {"note": "x"}}
        for _ in range(20):
            assert dora.post(f"/cases/{case_id}/events", json=note).status_code == 404
            body = {"assignments": [{"user": "user:dora", "role": "role:clerk"}]}
            [given] = _answered(root.post("/role-assignments", json=body))["added"]
            _answered(dora.post(f"/cases/{case_id}/events", json=note))
            _answered(dora.get(f"/cases/{case_id}"))
            _answered(root.delete(f"/role-assignments/{given['id']}"))
            assert dora.post(f"/cases/{case_id}/events", json=note).status_code == 404
            assert dora.get(f"/cases/{case_id}").status_code == 404


def test_an_etag_read_on_one_process_fails_on_the_other_once_somebody_was_faster(two) -> None:
    one, other = two
    with _client(one, "root", "admin") as root, _client(other, "rita", "admin") as rita:
        etag = root.get("/policies").headers["etag"]
        line = {"role": "role:helper", "case_type": "expense_claim", "act": "triage", "effect": "allow"}
        added = rita.post("/policies", json={"lines": [line]}, headers={"If-Match": etag})
        assert added.status_code == 201
        stale = root.delete(f"/policies/{added.json()['added'][0]['id']}", headers={"If-Match": etag})
        assert (stale.status_code, stale.json()["current_version"]) == (412, added.json()["version"])
        assert root.get("/policies").headers["etag"] == added.headers["etag"]
        fly = root.post("/policies", json={"lines": [{**line, "act": "fly", "when": "data."}]})
        assert [error["field"] for error in fly.json()["errors"]] == ["lines.0.when"]
        unknown = root.post("/policies", json={"lines": [{**line, "act": "fly"}]})
        assert [error["field"] for error in unknown.json()["errors"]] == ["lines.0.act"]
