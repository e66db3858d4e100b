"""Which contents wait to be looked at, and what was found."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, TextClause, and_, func, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.every_tenant import EVERY_SCAN
from app.db.tables.work import BLOB, SCAN
from app.services.store.scans import UNCHECKED, Unscanned
from app.services.store.work import StoredBlob


class SqlScans:
    async def scan_state(self, tenant: str, sha256: str) -> str | None:
        rows = await self._rows(select(SCAN.c.state).where(_of(tenant, sha256)), tenant)
        return str(rows[0]["state"]) if rows else None

    async def take_unscanned(self, lease: timedelta, limit: int) -> Sequence[Unscanned]:
        """The view finds them over all tenants; each is taken in a transaction of its tenant, by whoever is first."""
        of = EVERY_SCAN.c
        due = select(of.tenant, of.sha256, self._now().label("now")).where(of.next_at <= self._now())
        found: dict[str, list[str]] = defaultdict(list)
        until = None
        for row in await self._rows(due.order_by(of.next_at).limit(limit)):
            found[row["tenant"]].append(row["sha256"])
            until = row["now"] + lease
        return [one for tenant, some in found.items() for one in await self._taken(tenant, some, until)]

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

    async def _taken(self, tenant: str, some: Sequence[str], until: datetime | None) -> Sequence[Unscanned]:
        s, whole = SCAN.c, and_(BLOB.c.tenant == SCAN.c.tenant, BLOB.c.sha256 == SCAN.c.sha256)
        free = (s.tenant == tenant, s.sha256.in_(some), s.state == UNCHECKED, s.next_at <= self._now())
        taking = update(SCAN).where(*free).values(next_at=until, tries=s.tries + 1).returning(s.sha256)
        async with self._writing(tenant) as connection:
            mine = (await connection.execute(taking)).scalars().all()
            told = select(BLOB.c.sha256, BLOB.c.size, BLOB.c.upload, s.tries).select_from(SCAN.join(BLOB, whole))
            rows = (await connection.execute(told.where(s.tenant == tenant, s.sha256.in_(mine)))).mappings().all()
        return [Unscanned(tenant, StoredBlob(row["sha256"], row["size"], row["upload"]), row["tries"]) for row in rows]

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    async def _write(self, statement: Any, *tenants: str) -> None: ...

    @abstractmethod
    def _now(self) -> Any: ...


def _of(tenant: str, sha256: str) -> Any:
    return and_(SCAN.c.tenant == tenant, SCAN.c.sha256 == sha256)
