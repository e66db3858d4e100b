"""The store on PostgreSQL: cases and idempotency keys are locked, a record is one statement."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import TextClause, func
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.clocks import oldest_first
from app.db.engines import CONNECT_SECONDS, postgres_engine
from app.db.failures import connecting, translated
from app.db.listening import Ear
from app.db.pool import connections
from app.db.postgres_sql import ANALYZE, LOCK, LOCK_DUE, READ, RECACHE, SEQUENCE, arrays, native, record_statement
from app.db.rows import Row, case_of, current_clock, rows_of, surroundings_of
from app.db.store import SqlStore
from app.db.transaction import SqlTransaction
from app.db.types import Moment, from_microseconds
from app.db.walls import entering, faults
from app.domain.case import Case, Surroundings
from app.services.levels import Connections
from app.services.ports import Refused
from app.services.stored import AnswerKey, CaseKey, Locked, Record, StoredAnswer, StoredClock

# The plans do not depend on the arrays' contents, and planning again for every batch took longer than running it.
_GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan"


class PostgresTransaction(SqlTransaction):
    """On the driver's own connection: through SQLAlchemy's the same statements cost five times the processor."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        super().__init__(connection)
        self._driver = driver

    async def _lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        rows = await fetch(self._driver, LOCK, _binds(cases, answers))
        return _locked(rows, cases, frozenset(AnswerKey(*key) for key in rows[0]["busy"] or ()))

    async def _lock_due(self, limit: int) -> Locked:
        rows = await fetch(self._driver, LOCK_DUE, {"most": limit})
        cases = [CaseKey(row["tenant"], row["id"]) for row in rows if row["id"] is not None]
        return oldest_first(_locked(rows, cases, frozenset()))

    async def _record(self, record: Record) -> None:
        rows = {part: rows for part, rows in rows_of(record).items() if rows}
        if not rows:
            return
        binds = {name: value for part in rows for name, value in arrays(part, rows[part]).items()}
        (counts,) = await fetch(self._driver, record_statement(frozenset(rows)), binds)
        if counts["moved"] != len(rows.get("moved", ())):
            raise Refused("a case moved on")
        if counts["answered"] != len(rows.get("answered", ())):
            raise Refused("an answer is kept under that key")

    async def _lock_declarations(self) -> None:
        await self._driver.execute("SELECT pg_advisory_xact_lock(hashtextextended('stateward declarations', 0))")

    async def _recache(self, rows: Sequence[Row]) -> int:
        return len(await fetch(self._driver, RECACHE, arrays("clock", rows)))

    async def _commit(self) -> None:
        await self._driver.execute("COMMIT")


