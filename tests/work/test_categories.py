"""A file says what it is for, and guards count the files of a category: no submitting without a passport."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from app.commands.deciding_again import deciding
from app.commands.opening.declared import Declared, read_folders
from app.domain.verbs.attaching import Attach
from app.services.assembly import Assembly
from app.services.store.ports import Store
from app.verify import verify
from tests.databases import Database
from tests.exporting import export
from tests.house import actor, applied, attempt, code, fire, running, tried
from tests.over_http import client_of
from tests.work.test_corrections import log_agrees

APPLICANT = actor("alice", "applicant")
VISA = """
case_type: visa
initial: draft
data: {type: object, properties: {name: {type: string}}}
states: {draft: {}, submitted: {}, done: {final: true}}
events:
  submit:
    from: draft
    to: submitted
    when: case.files.count("passport") > 0 && case.files.count("photo") == 2
  finish: {from: submitted, to: done}
"""
POLICY = """
p, role:applicant, *, visa, *, , allow
p, role:applicant, *, visa, case:read, , allow
p, role:applicant, *, visa, case:attach, "case.files.count('photo') < 3", allow
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


async def opened(client: AsyncClient) -> str:
    answer = await client.post("/api/v1/cases", json={"case_type": "visa", "data": {}})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case"]["id"])


async def attach(client: AsyncClient, case_id: str, category: str | None = None, **params: Any) -> Response:
    asked = {"file_name": "a.txt", **({} if category is None else {"category": category}), **params}
    return await client.post(f"/api/v1/cases/{case_id}/attachments", params=asked, content=b"some bytes")


async def test_an_event_waits_for_its_files(house: Assembly, client: AsyncClient, database: Database) -> None:
    case_id = await opened(client)
    for category in ("passport", "photo", None, "invoice"):
        assert (await attach(client, case_id, category)).status_code == 201
        refused = await fire(house, case_id, "submit", APPLICANT)
        assert code(refused) == "guard_refused"
    assert (await attach(client, case_id, "photo", dry_run=True)).status_code == 201
    assert code(await fire(house, case_id, "submit", APPLICANT)) == "guard_refused", "a dry run attaches nothing"
    assert (await attach(client, case_id, "photo")).json()["attachment"]["category"] == "photo"
    assert applied(await fire(house, case_id, "submit", APPLICANT))["state"] == "submitted"
    told = (await client.get(f"/api/v1/cases/{case_id}/attachments")).json()["items"]
    assert [one.get("category") for one in told] == ["passport", "photo", None, "invoice", "photo"]
    await log_agrees(house)


async def test_the_policy_counts_them_too(client: AsyncClient) -> None:
    case_id = await opened(client)
    assert [(await attach(client, case_id, "photo")).status_code for _ in range(4)] == [201, 201, 201, 403]


@pytest.mark.parametrize("category", ["Passport", "pass port", "", "1", "x" * 65])
async def test_a_category_is_a_name(client: AsyncClient, category: str) -> None:
    case_id = await opened(client)
    wrong = await attach(client, case_id, file_name="a.txt", category=category)
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "category"


async def test_a_case_has_so_many_categories_and_no_more(house: Assembly, client: AsyncClient) -> None:
    case_id = await opened(client)
    await attach(client, case_id)
    sha256 = (await client.get(f"/api/v1/cases/{case_id}/attachments")).json()["items"][0]["sha256"]
    said: dict[str, Any] = {"file_name": "a", "sha256": sha256, "size": 10, "declared_type": "", "sniffed_type": None}
    tries = [attempt(APPLICANT, None, case_id, verb=Attach(**said, category=f"c{n}")) for n in range(101)]
    answers = await house.desk.submit(tries)
    assert [code(answer) for answer in answers] == ["applied"] * 100 + ["invalid"]
    assert code(await tried(house, attempt(APPLICANT, None, case_id, verb=Attach(**said, category="c7")))) == "applied"


async def test_what_waited_for_files_is_decided_again(house: Assembly, client: AsyncClient, tmp_path: Path) -> None:
    case_id = await opened(client)
    for category in ("passport", "photo", "photo"):
        await attach(client, case_id, category)
    await fire(house, case_id, "submit", APPLICANT)
    await house.ledger.sequence()
    run = verify.Verification(verify.Archive(str(await export(house.store, tmp_path / "export.zip"))), None, [], [])
    run.begun = deciding
    verdict = run.run()
    assert verdict.findings == []
    assert (verdict.told["decided"]["again"], verdict.told["decided"]["not_again"]) == (2, {})


def test_what_cannot_be_a_category_is_told_by_check(tmp_path: Path) -> None:
    found = declared(tmp_path, VISA.replace('count("passport")', "count(case.version)"))
    [fault] = found.errors
    assert "`count` needs the name of a category; case.version is integer" in fault.message
