"""The calls about the policy: what they ask the service, what they show, and what is wrong with a body."""

import pytest

from app.domain.values.errors import Denied, GuardRefused, NotFound, VersionConflict
from tests.fake_services import CASE_ID, REASON, Fakes, api

POLICIES, ASSIGNMENTS = "/api/v1/policies", "/api/v1/role-assignments"
LINE = {"role": "role:clerk", "case_type": "expense_claim", "act": "pay", "effect": "allow"}


@pytest.fixture
def fakes():
    return Fakes()


@pytest.fixture
def client(fakes):
    with api(fakes) as client:
        yield client


def test_lines_are_listed_with_their_version_and_whose_they_are(client, fakes):
    answer = client.get(f"{POLICIES}?case_type=expense_claim&role=role:clerk&kind=p&limit=2&after=1")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"7"')
    assert [line["changeable"] for line in answer.json()["items"]] == [False, True]
    assert answer.json()["items"][1]["gives"] == "role:clerk"
    query = fakes.policy_changes.asked
    assert (query.tenant, query.case_types, query.role, query.kind) == ("acme", {"expense_claim"}, "role:clerk", "p")
    assert (query.after, query.limit) == (1, 2)


def test_a_change_reaches_the_service_as_it_was_sent(client, fakes):
    body = {"lines": [{**LINE, "when": " data.amount_cents > 1 "}], "remove": [4], "reason": "because"}
    answer = client.post(POLICIES, json=body, headers={"If-Match": '"7"', "X-Request-Id": "r-1"})
    assert (answer.status_code, answer.headers["etag"], answer.json()["removed"]) == (201, '"8"', 1)
    [added] = answer.json()["added"]
    assert (added["id"], added["tenant"], added["when"]) == (9, "acme", "data.amount_cents > 1")
    asked = fakes.policy_changes.asked
    assert (asked.remove, asked.if_version, asked.reason, asked.request_id) == ([4], 7, "because", "r-1")


def test_a_line_is_removed_by_its_id(client, fakes):
    assert client.delete(f"{POLICIES}/4", headers={"If-Match": '"7"'}).json()["removed"] == 1
    assert (fakes.policy_changes.asked.remove, fakes.policy_changes.asked.if_version) == ([4], 7)
    for path in ("nonsense", "9" * 16, "-1", "%00"):
        for base in (POLICIES, ASSIGNMENTS):
            assert client.delete(f"{base}/{path}").status_code == 404
    assert fakes.policy_changes.asked.assignments is None


def test_roles_are_assigned_listed_and_taken_away(client, fakes):
    body = {"assignments": [{"user": "user:dora", "role": "role:clerk"}]}
    added = client.post(ASSIGNMENTS, json=body)
    assert (added.status_code, added.json()["added"][0]["user"]) == (201, "user:dora")
    [line] = fakes.policy_changes.asked.add
    assert (line.kind, line.role, line.tenant, line.obj) == ("g", "user:dora", "acme", "role:clerk")
    assert client.delete(f"{ASSIGNMENTS}/9").status_code == 200
    assert fakes.policy_changes.asked.assignments is True
    assert client.get(f"{ASSIGNMENTS}?user=user:dora").json()["items"][1]["role"] == "role:clerk"
    assert (fakes.policy_changes.asked.user, fakes.policy_changes.asked.assignments) == ("user:dora", True)


def test_a_preview_shows_triples(client):
    answer = client.post(f"{POLICIES}/preview", json={"lines": [LINE]})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"7"')
    assert answer.json()["gains"] == [
        {
            "case_type": "expense_claim",
            "role": "role:clerk",
            "state": "submitted",
            "event": "triage",
            "before": "never",
            "after": "always",
        }
    ]


def test_who_can_names_people_and_roles(client, fakes):
    answer = client.get(f"/api/v1/whocan?case={CASE_ID.upper()}&event=triage&limit=3&after=user:a")
    assert answer.json()["subjects"] == [{"subject": "user:alice"}, {"subject": "user:bob", "needs": "payload"}]
    assert answer.json()["roles"] == [{"role": "role:clerk"}]
    assert fakes.who_can.asked == (CASE_ID, "triage", "user:a", 3)
    assert client.get("/api/v1/whocan?case=nonsense&event=triage").status_code == 404
    assert client.get(f"/api/v1/whocan?case={CASE_ID}").status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (POLICIES, {}, ""),
        (POLICIES, {"lines": []}, ""),
        (POLICIES, {"lines": [{**LINE, "effect": "maybe"}]}, "lines.0.effect"),
        (POLICIES, {"lines": [{**LINE, "more": 1}]}, "lines.0.more"),
        (POLICIES, {"lines": [{**LINE, "when": "x" * 2001}]}, "lines.0.when"),
        (POLICIES, {"remove": [0]}, "remove.0"),
        (POLICIES, {"remove": ["4"]}, "remove.0"),
        (POLICIES, {"lines": [LINE] * 101}, "lines"),
        (ASSIGNMENTS, {"assignments": [{"user": "dora", "role": "role:x"}]}, "assignments.0.user"),
        (ASSIGNMENTS, {"assignments": [{"user": "user:dora", "role": "x"}]}, "assignments.0.role"),
    ],
)
def test_a_body_that_is_wrong_names_the_field(client, path, body, field):
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Denied("no", reasons=(REASON,)), 403),
        (NotFound("no"), 404),
        (GuardRefused("no", reasons=(REASON,)), 409),
        (VersionConflict("no", extra={"current_version": 8}), 412),
    ],
)
def test_refusals_are_problems(client, fakes, error, status):
    fakes.policy_changes.raises = error
    for answer in (client.post(POLICIES, json={"lines": [LINE]}), client.delete(f"{ASSIGNMENTS}/1")):
        assert (answer.status_code, answer.json()["code"]) == (status, error.code)
