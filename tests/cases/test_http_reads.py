"""Reading over HTTP, and what the border says when something is wrong behind it."""

import pytest

from app.domain.values.errors import Internal, NotFound, Unavailable
from app.http.border.services import Readiness
from app.logs import configure_logs
from app.services.cases.views import Possible, PossibleEvent, RefusedEvent
from app.services.desk.answer import Answer, case_json
from app.services.store.failures import StoreUnavailable
from app.services.store.stored import StoredEntry
from app.settings import Settings
from tests.fake_services import CASE, CASE_ID, CASES, EVENTS, FOREIGN_ID, REASON, Fakes, api


@pytest.fixture
def fakes():
    return Fakes()


@pytest.fixture
def client(fakes):
    with api(fakes) as client:
        yield client


def test_a_case_is_read_with_its_version_as_etag(client):
    answer = client.get(f"{CASES}/{CASE_ID}")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert answer.json() == {**case_json(CASE), "people": []}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("call", ["", "/events", "/audit"])
def test_a_foreign_case_an_unknown_one_and_no_id_at_all_look_the_same(client, fakes, call):
    fakes.desk.decide = lambda attempt: Answer(error=NotFound(f"there is no case {attempt.case_id}"))
    found = {client.get(f"{CASES}/{name}{call}").content for name in (FOREIGN_ID, "0" * 36, "nonsense", "%00", "é")}
    fired = {client.post(f"{CASES}/{name}/events", json={"event": "x"}).content for name in (FOREIGN_ID, "nonsense")}
    assert len(found | fired) == 1
    assert b"not_found" in found.pop()


def test_filters_reach_the_service(client, fakes):
    answer = client.get(
        f"{CASES}?case_type=expense_claim&state=review&reference=EXP-9&overdue=false&sort=-urgency&limit=7&cursor=c"
    )
    assert answer.json() == {"items": [], "next_cursor": "more"}
    wanted = fakes.cases.wanted
    assert (wanted.case_type, wanted.state, wanted.reference) == ("expense_claim", "review", "EXP-9")
    assert wanted.overdue is False
    assert (wanted.sort, wanted.limit, wanted.cursor, wanted.team) == ("-urgency", 7, "c", None)


def test_possible_events_are_explained_on_request(client, fakes):
    fakes.cases.possible_now = Possible(
        [
            PossibleEvent(
                event="approve",
                title="Approve",
                to=None,
                payload_schema={"type": "object"},
                reason=None,
                needs="payload",
            )
        ],
        [RefusedEvent(event="pay", title=None, reasons=(REASON,), who_could=("role:manager",))],
    )
    plain = client.get(EVENTS).json()
    assert list(plain) == ["events", "acts"]
    assert plain["events"][0]["needs"] == "payload"
    explained = client.get(f"{EVENTS}?explain=true").json()
    assert explained["refused"][0]["who_could"] == ["role:manager"]
    assert explained["refused"][0]["reasons"][0]["remedy"] == REASON.remedy


def test_the_log_of_a_case_is_paged_and_shows_the_sealed_text(client, fakes):
    sealed = '{"at":"2026-11-20T08:00:00.000000Z","kind":"opened"}'
    fakes.cases.entries = [
        StoredEntry(entry_id=CASE_ID, case_seq=seq, entry=sealed, entry_hash="aa" * 32, values={"/data/iban": "DE"})
        for seq in (1, 2, 3)
    ]
    fakes.cases.entries.append(
        StoredEntry(entry_id=FOREIGN_ID, case_seq=None, entry=sealed, entry_hash="bb" * 32, values={})
    )
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
    assert item["opening"] == [{"event": "submit", "title": None, "to": "submitted"}]
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
    configure_logs(Settings())
    fakes.cases.raises = RuntimeError("SELECT secret FROM cases")
    answer = client.get(f"{CASES}/{CASE_ID}", headers={"X-Request-Id": "look-for-me"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == "look-for-me"
    assert "secret" not in answer.text
    logged = capsys.readouterr().err
    assert logged.count("look-for-me") == 1
    assert "Bearer" not in logged


def test_what_the_desk_has_logged_is_not_logged_again(client, fakes, capsys):
    fakes.desk.refuse(Internal("It was logged."))
    answer = client.post(EVENTS, json={"event": "a"}, headers={"X-Request-Id": "look-for-me"})
    assert (answer.status_code, answer.json()["request_id"]) == (500, "look-for-me")
    assert capsys.readouterr().out == ""


def test_a_request_id_that_is_not_sane_is_replaced(client):
    for given in ("", "a b", "x" * 65, "<script>"):
        assert client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"] not in {given, ""}


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/schema", f"{CASES}/{CASE_ID}"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