class PostgresStore(SqlStore):
    def __init__(self, url: URL, pool_size: int) -> None:
        engine = postgres_engine(url, pool_size)
        # the transactions that write begin and end themselves
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        super().__init__(engine, autocommit, autocommit)
        # connections between two writes: taking one from the pool and giving it back cost more than deciding
        self._idle: list[tuple[AsyncConnection, Any]] = []
        self._ear: Ear | None = None

    @asynccontextmanager
    async def transaction(self, *tenants: str) -> AsyncIterator[PostgresTransaction]:
        begin = f"BEGIN; {_GENERIC}; {entering(tenants)}"
        connection, driver = await self._writer()
        transaction = PostgresTransaction(connection, driver)
        try:
            with translated():
                await driver.execute(begin)
            yield transaction
            await transaction.commit()
        except BaseException:
            await asyncio.shield(self._give_up(connection, driver))
            raise
        self._idle.append((connection, driver))

    async def sequence(self, limit: int) -> int:
        (row,) = await self._rows(SEQUENCE.bindparams(most=limit))
        if row["moved"]:
            await self._rows(ANALYZE)
        return int(row["moved"])

    async def listen(self, heard: Callable[[str], None]) -> Callable[[], bool]:
        if self._ear is not None:
            await self._ear.close()
        self._ear = await Ear.on(self._readers, heard)
        return self._ear.hears

    async def close(self) -> None:
        if self._ear is not None:
            await self._ear.close()
        while self._idle:
            connection, _ = self._idle.pop()
            await connection.close()
        await super().close()

    @asynccontextmanager
    async def _within(
        self, engine: AsyncEngine, tenants: Sequence[str], one_moment: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Without tenants there is nothing to say before the first statement, and each is a transaction."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if one_moment else "BEGIN"
        async with self._open(engine) as connection:
            with translated():
                driver = await _driver(connection)
                try:
                    if tenants:
                        await driver.execute(f"{begin}; {entering(tenants)}")
                    yield connection
                    if tenants:
                        await driver.execute("COMMIT")
                except BaseException:
                    await asyncio.shield(_roll_back(connection, driver))
                    raise

    async def _writer(self) -> tuple[AsyncConnection, Any]:
        while self._idle:
            connection, driver = self._idle.pop()
            if not driver.is_closed():
                return connection, driver
            await self._give_up(connection, driver)
        connection = self._writers.connect()
        with connecting():
            await connection.start()
        return connection, await _driver(connection)

    async def _give_up(self, connection: AsyncConnection, driver: Any) -> None:
        """Leave nothing behind: a connection that cannot roll back is not given to anybody else."""
        if not await _roll_back(connection, driver) and driver.is_closed():
            await self._engine.dispose(close=False)  # the others are as dead: a server that went takes all
        await connection.close()

    async def warnings(self) -> Sequence[str]:
        async with self._open(self._readers) as connection:
            with translated():
                return await faults(connection)

    def connections(self) -> Connections:
        return connections(self._engine, resting=len(self._idle))

    def details(self) -> dict[str, str]:
        return {"database": "postgresql"}

    def _now(self) -> Any:
        # indexes are not looked up by clock_timestamp, which changes meanwhile
        return func.statement_timestamp(type_=Moment())

    async def _read(self, connection: AsyncConnection, key: CaseKey) -> Locked:
        driver = await _driver(connection)
        return _locked(await fetch(driver, READ, {"tenants": [key.tenant], **_binds([key], ())}), [key], frozenset())


async def _roll_back(connection: AsyncConnection, driver: Any) -> bool:
    try:
        await driver.execute("ROLLBACK", timeout=CONNECT_SECONDS)
    except (PostgresError, InterfaceError, OSError, TimeoutError):
        await connection.invalidate()
        return False
    return True


async def _driver(connection: AsyncConnection) -> Any:
    """The asyncpg connection behind SQLAlchemy's."""
    return (await connection.get_raw_connection()).driver_connection


async def fetch(driver: Any, statement: TextClause, binds: Mapping[str, Any]) -> Sequence[Any]:
    text, names = native(statement)
    rows: Sequence[Any] = await driver.fetch(text, *(binds[name] for name in names))
    return rows


def _locked(rows: Sequence[Mapping[str, Any]], keys: Sequence[CaseKey], busy: frozenset[AnswerKey]) -> Locked:
    """What READ returns: a row per case, or one without."""
    found = [row for row in rows if row["id"] is not None]
    cases = [_case(row) for row in found]
    answers = rows[0]["answers"] or ()
    return Locked(
        at=rows[0]["read_at"],
        policy_version=rows[0]["policy_version"],
        cases=_by_key(keys, cases),
        surroundings={row["id"]: _surroundings(row) for row in found},
        clocks={case.id: _clocks(case, row) for case, row in zip(cases, found, strict=True)},
        answers={answer.key: answer for answer in map(_answer, answers)},
        busy=busy,
    )


def _binds(keys: Sequence[CaseKey], asked: Sequence[AnswerKey]) -> dict[str, list[Any]]:
    by_id = [key for key in keys if key.case_id is not None]
    by_reference = [key for key in keys if key.case_id is None]
    ordered = sorted(set(asked), key=lambda key: (key.tenant, key.subject, key.key))
    return {
        "id_tenants": [key.tenant for key in by_id],
        "ids": [key.case_id for key in by_id],
        "ref_tenants": [key.tenant for key in by_reference],
        "types": [key.case_type for key in by_reference],
        "refs": [key.reference for key in by_reference],
        "key_tenants": [key.tenant for key in ordered],
        "subjects": [key.subject for key in ordered],
        "keys": [key.key for key in ordered],
    }


def _by_key(keys: Sequence[CaseKey], cases: Sequence[Case]) -> Mapping[CaseKey, Case]:
    by_id = {(case.tenant, case.id): case for case in cases}
    by_reference = {(case.tenant, case.case_type, case.reference): case for case in cases}
    named = {
        key: by_id.get((key.tenant, key.case_id))
        if key.case_id is not None
        else by_reference.get((key.tenant, key.case_type or "", key.reference))
        for key in keys
    }
    return {key: case for key, case in named.items() if case is not None}


def _case(row: Mapping[str, Any]) -> Case:
    return case_of({**row, "data": json.loads(row["data"]), "memory": json.loads(row["memory"])})


def _surroundings(row: Mapping[str, Any]) -> Surroundings:
    return surroundings_of(row["acted"] or (), row["roles"] or ())


def _clocks(case: Case, row: Mapping[str, Any]) -> Sequence[StoredClock]:
    return tuple(current_clock(case, clock) for clock in row["clocks"] or ())


def _answer(row: Sequence[Any]) -> StoredAnswer:
    tenant, subject, key, fingerprint, answer, expires_at = row
    return StoredAnswer(AnswerKey(tenant, subject, key), fingerprint, answer, from_microseconds(expires_at))
