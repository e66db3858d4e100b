"""What the transactions of both stores share."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.connections.failures import translated
from app.db.reads import callers, held_files, ledger, links, people, policy_pages, queues, rules
from app.db.rows.rows import Row, clock_row
from app.domain.case.held_file import HeldFile
from app.services.store.callers import StoredKey
from app.services.store.failures import Refused
from app.services.store.people import StoredPerson
from app.services.store.stored import (
    AnswerKey,
    CaseKey,
    FileKey,
    LinkKey,
    Locked,
    PolicyChange,
    PolicyFile,
    Record,
    StoredCalendar,
    StoredClock,
    StoredDefinition,
)
from app.services.store.work import Waiting


class SqlTransaction(ABC):
    """One write transaction on a connection. Once a part of it failed, nothing of it commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._failed: Exception | None = None

    async def lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        with self._failing():
            return await self._lock(cases, answers)

    async def lock_due(self, limit: int) -> Locked:
        with self._failing():
            return await self._lock_due(limit)

    async def take_next(self, waiting: Waiting) -> CaseKey | None:
        with self._failing():
            return await queues.take_next(self._connection, waiting)

    async def linked(self, asked: Sequence[LinkKey]) -> frozenset[LinkKey]:
        with self._failing():
            return await links.linked(self._connection, asked)

    async def held_files(self, named: Collection[FileKey], since: datetime) -> Mapping[FileKey, HeldFile]:
        with self._failing():
            return await held_files.held(self._connection, named, since)

    async def has_entry(self, tenant: str, entry_id: str) -> bool:
        with self._failing():
            return (await self._connection.execute(ledger.named(tenant, entry_id))).first() is not None

    async def record(self, record: Record) -> None:
        with self._failing():
            await self._record(record)

    async def lock_policy(self) -> int:
        with self._failing():
            return await policy_pages.lock(self._connection)

    async def change_policy(self, change: PolicyChange) -> int:
        with self._failing():
            return await rules.change_policy(self._connection, change)

    async def note_policy_file(self, file: PolicyFile) -> None:
        with self._failing():
            await rules.note_file(self._connection, file)

    async def add_api_key(self, key: StoredKey) -> None:
        with self._failing():
            await callers.add(self._connection, key)

    async def revoke_api_key(self, tenant: str, key_id: str, by: str, at: datetime) -> tuple[StoredKey | None, bool]:
        with self._failing():
            return await callers.revoke(self._connection, (tenant, key_id), by, at)

    async def add_person(self, person: StoredPerson) -> None:
        with self._failing():
            await people.add(self._connection, person)

    async def change_person(self, tenant: str, subject: str, values: Mapping[str, Any]) -> bool:
        with self._failing():
            return await people.change(self._connection, tenant, subject, values)

    async def end_sessions(self, tenant: str, subject: str, at: datetime) -> None:
        with self._failing():
            await people.end_all(self._connection, tenant, subject, at)

    async def add_definition(self, case_type: str, digest: str, text: str) -> tuple[StoredDefinition, bool]:
        with self._failing():
            await self._lock_declarations()
            return await rules.add_definition(self._connection, case_type, digest, text)

    async def add_calendar(
        self, name: str, digest: str, text: str, applies_from: datetime
    ) -> tuple[StoredCalendar, bool]:
        with self._failing():
            await self._lock_declarations()
            return await rules.add_calendar(self._connection, name, digest, text, applies_from)

    async def recache(self, clocks: Sequence[StoredClock]) -> None:
        with self._failing():
            if clocks and await self._recache(list(map(clock_row, clocks))) != len(clocks):
                raise Refused("a clock is not there")

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
    async def _lock_declarations(self) -> None: ...

    @abstractmethod
    async def _lock_due(self, limit: int) -> Locked: ...

    @abstractmethod
    async def _recache(self, rows: Sequence[Row]) -> int:
        """Update the caches of clocks that exist, and count them."""
        ...
