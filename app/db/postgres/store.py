"""The store on PostgreSQL: cases and idempotency keys are locked, a record is one statement."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import TextClause, func
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.connections.engines import CONNECT_SECONDS, postgres_engine
from app.db.connections.failures import connecting, translated
from app.db.connections.pool import connections
from app.db.connections.row_security import entering, faults
from app.db.postgres.listening import Listener
from app.db.postgres.locked import binds_of, locked_of
from app.db.postgres.statements import (
    ANALYZE,
    LOCK,
    LOCK_DUE,
    READ,
    RECACHE,
    SEQUENCE,
    arrays,
    native,
    record_statement,
)
from app.db.reads.clocks import oldest_first
from app.db.reads.tree import HEADS_ON_POSTGRES
from app.db.rows.rows import Row, rows_of
from app.db.store import SqlStore
from app.db.tables.column_types import Moment
from app.db.transaction import SqlTransaction
from app.services.process.gauges import Connections
from app.services.store.failures import Refused
from app.services.store.stored import AnswerKey, CaseKey, Locked, Record

# The plans do not depend on the arrays' contents, and planning again for every batch took longer than running it.
_GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan"


class PostgresTransaction(SqlTransaction):
    """On the driver's own connection: through SQLAlchemy's the same statements cost five times the processor."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        super().__init__(connection)
        self._driver = driver

    async def _lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        rows = await fetch(self._driver, LOCK, binds_of(cases, answers))
        return locked_of(rows, cases, frozenset(AnswerKey(*key) for key in rows[0]["busy"] or ()))

    async def _lock_due(self, limit: int) -> Locked:
        rows = await fetch(self._driver, LOCK_DUE, {"most": limit})
        cases = [CaseKey(row["tenant"], row["id"]) for row in rows if row["id"] is not None]
        return oldest_first(locked_of(rows, cases, frozenset()))

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
    _heads = HEADS_ON_POSTGRES

    def __init__(self, url: URL, pool_size: int) -> None:
        engine = postgres_engine(url, pool_size)
        # the transactions that write begin and end themselves
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        super().__init__(engine, autocommit, autocommit)
        # connections between two writes: taking one from the pool and giving it back cost more than deciding
        self._idle: list[tuple[AsyncConnection, Any]] = []
        self._listener: Listener | None = None

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
        if self._listener is not None:
            await self._listener.close()
        self._listener = await Listener.on(self._readers, heard)
        return self._listener.hears

    async def close(self) -> None:
        if self._listener is not None:
            await self._listener.close()
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

    async def _read(self, connection: AsyncConnection, keys: Sequence[CaseKey], alone: bool = False) -> Locked:
        driver, tenants = await _driver(connection), sorted({key.tenant for key in keys})
        return locked_of(await fetch(driver, READ, {"tenants": tenants, **binds_of(keys, ())}), keys, frozenset())


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
