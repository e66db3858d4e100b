"""A running house on a real store, with the shipped case types and policies, and words for what people do in it."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.commands.opening.declared import Declared, read_folders
from app.db import open_store
from app.db.connections.sqlite_library import sqlite3
from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens
from app.domain.case.case import Case
from app.domain.definition.case_type import CaseType
from app.domain.machine.machine import Machine
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.definitions import definitions
from app.services.desk.answer import Answer
from app.services.log.watches import WatchLimits
from app.services.policy.policies import PolicySource
from app.services.store.ports import Store
from app.services.work.contents import Contents
from app.services.work.scanning import Scanner
from tests.databases import LIVED_IN, TEMPLATE, Database, Server, postgres_copy, sqlite_of
from tests.factories import TENANT, new_id

__all__ = ["house", "lived_in", "postgres_lived_in", "postgres_template", "sqlite_lived_in"]

ROOT = Path(__file__).resolve().parent.parent
CLAIM = {"amount_cents": 120_000, "currency": "EUR"}
SMALL_CLAIM = {"amount_cents": 5_000, "currency": "EUR"}
INCIDENT = {"summary": "The printer burns", "priority": 3}
PERMIT = {"applicant_name": "Zoe", "site": "Elm Street 1", "floor_area_m2": 90, "protected_area": False}


class NobodyMakes:
    """Exports that are asked for wait."""

    formats = ("zip", "jsonl", "csv")
    patience = 0.0

    def wake(self) -> None:
        return None

    async def stop(self) -> None:
        return None


def actor(name: str, *roles: str, tenant: str = TENANT) -> Actor:
    return Actor(tenant=tenant, id=f"user:{name}", roles=frozenset(f"role:{role}" for role in roles))


ALICE = actor("alice")
CLERK = actor("carl", "clerk")
SUPERVISOR = actor("susan", "supervisor")
MANAGER = actor("mona", "manager")
CASHIER = actor("cash", "cashier")
STRANGER = actor("steve")
ADMIN = actor("root", "admin")
TO_CHECKS = [("triage", CLERK), ("approve", SUPERVISOR), ("approve", MANAGER)]


_compiled: dict[tuple[str, int], Machine] = {}


def _compiled_once(case_type: CaseType, digest: str, version: int) -> Machine:
    """Machines hold no case: houses that declare the same share them, as the first start of each makes its own."""
    if (digest, version) not in _compiled:
        _compiled[digest, version] = Machine(case_type, digest, version)
    return _compiled[digest, version]


definitions.Machine = _compiled_once  # type: ignore[assignment,misc]


@cache
def declared() -> Declared:
    found = read_folders(ROOT / "machines", ROOT / "policies")
    assert not found.errors
    return found


def declaring(**case_types: CaseType | None) -> Declared:
    """What is declared, with other case types in the place of some; None takes one away."""
    known: Mapping[str, CaseType | None] = {**declared().case_types, **case_types}
    return replace(declared(), case_types={name: found for name, found in known.items() if found is not None})


def policy_file(name: str) -> PolicySource:
    [found] = [source for source in declared().policies if source.file.name == f"{name}.csv"]
    return found


async def let_nobody_read(house: Assembly, case_type: str) -> None:
    source = policy_file(case_type)
    await house.policies.apply(replace(source, lines=[line for line in source.lines if line.act != "case:read"]))


@asynccontextmanager
async def running(
    store: Store,
    found: Declared | None = None,
    desks: int = 1,
    folder: Contents | None = None,
    watches: WatchLimits | None = None,
    scanner: Scanner | None = None,
) -> AsyncIterator[Assembly]:
    """A process of the service: its desk, its policy in memory. It closes the store."""
    found = found or declared()
    parts: Any = {"attachment_folder": folder, "watches": watches, "scanner": scanner, "maker": NobodyMakes()}
    house = Assembly(store, PolicyEngine(), desks, **parts)
    async with house.running(found.case_types, found.calendars, found.policies):
        yield house


@asynccontextmanager
async def another_process(database: Database, found: Declared | None = None) -> AsyncIterator[Assembly]:
    async with running(open_store(database.url), found) as house:
        yield house


@pytest.fixture(scope="session")
def sqlite_lived_in(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("lived-in") / "template.db"))
    asyncio.run(_live_in(sqlite_of(file)))
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """The name of a database in which a house has run."""
    name = "lived_in"
    asyncio.run(postgres_server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    asyncio.run(_live_in(Database("postgres", postgres_server.url(name), "")))
    return name


@pytest.fixture
async def postgres_lived_in(postgres_server: Server, postgres_template: str) -> AsyncIterator[Database]:
    async for database in postgres_copy(postgres_server, postgres_template):
        yield database


async def _live_in(database: Database) -> None:
    """Publish and seed what is declared."""
    async with another_process(database):
        pass


@pytest.fixture(name=LIVED_IN)
def lived_in() -> None:
    """For `database`, which looks whether the test has it."""


@pytest.fixture
async def house(_lived_in: None, store: Store, database: Database) -> AsyncIterator[Assembly]:
    async with running(store, desks=1 if database.kind == "sqlite" else 2) as started:
        yield started


def attempt(by: Actor, event: str | None, case_id: str | None = None, key: str | None = None, **values: Any) -> Attempt:
    """An attempt as the border makes it; the fingerprint of its key is over what matters of it."""
    made = Attempt(
        actor=by,
        event=event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="request-1",
        case_id=case_id,
        **values,
    )
    told = {name: str(getattr(made, name)) for name in ("event", "case_id", "data", "payload", "reason", "reference")}
    return replace(made, idempotency=Idempotency(key, json.dumps(told)) if key else None)


def opening(
    by: Actor = ALICE, case_type: str = "expense_claim", event: str | None = "submit", data: Any = None, **values: Any
) -> Attempt:
    return attempt(by, event, case_type=case_type, data=CLAIM if data is None else data, opens=Opens.ALWAYS, **values)


async def submit(house: Assembly, *attempts: Attempt) -> list[Answer]:
    return await house.desk.submit(attempts)


async def tried(house: Assembly, one: Attempt) -> Answer:
    [answer] = await house.desk.submit([one])
    return answer


async def fire(house: Assembly, case_id: str, event: str, by: Actor, **values: Any) -> Answer:
    return await tried(house, attempt(by, event, case_id, **values))


async def fired(house: Assembly, case_id: str, event: str, by: Actor, **values: Any) -> dict[str, Any]:
    """The case after an event that has to apply."""
    return applied(await fire(house, case_id, event, by, **values))


async def opened(house: Assembly, **values: Any) -> str:
    """The id of a case that has to open."""
    one = opening(**values)
    answer = await tried(house, one)
    assert answer.error is None, answer.error
    return one.new_case_id


async def open_claim(house: Assembly, data: Mapping[str, Any] = CLAIM, by: Actor = ALICE, to: str = "submitted") -> str:
    """A submitted claim, taken further where `to` says so."""
    case_id = await opened(house, by=by, data=dict(data))
    for event, who in {"submitted": [], "review": TO_CHECKS[:1], "checks": TO_CHECKS}[to]:
        await fired(house, case_id, event, who)
    return case_id


async def open_incident(house: Assembly, by: Actor = ALICE, **data: Any) -> str:
    return await opened(house, by=by, case_type="incident", event="report", data=INCIDENT | data)


async def open_permit(house: Assembly, by: Actor = ALICE, **data: Any) -> str:
    return await opened(house, by=by, case_type="permit", event="apply", data=PERMIT | data)


def applied(answer: Answer) -> dict[str, Any]:
    assert answer.error is None, answer.error
    return dict(answer.case or {})


def code(answer: Answer) -> str:
    return answer.error.code if answer.error else "applied"


async def state(house: Assembly, case_id: str) -> Case:
    """The case as it is stored, whoever may read it."""
    return await house.cases.read(ADMIN, case_id)


async def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    """What stands in the database, read without our code."""
    if database.kind == "sqlite":
        connection = sqlite3.connect(str(make_url(database.url).database))
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()
    raw = await connect(database)
    try:
        return [dict(row) for row in await raw.fetch(sql)]
    finally:
        await raw.close()


async def change(database: Database, sql: str) -> None:
    """Do to the database what our code does not."""
    if database.kind == "sqlite":
        connection = sqlite3.connect(str(make_url(database.url).database))
        try:
            with connection:
                connection.execute(sql)
        finally:
            connection.close()
        return
    raw = await connect(database)
    try:
        await raw.execute(sql)
    finally:
        await raw.close()


async def unguarded(database: Database, trigger: str) -> None:
    """Let somebody do to a file what a trigger refuses."""
    if database.kind == "sqlite":
        await change(database, f"DROP TRIGGER {trigger}")


async def connect(database: Database) -> "asyncpg.Connection":
    parsed = make_url(database.admin_url)
    return await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)


async def entries(database: Database, kind: str | None = None) -> list[dict[str, Any]]:
    """The log in the order in which it was written, each entry as JSON."""
    texts = [row["entry"] for row in await rows(database, "SELECT entry FROM audit_entry ORDER BY entry_id")]
    found = [json.loads(text) for text in texts]
    return [entry for entry in found if kind is None or entry["kind"] == kind]
