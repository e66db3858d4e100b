"""The bytes of attachments in the database: in pieces of one upload each, found by their SHA-256."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Select, TextClause, column, delete, insert, select, table
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.blobs.uploads import MOST, WHAT, SqlUploads
from app.db.rows.uuid_moments import first_of
from app.db.tables.column_types import Moment
from app.db.tables.work import ATTACHMENT, BLOB, CHUNK
from app.services.store.work import StoredBlob

UNATTACHED = table("unattached_blob", column("tenant"), *(column(of.name) for of in WHAT), column("kept_at", Moment()))
LOOSE = table("loose_upload", column("tenant"), column("upload"))


class SqlBlobs(SqlUploads):
    """Each write is a transaction of its own: a blob is there before anything refers to it."""

    async def blob(self, tenant: str, sha256: str) -> StoredBlob | None:
        wanted = select(*WHAT).where(BLOB.c.tenant == tenant, BLOB.c.sha256 == sha256)
        rows = await self._rows(wanted, tenant)
        return StoredBlob(**rows[0]) if rows else None

    async def chunk(self, tenant: str, upload: str, n: int) -> bytes | None:
        c = CHUNK.c
        rows = await self._rows(select(c.content).where(c.tenant == tenant, c.upload == upload, c.n == n), tenant)
        return bytes(rows[0]["content"]) if rows else None

    async def add_chunk(self, tenant: str, upload: str, n: int, content: bytes) -> None:
        await self._write(insert(CHUNK).values(tenant=tenant, upload=upload, n=n, content=content), tenant)

    async def unattached(self, before: datetime) -> Sequence[tuple[str, StoredBlob]]:
        of = UNATTACHED.c
        rows = await self._rows(select(UNATTACHED).where(of.kept_at < before).order_by(of.kept_at).limit(MOST))
        return [(row["tenant"], StoredBlob(row["sha256"], row["size"], row["upload"])) for row in rows]

    async def forget_blob(
        self, tenant: str, sha256: str, before: datetime, undo: Callable[[], Awaitable[None]]
    ) -> bool:
        """The one transaction that waits for a disk: after its commit somebody may have sent the bytes again."""
        attached = select(1).where(ATTACHMENT.c.tenant == tenant, ATTACHMENT.c.sha256 == sha256)
        old = (BLOB.c.tenant == tenant, BLOB.c.sha256 == sha256, BLOB.c.kept_at < before, ~attached.exists())
        async with self._writing(tenant) as connection:
            forgotten = (await connection.execute(delete(BLOB).where(*old))).rowcount > 0
            if forgotten:
                await undo()
            return forgotten

    async def loose_uploads(self, before: datetime) -> Sequence[tuple[str, str]]:
        of = LOOSE.c
        rows = await self._rows(select(LOOSE).where(of.upload < first_of(before)).limit(MOST))
        return [(row["tenant"], row["upload"]) for row in rows]

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    async def _write(self, statement: Any, *tenants: str) -> None: ...
