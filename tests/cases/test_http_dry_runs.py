"""`?dry_run=true`: the status and the case of the real call, what would change, and nothing that stays."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient, Response

from app.services.assembly import Assembly
from tests.databases import Database, mostly_sqlite
from tests.house import open_claim
from tests.over_http import client_of
from tests.whole_database import everything

__all__ = ["mostly_sqlite"]

CASES = "/api/v1/cases"
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}
DRY = {"dry_run": "true"}


@pytest.fixture
async def client(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_of(house, "clerk", "supervisor", "manager", user="carl") as client:
        yield client


async def tried(client: AsyncClient, database: Database, path: str, body: Any = None, **values: Any) -> Response:
    before = await everything(database)
    response = await client.post(path, params=DRY | values.pop("params", {}), json=body, **values)
    assert await everything(database) == before
    assert not {"etag", "location", "idempotency-replayed"} & set(response.headers)
    return response


async def test_an_opening(client: AsyncClient, database: Database) -> None:
    response = await tried(client, database, CASES, CLAIM, headers={"idempotency-key": "k1"})
    told = response.json()
    assert response.status_code == 201
    assert set(told) == {"dry_run", "case", "changes"}
    assert told["dry_run"] is True
    assert told["case"]["state"] == "submitted"
    assert told["changes"]["state"] == {"from": None, "to": "submitted"}
    assert told["changes"]["data"]["data.amount_cents"] == {"from": None, "to": 100}
    real = await client.post(CASES, json=CLAIM | {"event": "save"}, headers={"idempotency-key": "k1"})
    assert real.status_code == 201, "a key of a dry run stands for nothing"
    replayed = await tried(client, database, CASES, CLAIM, headers={"idempotency-key": "k1"})
    assert replayed.status_code == 201, "and a key that was used means nothing to one"


async def test_an_event_and_what_refuses_it(house: Assembly, client: AsyncClient, database: Database) -> None:
    events = f"{CASES}/{await open_claim(house)}/events"
    response = await tried(client, database, events, {"event": "triage"}, headers={"if-match": '"1"'})
    assert response.status_code == 200
    assert response.json()["changes"]["state"] == {"from": "submitted", "to": "review.first_line"}
    for body, headers in (
        ({"event": "pay"}, {}),
        ({"event": "triag"}, {}),
        ({"event": "triage"}, {"if-match": '"7"'}),
        ({"event": "clear_budget"}, {}),
    ):
        trial = await tried(client, database, events, body, headers=headers)
        real = await client.post(events, json=body, headers=headers)
        assert (trial.status_code, trial.json()) == (real.status_code, real.json())
        assert trial.status_code >= 400


async def test_a_batch(house: Assembly, client: AsyncClient, database: Database) -> None:
    case_id = await open_claim(house)
    attempts = [{"case_id": case_id, "event": event} for event in ("triage", "triage", "approve")]
    told = (await tried(client, database, "/api/v1/events", {"attempts": attempts})).json()
    assert told["dry_run"] is True
    first, second, third = told["results"]
    assert (first["status"], second["problem"]["code"], third["status"]) == (200, "wrong_state", 200)
    assert third["changes"]["state"] == {"from": "review.first_line", "to": "review.second_line"}
    assert "receipt" not in third
    real = (await client.post("/api/v1/events", json={"attempts": attempts})).json()["results"]
    assert [one["status"] for one in real] == [one["status"] for one in told["results"]]


async def test_what_people_do_besides_events(house: Assembly, client: AsyncClient, database: Database) -> None:
    case_id, other = await open_claim(house), await open_claim(house)
    for call, body, made in (
        ("claim", None, "case"),
        ("assignment", {"assignee": "user:susan"}, "case"),
        ("comments", {"text": "Fine"}, "comment"),
        ("links", {"to": other, "type": "blocks"}, "link"),
    ):
        path = f"{CASES}/{case_id}/{call}"
        trial = await tried(client, database, path, body)
        real = await client.post(path, json=body)
        assert trial.status_code == real.status_code
        told, kept = trial.json(), real.json()
        assert set(told) == (set(kept) - {"receipt"}) | {"dry_run", "changes"}
        assert made in told
    released = await tried(client, database, f"{CASES}/{other}/release")
    assert released.json()["code"] == "guard_refused"


async def test_a_file(house: Assembly, client: AsyncClient, database: Database) -> None:
    path = f"{CASES}/{await open_claim(house)}/attachments"
    name = {"file_name": "a.txt"}
    trial = await tried(client, database, path, params=name, content=b"some text")
    real = await client.post(path, params=name, content=b"some text")
    assert trial.status_code == real.status_code == 201
    assert trial.json()["attachment"]["sha256"] == real.json()["attachment"]["sha256"]
    empty = await tried(client, database, path, params=name, content=b"")
    assert (empty.status_code, empty.json()) == (
        (of := await client.post(path, params=name, content=b"")).status_code,
        of.json(),
    )
    png = {"content-type": "image/png"}
    wrong = await tried(client, database, path, params=name, content=b"%PDF-1.7 or so", headers=png)
    assert wrong.json()["errors"][0]["field"] == "Content-Type"


async def test_foreign_and_hidden_cases_are_not_there(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    async with client_of(house, "nobody", user="eve") as eve:
        hidden = await tried(eve, database, f"{CASES}/{case_id}/events", {"event": "triage"})
        absent = await tried(eve, database, f"{CASES}/{case_id[:-4]}ffff/events", {"event": "triage"})
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())
    assert hidden.status_code == 404


async def test_the_next_case_is_not_taken_by_a_call_that_does_not_know_the_word(
    house: Assembly, client: AsyncClient, database: Database
) -> None:
    await open_claim(house)
    response = await tried(client, database, "/api/v1/next-case", {})
    assert response.json()["errors"][0]["field"] == "dry_run"
