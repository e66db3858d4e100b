"""The store on one SQLite file: one writer at a time, the time of the process or of whoever drives it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, bindparam, insert, literal, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.connections.engines import sqlite_engine
from app.db.connections.failures import translated
from app.db.connections.sqlite_library import HAS_WAL, sqlite3
from app.db.reads import clocks
from app.db.reads.tree import HEADS_ON_SQLITE
from app.db.rows.rows import Row, answer_of, case_of, rows_of
from app.db.sqlite import sequencing, waiting
from app.db.sqlite.around import around
from app.db.sqlite.search_texts import put_search_texts
from app.db.sqlite.sharing import Sharing
from app.db.sqlite.statements import CLOCK_KEY, MOVE, RECACHE, answered, named, put_clock
from app.db.sqlite.work import MAKING
from app.db.store import SqlStore
from app.db.tables.column_types import Moment
from app.db.tables.policy import POLICY_STATE
from app.db.tables.tables import ACTOR, CASES, ENTRY, FIRING, IDEMPOTENCY, PAYLOAD, PENDING
from app.db.transaction import SqlTransaction
from app.domain.case.case import Case
from app.services.process.standing_still import unplaced
from app.services.store.failures import Refused
from app.services.store.stored import AnswerKey, CaseKey, Locked, Record, StoredAnswer

Now = Callable[[], datetime]


def wall_clock() -> datetime:
    return datetime.now(UTC)


class SqliteTransaction(SqlTransaction):
    def __init__(self, connection: AsyncConnection, now: Now) -> None:
        super().__init__(connection)
        self._now = now

    async def _lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        """BEGIN IMMEDIATE holds the only lock there is, so reading is enough and no key is ever busy."""
        return await read(self._connection, cases, answers, self._now)

    async def _lock_due(self, limit: int) -> Locked:
        rows = (await self._connection.execute(clocks.due(self._now(), limit))).all()
        cases = [CaseKey(tenant, case_id) for tenant, case_id in rows]
        return clocks.oldest_first(await read(self._connection, cases, [], self._now))

    async def _record(self, record: Record) -> None:
        rows = rows_of(record)
        await self._insert(insert(ENTRY), rows["entry"])
        await self._insert(insert(PAYLOAD), rows["payload"])
        pending = [{"tenant": row["tenant"], "entry_id": row["entry_id"]} for row in rows["entry"]]
        await self._insert(insert(PENDING), pending)
        await self._insert(insert(CASES), rows["opened"])
        await self._insert(sqlite.insert(ACTOR).on_conflict_do_nothing(), rows["acted"])
        if await self._insert(MOVE, [named(row) for row in rows["moved"]]) != len(rows["moved"]):
            raise Refused("a case moved on")
        await self._put_clocks(rows["clock"])
        await self._insert(insert(FIRING), rows["fired"])
        for part, statement in MAKING.items():
            await self._insert(statement, rows.get(part, ()))
        await put_search_texts(self._connection, rows.get("text", ()))
        if await self._insert(answered(self._now()), rows["answered"]) != len(rows["answered"]):
            raise Refused("an answer is kept under that key")

    async def _put_clocks(self, rows: Sequence[Row]) -> None:
        if len({tuple(row[name] for name in CLOCK_KEY) for row in rows}) != len(rows):
            raise Refused("a cycle of a clock is there twice")  # the last one would win
        await self._insert(put_clock(), rows)

    async def sequence(self, limit: int) -> int:
        with self._failing():
            return await sequencing.sequence(self._connection, limit)

    async def _lock_declarations(self) -> None:
        return None

    async def _recache(self, rows: Sequence[Row]) -> int:
        return await self._insert(RECACHE, [{f"to_{name}": value for name, value in row.items()} for row in rows])

    async def _insert(self, statement: Any, rows: Sequence[Row]) -> int:
        return (await self._connection.execute(statement, rows)).rowcount if rows else 0


class SqliteStore(SqlStore):
    _heads = HEADS_ON_SQLITE

    def __init__(self, url: URL, pool_size: int, now: Now = wall_clock) -> None:
        engine = sqlite_engine(url, pool_size)
        super().__init__(engine, engine, engine.execution_options(writes=True))
        self._writer = asyncio.Lock()
        self._sharing = Sharing(in_turn=not HAS_WAL)
        self._clock = now

    @asynccontextmanager
    async def transaction(self, *tenants: str) -> AsyncIterator[SqliteTransaction]:
        async with self._turn(), self._open(self._writers) as connection:
            with translated():
                await connection.begin()
            transaction = SqliteTransaction(connection, self._clock)
            yield transaction
            async with self._sharing.committing():
                await transaction.commit()

    async def sequence(self, limit: int) -> int:
        if not await self._rows(sequencing.waiting()):
            return 0  # without the lock that every writer needs
        async with self.transaction() as transaction:
            return await transaction.sequence(limit)

    def details(self) -> dict[str, str]:
        return {"database": "sqlite", "sqlite_version": sqlite3.sqlite_version}

    async def warnings(self) -> Sequence[str]:
        (row,) = await self._rows(waiting.oldest())
        return unplaced((self._clock() - row["since"]).total_seconds() if row["since"] else None)

    @asynccontextmanager
    async def _within(
        self, engine: AsyncEngine, tenants: Sequence[str], one_moment: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        async with self._open(engine) as connection:
            with translated():
                if engine is self._readers:
                    async with self._sharing.reading(), connection.begin():
                        yield connection
                else:
                    async with connection.begin() as writing:
                        yield connection
                        async with self._sharing.committing():
                            await writing.commit()

    @asynccontextmanager
    async def together(self, *tenants: str) -> AsyncIterator[None]:
        """Each for itself where whoever writes would wait for all of them."""
        async with nullcontext() if self._sharing.in_turn else super().together(*tenants):
            yield

    @asynccontextmanager
    async def _sharing_read(self, connection: AsyncConnection) -> AsyncIterator[None]:
        async with self._sharing.reading(), connection.begin():
            yield

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        return self._writer

    def _now(self) -> Any:
        return literal(self._clock(), Moment())

    def _now_when_run(self) -> Any:
        return bindparam("now", callable_=lambda: self._clock(), type_=Moment())

    async def _read(self, connection: AsyncConnection, keys: Sequence[CaseKey], alone: bool = False) -> Locked:
        async with self._sharing_read(connection) if alone else nullcontext():
            return await read(connection, keys, [], self._clock)


async def read(connection: AsyncConnection, keys: Sequence[CaseKey], asked: Sequence[AnswerKey], clock: Now) -> Locked:
    cases = await _cases(connection, keys) if keys else []
    by_name = {CaseKey(c.tenant, c.id): c for c in cases}
    by_name |= {CaseKey(c.tenant, case_type=c.case_type, reference=c.reference): c for c in cases}
    version = (await connection.execute(select(POLICY_STATE.c.version))).scalar_one()
    besides = await around(connection, cases)
    now = clock()
    answers = await _answers(connection, asked, now) if asked else []
    found = {key: by_name[_plain(key)] for key in keys if _plain(key) in by_name}
    kept = {answer.key: answer for answer in answers}
    return Locked(
        at=now,
        policy_version=version,
        cases=found,
        surroundings=besides.surroundings,
        answers=kept,
        clocks=besides.clocks,
    )


def _plain(key: CaseKey) -> CaseKey:
    """A key that names the id needs nothing else."""
    return key if key.case_id is None else CaseKey(key.tenant, key.case_id)


async def _cases(connection: AsyncConnection, keys: Sequence[CaseKey]) -> list[Case]:
    c = CASES.c
    by_id = [((key.tenant,), key.case_id) for key in keys if key.case_id is not None]
    by_reference = [((key.tenant, key.case_type), key.reference) for key in keys if key.case_id is None]
    rows = [
        *await _rows(connection, select(CASES), (c.tenant,), c.id, by_id),
        *await _rows(connection, select(CASES), (c.tenant, c.case_type), c.reference, by_reference),
    ]
    return [case_of(row) for row in rows]


async def _answers(connection: AsyncConnection, keys: Sequence[AnswerKey], now: datetime) -> list[StoredAnswer]:
    i = IDEMPOTENCY.c
    asked = [((key.tenant, key.subject), key.key) for key in keys]
    kept = select(IDEMPOTENCY).where(i.expires_at > now)
    return [answer_of(row) for row in await _rows(connection, kept, (i.tenant, i.subject), i.key, asked)]


async def _rows(
    connection: AsyncConnection, wanted: Select[Any], owner: Sequence[Any], name: Any, keys: Sequence[tuple[Any, Any]]
) -> list[RowMapping]:
    """The rows of (owner, name) keys, a statement per owner: SQLite scans the table for `(a, b) IN (VALUES ...)`."""
    names: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, value in keys:
        names[key].append(value)
    found: list[RowMapping] = []
    for key, values in names.items():
        same = [column == value for column, value in zip(owner, key, strict=True)]
        found += (await connection.execute(wanted.where(*same, name.in_(values)))).mappings()
    return found
