"""Who checks the logs, and what came of it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, TextClause, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.tree import CHECK
from app.services.store.log_checks import LastCheck

C = CHECK.c


class SqlLogChecks(ABC):
    async def check_due(self, every: timedelta) -> bool:
        now = await self._time()
        return bool(await self._rows(select(C.id).where(*_due(now, every))))

    async def take_check(self, holder: str, every: timedelta, lease: timedelta) -> bool:
        now = await self._time()
        return await self._changed(update(CHECK).where(*_due(now, every)).values(holder=holder, ends_at=now + lease))

    async def hold_check(self, holder: str, lease: timedelta) -> bool:
        until = await self._time() + lease
        return await self._changed(update(CHECK).where(C.holder == holder).values(ends_at=until))

    async def end_check(self, holder: str, found: LastCheck, rest: timedelta) -> None:
        now = await self._time()
        values: dict[str, Any] = {"holder": None, "ends_at": now + rest, "problem": found.problem}
        if found.checked_at is not None:
            values |= {"checked_at": now, "entries": found.entries, "faults": found.faults}
        await self._changed(update(CHECK).where(C.holder == holder).values(**values))

    async def last_check(self) -> LastCheck | None:
        (row,) = await self._rows(select(C.checked_at, C.entries, C.faults, C.problem))
        if row["checked_at"] is None and row["problem"] is None:
            return None
        told = {"checked_at": row["checked_at"], "problem": row["problem"]}
        return LastCheck(**told, entries=row["entries"] or 0, faults=row["faults"] or 0)

    async def _time(self) -> datetime:
        (row,) = await self._rows(select(self._now().label("now")))
        found: datetime = row["now"]
        return found

    async def _changed(self, statement: Any) -> bool:
        async with self._writing() as connection:
            return bool((await connection.execute(statement)).rowcount)

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _now(self) -> Any: ...


def _due(now: datetime, every: timedelta) -> tuple[Any, ...]:
    return (
        or_(C.ends_at.is_(None), C.ends_at <= now),
        or_(C.checked_at.is_(None), C.checked_at <= now - every),
    )
