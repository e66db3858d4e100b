"""Tenants whose rows have the very ids of ours: they change nothing we see, and nothing we do changes them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import Table, text
from sqlmodel import SQLModel

import app.db.tables.every_table  # noqa: F401  (declares all tables)
from app.services.assembly import Assembly
from tests.calling import bearing, signed_in
from tests.databases import Database, engine_of
from tests.house import TENANT, actor, change, rows, state, unguarded
from tests.over_http import client_without_credential
from tests.working import naming_reviewers

TWINS = ("aaa", "aab", "zzz")
"""Two are read before ours where nothing else orders them, and one after."""
ELSEWHERE = "aaa"
"""The twin that keeps the same files in uploads of other names."""
MARKED: dict[str, str] = {
    "author": "'user:twin'",
    "content": "CAST('twin' AS {binary})",
    "created_by": "'user:twin'",
    "creator": "'user:twin'",
    "entry": "'{{}}'",
    "facts": "'{{}}'",
    "file_name": "'twin'",
    "fingerprint": "'twin'",
    "subject": "'user:twin'",
    "title": "'twin'",
    "value": "'\"twin\"'",
}
"""What no answer may show: the columns in which a twin differs, as SQL."""
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 90_000, "currency": "EUR"}}
CARL, MARY, ROOT = signed_in("carl", "clerk"), signed_in("mary", "manager"), signed_in("root", "admin")
ALICE = signed_in("alice")
ROOTED = actor("root", "admin")
API = "/api/v1"


@dataclass
class Seen:
    """The cases of our tenant, and everything that it is answered about them."""

    http: AsyncClient
    case_id: str = ""
    other_id: str = ""
    comment_id: str = ""
    attachment_id: str = ""
    key_id: str = ""
    api_key: str = ""
    answers: dict[str, Any] = field(default_factory=dict)

    async def post(self, path: str, by: dict[str, str], **values: Any) -> Any:
        answer = await self.http.post(f"{API}{path}", headers=by | values.pop("headers", {}), **values)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    async def all(self) -> dict[str, Any]:
        case = f"/cases/{self.case_id}"
        asked = [
            *(f"{case}{part}" for part in ("", "/events?explain=true", "/audit", "/audit?denied=true", "/comments")),
            *(f"{case}{part}" for part in ("/attachments", "/links", "/slas", "/slas/decision/explain")),
            f"{case}/attachments/{self.attachment_id}",
            *(
                f"/cases{part}"
                for part in ("", "?sort=reference", "?sort=due_at", "?overdue=false", "?state=submitted")
            ),
            *("/audit", "/api-keys", "/role-assignments", f"/whocan?case={self.case_id}&event=approve"),
        ]
        told = {}
        for path in asked:
            answer = await self.http.get(f"{API}{path}", headers=ROOT)
            assert answer.is_success, (path, answer.text)
            told[path] = _timeless(answer.json()) if path.endswith("/slas/decision/explain") else answer.text
        return told


async def read_of_store(seen: Seen, house: Assembly) -> list[Any]:
    """What streams, ticks and verifications read of our tenant."""
    store, visible = house.store, await house.cases.visible(ROOTED)
    return [
        await store.log_size(TENANT),
        await store.case_leaves(TENANT, seen.case_id, -1, 100),
        await store.touched(TENANT, -1, 100),
        await store.clocks(TENANT, [seen.case_id, seen.other_id]),
        await store.cycles(TENANT, seen.case_id),
        await store.links(TENANT, seen.case_id, visible),
        await store.comment(TENANT, seen.comment_id),
        await store.api_keys(TENANT, None, 10),
    ]


def _timeless(explained: dict[str, Any]) -> dict[str, Any]:
    """A clock that runs, without what grows while it is looked at."""
    return {name: explained[name] for name in ("clock", "cycle", "started_at", "due_at")}


@pytest.fixture
async def seen(house: Assembly) -> AsyncIterator[Seen]:
    await naming_reviewers(house)
    async with client_without_credential(house) as http:
        made = Seen(http)
        key = {"Idempotency-Key": "opened"}
        made.case_id = (await made.post("/cases", ALICE, json=CLAIM | {"reference": "R-1"}, headers=key))["case"]["id"]
        made.other_id = (await made.post("/cases", ALICE, json=CLAIM | {"reference": "R-2"}))["case"]["id"]
        await _worked_on(made)
        yield made


async def _worked_on(made: Seen) -> None:
    case = f"/cases/{made.case_id}"
    made.comment_id = (await made.post(f"{case}/comments", CARL, json={"text": "seen"}))["comment"]["id"]
    await made.post(f"{case}/comments", CARL, json={"text": "seen anew", "edits": made.comment_id})
    file = {"content": b"a receipt", "params": {"file_name": "a.txt"}, "headers": {"content-type": "text/plain"}}
    made.attachment_id = (await made.post(f"{case}/attachments", CARL, **file))["attachment"]["id"]
    await made.post(f"{case}/links", CARL, json={"type": "relates_to", "to": made.other_id})
    await made.post(f"{case}/roles", MARY, json={"give": [{"role": "[reviewer]", "subject": "user:rita"}]})
    key = {"title": "A key", "subject": "service:import", "roles": ["role:clerk"]}
    told = await made.post("/api-keys", ROOT, json=key)
    made.key_id, made.api_key = told["id"], told["key"]
    refused = await made.http.post(f"{API}{case}/events", headers=CARL, json={"event": "pay"})
    assert refused.status_code == 403


async def twinned(database: Database) -> None:
    """Copy every row of our tenant for each twin, marked, though their entries say that they are ours."""
    engine = engine_of(database.admin_url)
    async with engine.begin() as connection:
        if database.kind == "postgres":
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in SQLModel.metadata.sorted_tables:
            if "tenant" in table.c and table.name != "blob_usage":  # which triggers count along
                for twin in TWINS:
                    await connection.execute(text(_copy(table, twin, database.kind)))
    await engine.dispose()


def _copy(table: Table, twin: str, kind: str) -> str:
    marks = {name: sql.format(binary="BLOB" if kind == "sqlite" else "bytea") for name, sql in MARKED.items()}
    marks["tenant"] = f"'{twin}'"
    if twin == ELSEWHERE:
        marks["upload"] = "'twin'"
    columns = [column.name for column in table.columns]
    chosen = ", ".join(marks.get(name, f'"{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table.name} ({named}) SELECT {chosen} FROM {table.name} WHERE tenant = '{TENANT}'"


async def kept_of_twins(database: Database) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in SQLModel.metadata.sorted_tables:
        if "tenant" in table.c:
            key = ", ".join(column.name for column in table.primary_key)
            found[table.name] = await rows(
                database, f"SELECT * FROM {table.name} WHERE tenant IN {TWINS} ORDER BY {key}"
            )
    return found


async def test_a_twin_is_never_seen(seen: Seen, house: Assembly, database: Database) -> None:
    await house.ledger.sequence()
    before, read = await seen.all(), await read_of_store(seen, house)
    assert all(before.values())
    assert all(read)
    await twinned(database)
    assert await seen.all() == before
    assert await read_of_store(seen, house) == read
    again = await seen.post("/cases", ALICE, json=CLAIM | {"reference": "R-1"}, headers={"Idempotency-Key": "opened"})
    assert again["case"]["id"] == seen.case_id


async def test_a_twin_is_never_changed(seen: Seen, house: Assembly, database: Database) -> None:
    await house.ledger.sequence()
    await twinned(database)
    before = await kept_of_twins(database)
    assert before["cases"]
    assert before["comment"]
    case = f"/cases/{seen.case_id}"
    taken = await seen.post("/next-case", CARL, json={"case_type": "expense_claim"})
    await seen.post(f"/cases/{taken['case']['id']}/release", CARL)
    await seen.post(f"{case}/events", bearing(seen.api_key), json={"event": "triage"})
    await house.keys.note_uses()
    await seen.post(f"{case}/comments", CARL, json={"text": "and again", "edits": seen.comment_id})
    await seen.post(f"{case}/roles", MARY, json={"take": [{"role": "[reviewer]", "subject": "user:rita"}]})
    by_reference = {"case_type": "expense_claim", "reference": "R-2", "event": "triage"}
    results = (await seen.post("/events", CARL, json={"attempts": [by_reference]}))["results"]
    assert results[0]["status"] == 200, results
    again = {"params": {"file_name": "b.txt"}, "headers": {"content-type": "text/plain"}, "content": b"a receipt"}
    await seen.post(f"{case}/attachments", CARL, **again)
    revoked = await seen.http.delete(f"{API}/api-keys/{seen.key_id}", headers=ROOT)
    assert revoked.is_success
    await house.ledger.sequence()
    [blob] = await rows(database, f"SELECT upload FROM blob WHERE tenant = '{TENANT}'")
    await house.store.drop_upload(TENANT, blob["upload"])
    assert await kept_of_twins(database) == before


async def test_a_tenant_without_rows_reads_nothing(seen: Seen, house: Assembly, database: Database) -> None:
    await house.ledger.sequence()
    [blob] = await rows(database, "SELECT sha256, upload FROM blob")
    store, nobody = house.store, "globex"
    for found in (
        await store.blob(nobody, blob["sha256"]),
        await store.chunk(nobody, blob["upload"], 0),
        await store.comment(nobody, seen.comment_id),
        await store.attachment(nobody, seen.case_id, seen.attachment_id),
        await store.log_size(nobody),
        await store.case_leaves(nobody, seen.case_id, -1, 100),
        await store.cycles(nobody, seen.case_id),
        await store.api_keys(nobody, None, 100),
    ):
        assert not found


async def test_each_twin_is_sequenced_by_itself(seen: Seen, house: Assembly, database: Database) -> None:
    await twinned(database)
    await house.ledger.sequence()
    found = await rows(database, "SELECT tenant, leaf_index, entry_id FROM audit_leaf ORDER BY tenant, leaf_index")
    of = {
        tenant: [(row["leaf_index"], row["entry_id"]) for row in found if row["tenant"] == tenant]
        for tenant in (*TWINS, TENANT)
    }
    assert [index for index, _ in of[TENANT]] == list(range(len(of[TENANT])))
    assert all(of[twin] == of[TENANT] for twin in TWINS)
    assert await rows(database, "SELECT * FROM audit_pending WHERE tenant <> '*'") == []


async def test_what_is_due_of_one_tenant_hides_nothing_of_another(
    seen: Seen, house: Assembly, database: Database
) -> None:
    await twinned(database)
    tenants = sorted((*TWINS, TENANT))
    for day, tenant in enumerate(tenants, 1):
        at = f"timestamptz '2020-01-0{day}'" if database.kind == "postgres" else f"{day}"
        await change(database, f"UPDATE clock SET next_fire_at = {at} WHERE tenant = '{tenant}'")
    async with house.store.transaction() as tx:
        due = (await tx.lock_due(100)).cases
    assert sorted((key.tenant, key.case_id) for key in due) == sorted(
        (tenant, case_id) for tenant in tenants for case_id in (seen.case_id, seen.other_id)
    )


async def test_a_clock_of_one_tenant_is_no_other_ones(seen: Seen, house: Assembly, database: Database) -> None:
    await twinned(database)
    await unguarded(database, "clock_refuses_delete")
    await change(database, "DELETE FROM clock WHERE tenant = 'zzz'")
    definition = (await state(house, seen.case_id)).definition
    found = await house.store.cases_without_clocks([definition], None, 100)
    assert sorted(found) == sorted(("zzz", case_id) for case_id in (seen.case_id, seen.other_id))
