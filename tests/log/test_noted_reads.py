"""Who reads the tenant's log stands in it: once per reader, route and hour, whichever process was asked."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from litestar.testing import TestClient

from app.domain.case.attempt import Actor
from app.http.app import HttpSettings, create_app
from app.services.entries.identity import new_id
from app.services.log.noted_reads import MOST, NotedReads, entry_id
from app.services.store.failures import StoreUnavailable
from tests.calling import signed_in
from tests.databases import Database
from tests.fake_services import CASE_ID, Fakes, token
from tests.fake_stores import AT, FakeEntries
from tests.house import Assembly, actor, another_process, open_claim, rows
from tests.one_app import SECRET, an_app
from tests.over_http import client_without_credential

API = "/api/v1"
AUDITOR = signed_in("audrey", "auditor")
AUDREY = actor("audrey", "auditor")
NOT_THE_LOG = {"readCheckpoint", "proveConsistency", "streamCase", "readAudit"}
"""Hashes of the whole log say nothing of it, and a case is read by whoever reads the case."""


async def reads(database: Database) -> list[tuple[str, str]]:
    found = await rows(database, "SELECT entry FROM audit_entry WHERE kind = 'read' ORDER BY entry_id")
    entries = [json.loads(row["entry"]) for row in found]
    return sorted((one["actor"]["reference"], one["route"]) for one in entries)


async def test_the_first_read_of_each_route_is_an_entry_and_none_of_the_others(house: Assembly, database: Database):
    await open_claim(house)
    await house.ledger.sequence()
    async with client_without_credential(house) as http:
        items = (await http.get(f"{API}/audit", headers=AUDITOR)).json()["items"]
        assert await reads(database) == [("user:audrey", "GET /audit")]
        for _ in range(2):
            assert (await http.get(f"{API}/audit", headers=AUDITOR)).status_code == 200
            entry = items[0]
            await http.get(f"{API}/audit/entries/{entry['entry_id']}", headers=AUDITOR)
            await http.get(f"{API}/audit/receipts/{entry['entry_hash']}", headers=AUDITOR)
            await http.get(f"{API}/audit", headers=AUDITOR, params={"log": "service"})
            await http.get(f"{API}/cases/{entry['case_id']}/audit", headers=AUDITOR)
        await http.get(f"{API}/audit", headers=signed_in("root", "admin"))
    assert await reads(database) == [
        ("user:audrey", "GET /audit"),
        ("user:audrey", "GET /audit/entries/{entry_id}"),
        ("user:audrey", "GET /audit/receipts/{entry_hash}"),
        ("user:root", "GET /audit"),
    ]


async def test_of_two_processes_one_writes_it_also_where_both_begin_at_once(house: Assembly, database: Database):
    async with another_process(database) as other:
        noting = [one.noted_reads.note(AUDREY, "GET /audit") for one in (house, other, house)]
        await asyncio.gather(*noting)
    assert await reads(database) == [("user:audrey", "GET /audit")]


async def test_who_reads_along_is_not_woken_by_that_and_reads_it_with_the_next_entry(house: Assembly):
    await open_claim(house)
    await house.ledger.sequence()
    async with house.log_watches.watching(AUDREY.tenant, AUDREY.id) as watch:
        assert await watch.more(30)  # after the first look
        seen = watch.until
        await house.noted_reads.note(AUDREY, "GET /stream")
        await house.ledger.sequence()
        async with asyncio.timeout(30):
            while watch.until == seen:  # noqa: ASYNC110 - what is looked at wakes nobody
                await asyncio.sleep(0.01)
        assert not watch.grown.is_set()
        await open_claim(house)
        await house.ledger.sequence()
        assert await watch.more(30)
    page = await house.ledger.feed(AUDREY, seen, 50, 0, admitted)
    assert [json.loads(leaf.entry.entry)["kind"] for leaf in page.items] == ["read", "opened"]


async def admitted() -> Actor:
    return AUDREY


class Written(FakeEntries):
    """A log in memory whose time goes on as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.at = AT + timedelta(minutes=59)
        self.looked = 0

    async def lock(self, cases, answers):
        self.looked += 1
        await asyncio.sleep(0)
        return replace(await super().lock(cases, answers), at=self.at)

    async def has_entry(self, tenant: str, named: str) -> bool:
        return any(one.draft.entry_id == named for one in self.written)


