"""What PostgreSQL holds of the log against whoever has the service's own login: no case moves without the feed telling,
and nobody stops the feed unseen."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.db import open_store
from app.domain.case.case import Case
from app.domain.case.sealing import genesis
from app.services.store.failures import Refused
from app.services.store.ports import Store
from app.services.store.stored import Changed, Record
from tests.databases import Database
from tests.db.test_row_security import connected, within
from tests.factories import TENANT, a_case, denied, entry_of, moved, opening
from tests.house import connect
from tests.sequenced import check_the_order, leaves, waiting

Raw = asyncpg.Connection
HELD = asyncpg.IntegrityConstraintViolationError
COLUMNS = ("tenant", "entry_id", "kind", "at", "case_id", "case_seq", "source", "target", "prev_hash", "entry_hash")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store(postgres: Database) -> AsyncIterator[Store]:
    store = open_store(postgres.url)
    yield store
    await store.close()


@pytest.fixture
async def case(store: Store) -> Case:
    """A case whose opening has its place in the log."""
    case = a_case(reference="R-1")
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))
    await store.sequence(10)
    return case


@pytest.fixture
async def service(postgres: Database) -> AsyncIterator[Raw]:
    """Statements of one's own with the service's login."""
    connection = await connected(postgres.url, "ROLE stateward_service", within(TENANT))
    yield connection
    await connection.close()


@dataclass
class Forged:
    """The next entry of a case as it should be, but for what is given."""

    case: Case
    says: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> list[Any]:
        draft = entry_of(moved(self.case)).draft
        row = {name: getattr(draft, name, None) for name in COLUMNS} | {"prev_hash": draft.prev} | self.columns
        names = {"prev_hash": "prev"}
        said = {names.get(name, name): value for name, value in row.items() if name != "entry_hash"}
        said |= {"at": row["at"].isoformat(), "definition": {"hash": self.case.definition}}
        text = self.columns.get("entry") or json.dumps(said | self.says)
        digest = hashlib.sha256(b"\0" + text.encode()).hexdigest()
        return [*(row[name] for name in COLUMNS[:-1]), row["entry_hash"] or digest, text]


async def write(connection: Raw, forged: Forged) -> str:
    """Its hash."""
    names, row = (*COLUMNS, "entry"), forged.row
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    await connection.execute(f"INSERT INTO audit_entry ({', '.join(names)}) VALUES ({places})", *row)
    return str(row[-2])


async def move(connection: Raw, case: Case, last_hash: str) -> None:
    changed = "data = '{\"amount_cents\": 999999}', seq = seq + 1, state = 'submitted', last_hash = $2"
    await connection.execute(f"UPDATE cases SET {changed} WHERE id = $1", case.id, last_hash)


async def test_what_is_written_by_hand_as_the_service_writes_it_goes_through(store, case, service, postgres):
    async with service.transaction():
        await move_rightly(service, case)
    await store.sequence(10)
    assert await check_the_order(postgres) == 2


async def move_rightly(connection: Raw, case: Case) -> None:
    await move(connection, case, await write(connection, Forged(case)))


async def test_no_case_moves_without_the_feed_telling_though_nobody_asked_for_a_place(store, case, service, postgres):
    async with service.transaction():
        await move_rightly(service, case)
    assert await waiting(postgres) == 1
    assert await store.sequence(10) == 1
    assert json.loads((await leaves(postgres))[-1]["entry"])["case_seq"] == 2


@pytest.mark.parametrize(
    "forged",
    [
        {"columns": {"entry_hash": "f" * 64}},
        {"columns": {"entry_hash": "f" * 64, "entry": "{}"}},
        {"columns": {"entry": "{}"}},
        {"says": {"tenant": "globex"}},
        {"says": {"entry_id": "another"}},
        {"says": {"kind": "comment"}},
        {"says": {"at": "2020-01-01T00:00:00Z"}},
        {"says": {"at": None}},
        {"says": {"case_id": "another"}},
        {"says": {"case_seq": 7}},
        {"says": {"case_seq": None}},
        {"says": {"source": "approved"}},
        {"says": {"target": "approved"}},
        {"says": {"prev": "f" * 64}},
        {"columns": {"prev_hash": "f" * 64}},
        {"columns": {"prev_hash": None}},
        {"columns": {"case_seq": 3}},
        {"columns": {"case_seq": 0}},
        {"columns": {"case_seq": -1, "prev_hash": None}},
        {"columns": {"case_seq": None, "target": None}},
    ],
    ids=str,
)
async def test_an_entry_that_is_not_what_it_says_is_refused(case, service, forged):
    with pytest.raises(HELD, match=r"has another hash|says something else|does not follow"):
        await write(service, Forged(case, **forged))


async def test_an_entry_that_is_no_json_is_refused(case, service):
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await write(service, Forged(case, columns={"entry": "{'a'"}))


@pytest.mark.parametrize(
    "prev", [genesis("globex", "c-1", "d" * 64), genesis(TENANT, "c-1", "e" * 64), genesis(TENANT, "c-2", "d" * 64)]
)
async def test_the_first_entry_of_a_case_follows_just_what_the_case_itself_comes_to(service, prev):
    columns = {"case_id": "c-1", "case_seq": 1, "kind": "opened", "source": None}
    with pytest.raises(HELD, match="does not follow"):
        await write(service, Forged(a_case(), columns={**columns, "prev_hash": prev}))
    await write(service, Forged(a_case(), columns={**columns, "prev_hash": genesis(TENANT, "c-1", "d" * 64)}))


async def test_a_case_ends_in_the_hash_of_its_entry(case, service):
    await write(service, Forged(case))
    for last_hash in ("f" * 64, case.last_hash, ""):
        with pytest.raises(HELD, match="the last_hash of the case"):
            await move(service, case, last_hash)


async def test_a_case_begins_with_the_hash_of_its_entry(store):
    case = a_case()
    forged = Changed(None, moved(case, state="draft", seq=1))
    with pytest.raises(Refused, match="the last_hash of the case"):
        async with store.transaction(TENANT) as tx:
            await tx.record(Record(cases=[forged], entries=[entry_of(case)]))


PENDING = "INSERT INTO audit_pending (tenant, entry_id) SELECT 'acme', "


@pytest.mark.parametrize("false", ["'x' || n FROM generate_series(1, 6000) n", "entry_id FROM audit_leaf"])
async def test_nothing_waits_for_a_place_but_an_entry_that_has_none(store, case, service, postgres, false):
    with pytest.raises(HELD, match="waits for its place"):
        await service.execute(f"{PENDING}{false}")
    assert await waiting(postgres) == 0


@pytest.mark.parametrize("false", ["'0' || n FROM generate_series(1, 6000) n", "entry_id FROM audit_leaf"])
async def test_false_rows_of_the_queue_go_and_stop_nobody(store, case, postgres, false):
    """However they came there: in a transaction that sees the past they can."""
    admin = await connect(postgres)
    await admin.execute(f"SET session_replication_role = replica; {PENDING}{false}")
    await admin.close()
    async with store.transaction(TENANT) as tx:
        await tx.record(Record(entries=[denied(case)]))
    placed = [await store.sequence(5000) for _ in range(3)]
    assert sum(placed) == 1
    assert await waiting(postgres) == 0
    assert await check_the_order(postgres) == 2


async def test_the_release_before_writes_what_waits_itself_beside_this_one(service, store, case, postgres):
    """In the statement that writes the entry."""
    forged = Forged(case)
    names = (*COLUMNS, "entry")
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    await service.execute(
        f"""WITH entry AS (INSERT INTO audit_entry ({", ".join(names)}) VALUES ({places})),
            pending AS ({PENDING} $2), moved AS (
            UPDATE cases SET seq = 2, state = 'submitted', last_hash = $10 WHERE id = $5) SELECT 1""",
        *forged.row,
    )
    assert await store.sequence(10) == 1
    assert await waiting(postgres) == 0


async def test_a_lock_that_any_login_may_take_does_not_stop_the_feed(store, case, postgres):
    other = await connected(postgres.url)
    await other.execute("SELECT pg_advisory_lock(hashtextextended('stateward sequencer', 0))")
    async with store.transaction(TENANT) as tx:
        await tx.record(Record(entries=[denied(case)]))
    assert await store.sequence(10) == 1
    await other.close()


@pytest.mark.parametrize("mode", ["SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE", "ACCESS SHARE"])
async def test_nobody_but_the_owner_takes_the_turn_away(service, mode):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(f"BEGIN; LOCK TABLE log_turn IN {mode} MODE")


async def test_what_waits_for_long_is_a_warning_until_it_has_its_place(store, postgres):
    case = a_case(changed_at=LONG_AGO, opened_at=LONG_AGO)
    young = a_case(changed_at=datetime.now(UTC) - timedelta(seconds=10))
    assert await store.warnings() == []
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(young))
    assert await store.warnings() == []
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))
    holder = await connected(postgres.url, "ROLE stateward_service")
    await holder.execute("BEGIN; SELECT sequence_log(1)")
    assert await store.sequence(10) == 0
    (warning,) = await store.warnings()
    assert warning.startswith("an entry has waited ")
    assert "pg_stat_activity" in warning
    await holder.close()
    assert await store.sequence(10) == 2
    assert await store.warnings() == []
