"""A field holds a file: sent before, its sender's alone, attached with what names it, counted by guards."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from app.commands.opening.declared import Declared, read_folders
from app.domain.deciding.attached import MOST_FILES
from app.services.assembly import Assembly
from app.services.store.ports import Store
from tests.databases import Database
from tests.house import entries, rows, running
from tests.over_http import client_of
from tests.whole_database import everything
from tests.work.test_corrections import log_agrees

VISA = """
case_type: visa
opening: {apply: draft}
data:
  type: object
  properties:
    name: {type: string}
    passport: {type: string, format: file}
    photos: {type: array, items: {type: string, format: file}}
states: {draft: {}, submitted: {}, done: {final: true}}
events:
  submit: {from: draft, to: submitted, when: case.files.count("passport") > 0, form: [data.passport]}
  finish: {from: submitted, to: done}
"""
POLICY = """
p, *, *, visa, *, , allow
p, *, *, visa, case:read, , allow
p, *, *, visa, case:correct, , allow
p, *, *, visa, apply, "case.files.count('photos') > 2", deny
"""


def declared(folder: Path, visa: str = VISA) -> Declared:
    for name, text in {"machines/visa.yaml": visa, "policies/visa.csv": POLICY}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return read_folders(folder / "machines", folder / "policies")


@pytest.fixture
async def house(store: Store, tmp_path: Path) -> AsyncIterator[Assembly]:
    found = declared(tmp_path)
    assert not found.errors, found.errors
    async with running(store, found) as house:
        yield house


@pytest.fixture
async def client(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_of(house, "applicant") as client:
        yield client


async def sent(client: AsyncClient, content: bytes = b"a passport", name: str = "pass.txt") -> str:
    answer = await client.post("/api/v1/files", params={"name": name}, content=content)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (set(told), told["size"]) == ({"file", "sha256", "size"}, len(content))
    return str(told["file"])


async def opens(client: AsyncClient, data: Mapping[str, Any], **params: Any) -> Any:
    return await client.post("/api/v1/cases", json={"case_type": "visa", "data": data}, params=params)


async def corrects(client: AsyncClient, case_id: str, data: Mapping[str, Any]) -> Any:
    body = {"data": data, "reason": "It was missing"}
    return await client.post(f"/api/v1/cases/{case_id}/corrections", json=body)


async def test_an_opening_attaches_the_files_that_its_data_name(
    house: Assembly, client: AsyncClient, database: Database
) -> None:
    passport, photo = await sent(client), await sent(client, b"a photo", "photo.txt")
    data = {"name": "Ada", "passport": passport, "photos": [photo]}
    before = await everything(database)
    trial = await opens(client, data, dry_run=True)
    assert await everything(database) == before
    answer = await opens(client, data)
    assert (trial.status_code, answer.status_code) == (201, 201), answer.text
    case_id = answer.json()["case"]["id"]
    assert answer.json()["case"]["data"] == data
    assert answer.json()["receipt"]["case_seq"] == 1
    told = (await client.get(f"/api/v1/cases/{case_id}/attachments")).json()["items"]
    assert [(one["id"], one["file_name"], one["category"]) for one in told] == [
        (passport, "pass.txt", "passport"),
        (photo, "photo.txt", "photos"),
    ]
    fetched = await client.get(f"/api/v1/cases/{case_id}/attachments/{passport}")
    assert fetched.content == b"a passport"
    written = await entries(database, "attachment")
    assert [(one["case_seq"], one["event"]) for one in written] == [(2, "apply"), (3, "apply")]
    submitted = await client.post(f"/api/v1/cases/{case_id}/events", json={"event": "submit"})
    assert submitted.json()["case"]["state"] == "submitted"
    await log_agrees(house)


async def test_a_correction_attaches_before_its_own_entry(
    house: Assembly, client: AsyncClient, database: Database
) -> None:
    case_id = (await opens(client, {})).json()["case"]["id"]
    refused = await client.post(f"/api/v1/cases/{case_id}/events", json={"event": "submit"})
    assert refused.json()["code"] == "guard_refused"
    passport = await sent(client)
    assert (await corrects(client, case_id, {"passport": passport})).status_code == 200
    chain = (await client.get(f"/api/v1/cases/{case_id}/audit")).json()["items"]
    assert [one["entry"]["kind"] if "entry" in one else one["kind"] for one in chain] == [
        "opened",
        "attachment",
        "corrected",
    ]
    again = await corrects(client, case_id, {"passport": passport, "name": "Ada"})
    assert again.status_code == 200, "what the case has there already is not attached again"
    assert len(await entries(database, "attachment")) == 1
    submitted = await client.post(f"/api/v1/cases/{case_id}/events", json={"event": "submit"})
    assert submitted.status_code == 200
    await log_agrees(house)


async def test_an_event_brings_the_file_that_its_guard_asks_for(
    house: Assembly, client: AsyncClient, database: Database
) -> None:
    case_id, passport = (await opens(client, {})).json()["case"]["id"], await sent(client)
    events, body = f"/api/v1/cases/{case_id}/events", {"event": "submit", "data": {"passport": passport}}
    assert (await client.post(events, json={"event": "submit"})).json()["code"] == "guard_refused"
    trial = (await client.post(events, json=body, params={"dry_run": True})).json()
    assert trial["changes"]["data"] == {"data.passport": {"from": None, "to": passport}}
    answer = await client.post(events, json=body)
    assert (answer.json()["case"]["state"], answer.json()["receipt"]["case_seq"]) == ("submitted", 3)
    assert [one["case_seq"] for one in await entries(database, "attachment")] == [2]
    await log_agrees(house)


async def test_what_is_no_file_of_the_caller_is_refused(
    house: Assembly, client: AsyncClient, database: Database
) -> None:
    case_id = (await opens(client, {})).json()["case"]["id"]
    async with client_of(house, "applicant", user="eve") as eve:
        foreign = await sent(eve)
    used = await sent(client)
    assert (await opens(client, {"passport": used})).status_code == 201
    old = await sent(client)
    for wrong in (foreign, used, "0198c0de-0000-7000-8000-00000000ffff", "passport.pdf", ""):
        for answer in (await opens(client, {"passport": wrong}), await corrects(client, case_id, {"passport": wrong})):
            assert answer.status_code == 422, wrong
            assert answer.json()["errors"][0]["field"] == "data.passport"
        nested = await opens(client, {"photos": [wrong]})
        assert nested.json()["errors"][0]["field"] == "data.photos.0"
    assert (await opens(client, {"passport": old})).status_code == 201
    assert len(await entries(database, "attachment")) == 2


async def test_the_policy_of_an_opening_counts_them(client: AsyncClient) -> None:
    photos = [await sent(client, f"photo {n}".encode()) for n in range(3)]
    assert (await opens(client, {"photos": photos})).status_code == 403
    assert (await opens(client, {"photos": photos[:2]})).status_code == 201


async def test_so_many_files_at_once_and_no_more(client: AsyncClient) -> None:
    many = [f"0198c0de-0000-7000-8000-{n:012}" for n in range(MOST_FILES + 1)]
    answer = await opens(client, {"photos": many})
    assert answer.json()["errors"][0]["message"] == f"Names more than {MOST_FILES} files at once."


async def test_two_cases_do_not_get_one_file_in_one_batch(client: AsyncClient, database: Database) -> None:
    passport = await sent(client)
    attempts = [
        {"case_type": "visa", "reference": f"R{n}", "event": "apply", "data": {"passport": passport}} for n in range(3)
    ]
    trial = (await client.post("/api/v1/events?dry_run=true", json={"attempts": attempts})).json()["results"]
    real = (await client.post("/api/v1/events", json={"attempts": attempts})).json()["results"]
    assert [one["status"] for one in real] == [one["status"] for one in trial] == [201, 422, 422]
    assert len(await entries(database, "attachment")) == 1


async def test_what_nobody_named_is_gone_after_a_day(house: Assembly, client: AsyncClient, database: Database) -> None:
    kept, left = await sent(client, b"kept"), await sent(client, b"left")
    assert (await opens(client, {"passport": kept})).status_code == 201
    async with house.store.transaction("acme") as tx:
        at = (await tx.lock([], [])).at
    assert await house.attachments.forget_unattached(at - timedelta(hours=23)) == 0
    assert await house.attachments.forget_unattached(at + timedelta(minutes=1)) == 1
    assert len(await rows(database, "SELECT * FROM blob")) == 1
    assert (await opens(client, {"passport": left})).status_code == 422


async def test_sending_needs_bytes_and_room(house: Assembly, client: AsyncClient) -> None:
    empty = await client.post("/api/v1/files?name=a", content=b"")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "body")
    wrong = await client.post("/api/v1/files?name=a", content=b"%PDF-1.7", headers={"content-type": "image/png"})
    assert wrong.json()["errors"][0]["field"] == "Content-Type"
    house.uploads.limits = type(house.uploads.limits)(attachment_bytes=10, attachment_bytes_per_tenant=15)
    assert (await client.post("/api/v1/files?name=a", content=b"x" * 11)).status_code == 413
    await sent(client, b"x" * 10)
    assert (await client.post("/api/v1/files?name=a", content=b"y" * 10)).json()["code"] == "over_quota"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("finish: {from", "finish: {payload: {type: object, properties: {p: {type: string, format: file}}}, from"),
        ("name: {type: string}", "name: {anyOf: [{type: string, format: file}, {type: integer}]}"),
    ],
)
def test_a_file_where_nobody_looks_is_told_by_check(was: str, now: str, tmp_path: Path) -> None:
    found = declared(tmp_path, VISA.replace(was, now))
    assert [fault.message for fault in found.errors] == [
        "a file is held by a field of the data alone, and not by one that may be another"
    ]
