"""Which contents wait to be looked at, and what was found."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, TextClause, and_, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.every_tenant import EVERY_SCAN
from app.db.tables.column_types import Int64
from app.db.tables.work import BLOB, SCAN
from app.services.store.scans import UNCHECKED, Unscanned
from app.services.store.work import StoredBlob

_WAITS = literal(UNCHECKED, literal_execute=True)
"""In the text of a statement, so that the index of what waits is good for it."""


class SqlScans:
    async def scan_state(self, tenant: str, sha256: str) -> str | None:
        rows = await self._rows(select(SCAN.c.state).where(_of(tenant, sha256)), tenant)
        return str(rows[0]["state"]) if rows else None

    async def ask_scan(self, tenant: str, sha256: str) -> str | None:
        async with self._writing(tenant) as connection:
            await connection.execute(asking_for_scan(connection, tenant, sha256, self._now()))
        return await self.scan_state(tenant, sha256)

    async def unscanned_tenants(self) -> Sequence[str]:
        of = EVERY_SCAN.c
        due = select(of.tenant).where(of.next_at <= self._now()).group_by(of.tenant)
        return [str(row["tenant"]) for row in await self._rows(due.order_by(func.min(of.next_at), of.tenant))]

    async def take_unscanned(self, tenant: str, lease: timedelta) -> Unscanned | None:
        """What somebody else takes right now is passed by."""
        s, whole = SCAN.c, and_(BLOB.c.tenant == SCAN.c.tenant, BLOB.c.sha256 == SCAN.c.sha256)
        due = select(s.sha256, self._now().label("now")).where(s.tenant == tenant, s.next_at <= self._now())
        oldest = due.where(s.state == _WAITS).order_by(s.next_at).limit(1).with_for_update(skip_locked=True)
        async with self._writing(tenant) as connection:
            row = (await connection.execute(oldest)).mappings().one_or_none()
            if row is None:
                return None
            this = _of(tenant, row["sha256"])
            await connection.execute(update(SCAN).where(this).values(next_at=row["now"] + lease, tries=s.tries + 1))
            told = select(BLOB.c.sha256, BLOB.c.size, BLOB.c.upload, s.tries).select_from(SCAN.join(BLOB, whole))
            taken = (await connection.execute(told.where(this))).mappings().one()
        return Unscanned(tenant, StoredBlob(taken["sha256"], taken["size"], taken["upload"]), taken["tries"])

    async def put_scan_off(self, tenant: str, sha256: str, pause: timedelta) -> None:
        (row,) = await self._rows(select(self._now().label("now")))
        await self._write(update(SCAN).where(_of(tenant, sha256)).values(next_at=row["now"] + pause), tenant)

    async def note_scan(self, tenant: str, sha256: str, state: str, found: str) -> None:
        values = {"state": state, "found": found or None, "looked_at": self._now()}
        await self._write(update(SCAN).where(_of(tenant, sha256)).values(**values), tenant)

    async def unscanned(self) -> tuple[int, float]:
        of = EVERY_SCAN.c
        told = (func.count().label("number"), func.min(of.kept_at).label("oldest"), self._now().label("now"))
        (row,) = await self._rows(select(*told).select_from(EVERY_SCAN))
        return row["number"], (row["now"] - row["oldest"]).total_seconds() if row["oldest"] else 0.0

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    async def _write(self, statement: Any, *tenants: str) -> None: ...

    @abstractmethod
    def _now(self) -> Any: ...


def asking_for_scan(connection: AsyncConnection, tenant: str, sha256: str, now: Any) -> Any:
    """The statement; nothing where the content is not there, or somebody was asked before."""
    waits = {"state": literal(UNCHECKED), "kept_at": now, "next_at": now, "tries": literal(0, Int64())}
    content = select(BLOB.c.tenant, BLOB.c.sha256, *waits.values())
    content = content.where(BLOB.c.tenant == tenant, BLOB.c.sha256 == sha256)
    new = sqlite.insert(SCAN) if connection.dialect.name == "sqlite" else postgresql.insert(SCAN)
    return new.from_select(["tenant", "sha256", *waits], content).on_conflict_do_nothing()


def _of(tenant: str, sha256: str) -> Any:
    return and_(SCAN.c.tenant == tenant, SCAN.c.sha256 == sha256)
