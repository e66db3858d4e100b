"""What both stores share: transactions, and the reads that need no lock."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Select, TextClause, delete
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db import ledger, listing, rules
from app.db.engines import SERVICE
from app.db.failures import connecting, translated
from app.db.schema import REMEDY, problem_of
from app.db.tables import IDEMPOTENCY
from app.domain.case import Case
from app.services.ports import StoreUnavailable
from app.services.stored import (
    AnswerKey,
    CaseKey,
    CaseQuery,
    Found,
    Locked,
    PolicyChange,
    PolicyFile,
    PolicyLine,
    Record,
    StoredDefinition,
    StoredEntry,
)


class SqlTransaction(ABC):
    """One write transaction on a connection. Once a part of it failed, nothing of it commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._failed: Exception | None = None

    async def lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        with self._failing():
            return await self._lock(cases, answers)

    async def record(self, record: Record) -> None:
        with self._failing():
            await self._record(record)

    async def change_policy(self, change: PolicyChange) -> int:
        with self._failing():
            return await rules.change_policy(self._connection, change)

    async def add_definition(self, case_type: str, digest: str, text: str) -> tuple[StoredDefinition, bool]:
        with self._failing():
            await self._lock_definitions()
            return await rules.add_definition(self._connection, case_type, digest, text)

    async def commit(self) -> None:
        if self._failed is not None:
            raise self._failed
        try:
            with translated():
                await self._commit()
        except BaseException:
            # SQLite keeps a transaction open whose COMMIT failed, and the pool would hand it on.
            await self._connection.invalidate()
            raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            with translated():
                yield
        except Exception as error:
            # PostgreSQL answers COMMIT of a failed transaction with a quiet rollback, SQLite would keep the half.
            self._failed = error
            raise

    async def _commit(self) -> None:
        await self._connection.commit()

    @abstractmethod
    async def _lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked: ...

    @abstractmethod
    async def _record(self, record: Record) -> None: ...

    @abstractmethod
    async def _lock_definitions(self) -> None: ...


class SqlStore(ABC):
    """`readers` and `writers` are views of one pool."""

    transaction_type: type[SqlTransaction]

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine, writers: AsyncEngine) -> None:
        self._engine = engine
        self._readers = readers
        self._writers = writers

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        async with self._turn(), self._open(self._writers) as connection:
            with translated():
                await connection.begin()
            transaction = self.transaction_type(connection)
            yield transaction
            await transaction.commit()

    async def case(self, key: CaseKey) -> Found | None:
        async with self._open(self._readers) as connection:
            with translated():
                read = await self._read(connection, key)
        case = read.cases.get(key)
        return None if case is None else Found(case, read.surroundings[case.id], read.policy_version, read.at)

    async def cases(self, query: CaseQuery) -> Sequence[Case]:
        kinds = [listing.Kind(**row) for row in await self._rows(listing.kinds(query.tenant))]
        return listing.found(await self._rows(listing.page(query, kinds)))

    async def entries(
        self, tenant: str, case_id: str, *, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        rows = await self._rows(ledger.entries(tenant, case_id, denied, after, limit))
        values = await self._rows(ledger.values(tenant, [row["entry_id"] for row in rows])) if rows else []
        return ledger.with_values(rows, values)

    async def policy_version(self) -> int:
        (row,) = await self._rows(rules.version())
        return int(row["version"])

    async def policy_lines(self, since: int | None = None) -> Sequence[PolicyLine]:
        return [rules.line_of(row) for row in await self._rows(rules.lines(since))]

    async def policy_files(self) -> Sequence[PolicyFile]:
        return [PolicyFile(**row) for row in await self._rows(rules.files())]

    async def definitions(self, hashes: Sequence[str] | None = None) -> Sequence[StoredDefinition]:
        return [StoredDefinition(**row) for row in await self._rows(rules.definitions(hashes))]

    async def forget_answers(self) -> int:
        async with self._turn(), self._open(self._writers) as connection:
            with translated():
                expired = IDEMPOTENCY.c.expires_at <= self._now()
                result = await connection.execute(delete(IDEMPOTENCY).where(expired))
                await connection.commit()
                return result.rowcount

    async def problems(self) -> Sequence[str]:
        try:
            async with self._open(self._readers) as connection:
                with translated():
                    problem = await connection.run_sync(problem_of)
        except StoreUnavailable as unavailable:
            hint = f": {REMEDY}" if SERVICE in str(unavailable) else ""
            return [f"the database cannot be used: {unavailable}{hint}"]
        return [problem] if problem else []

    async def warnings(self) -> Sequence[str]:
        """What an operator should know of a store that is ready all the same."""
        return []

    @abstractmethod
    def details(self) -> dict[str, str]: ...

    async def close(self) -> None:
        await self._engine.dispose()

    async def _rows(self, select: Select[Any] | TextClause) -> Sequence[RowMapping]:
        async with self._open(self._readers) as connection:
            with translated():
                rows: Sequence[RowMapping] = (await connection.execute(select)).mappings().all()
                return rows

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        connection = engine.connect()
        with connecting():
            await connection.start()
        try:
            yield connection
        finally:
            # The connection goes back to the pool also where the caller was cancelled.
            await asyncio.shield(connection.close())

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        return nullcontext()

    @abstractmethod
    async def _read(self, connection: AsyncConnection, key: CaseKey) -> Locked: ...

    @abstractmethod
    def _now(self) -> Any:
        """The clock that answers expire by, as an SQL value."""
        ...