async def test_many_reads_at_once_are_noted_once_whoever_goes_meanwhile():
    written = Written()
    noted = NotedReads(written, lambda: 0.0)
    first, *others = [asyncio.create_task(noted.note(AUDREY, "GET /stream")) for _ in range(100)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(*others)
    assert (len(written.written), written.looked) == (1, 1)


async def test_a_new_hour_is_a_new_entry_and_between_them_the_database_is_left_alone():
    written, seconds = Written(), 0.0
    noted = NotedReads(written, lambda: seconds)
    for passed, entries, looks in ((0, 1, 1), (59, 1, 1), (60, 2, 2), (3600, 2, 2), (3660, 3, 3)):
        written.at = AT + timedelta(minutes=59, seconds=passed)
        seconds = float(passed)
        await noted.note(AUDREY, "GET /audit")
        assert (len(written.written), written.looked) == (entries, looks), passed


@pytest.mark.parametrize("name", ["service:importer", "system:sla"])
async def test_a_system_account_reads_unnoted(name: str):
    written = Written()
    await NotedReads(written).note(replace(AUDREY, id=name), "GET /audit")
    assert not written.written


async def test_a_process_remembers_so_many_reads_and_forgets_none_in_the_log():
    written = Written()
    written.has_entry = lambda *_: _true()  # type: ignore[method-assign]
    noted = NotedReads(written)
    for number in range(MOST + 2):
        noted._until[("acme", f"user:{number}", "GET /audit")] = float("inf")
    await noted.note(AUDREY, "GET /audit")
    assert len(noted._until) <= MOST


async def _true() -> bool:
    return True


def test_its_id_is_a_uuid_of_its_hour_and_another_for_whoever_reads_something_else():
    hour = datetime(2026, 12, 1, 3, tzinfo=UTC)
    ids = {
        entry_id(who, route, at)
        for who in (AUDREY, actor("root"), replace(AUDREY, tenant="globex"))
        for route in ("GET /audit", "GET /stream")
        for at in (hour, hour + timedelta(hours=1))
    }
    assert len(ids) == 12
    assert {UUID(one).version for one in ids} == {UUID(new_id()).version} == {7}
    assert int(UUID(entry_id(AUDREY, "GET /audit", hour))) >> 80 == int(hour.timestamp() * 1000)


class Away:
    async def note(self, actor: Actor, route: str) -> None:
        raise StoreUnavailable("the disk is full")


class Counting:
    def __init__(self) -> None:
        self.routes: list[str] = []

    async def note(self, actor: Actor, route: str) -> None:
        self.routes.append(route)


@pytest.mark.parametrize("path", ["audit", "stream", f"audit/entries/{CASE_ID}", f"audit/receipts/{'ab' * 32}"])
def test_what_cannot_be_noted_is_not_read(path: str):
    services = replace(Fakes().services(), noted_reads=Away())
    with an_app(services) as app, TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(f"{API}/{path}", headers={"authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_every_call_about_the_log_is_noted_but_those_that_tell_nothing_of_it():
    counting = Counting()
    services = replace(Fakes().services(), noted_reads=counting)
    app = create_app(services, HttpSettings(SECRET))
    calls = {
        handler.operation_id: handler.paths
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if getattr(handler, "operation_id", None) and "log" in handler.resolve_tags()
    }
    assert calls
    with TestClient(app, raise_server_exceptions=False) as client:
        for name, paths in calls.items():
            before = len(counting.routes)
            [path] = paths
            path = path.replace("{case_id:str}", new_id()).replace("{entry_id:str}", new_id())
            path = path.replace("{entry_hash:str}", "ab" * 32)
            client.get(f"{API}{path}", headers={"authorization": f"Bearer {token()}"})
            assert (len(counting.routes) > before) == (name not in NOT_THE_LOG), name
