"""The bytes of attachments in the database: in pieces of one upload each, found by their SHA-256."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, TextClause, delete, insert, select
from sqlalchemy.engine import RowMapping

from app.db.work_tables import BLOB, CHUNK
from app.services.work_ports import StoredBlob


class SqlBlobs(ABC):
    """Each write is a transaction of its own: a blob is there before anything refers to it."""

    async def blob(self, tenant: str, sha256: str) -> StoredBlob | None:
        wanted = select(BLOB.c.sha256, BLOB.c.size, BLOB.c.upload).where(
            BLOB.c.tenant == tenant, BLOB.c.sha256 == sha256
        )
        rows = await self._rows(wanted, tenant)
        return StoredBlob(**rows[0]) if rows else None

    async def chunk(self, tenant: str, upload: str, n: int) -> bytes | None:
        c = CHUNK.c
        rows = await self._rows(select(c.content).where(c.tenant == tenant, c.upload == upload, c.n == n), tenant)
        return bytes(rows[0]["content"]) if rows else None

    async def add_chunk(self, tenant: str, upload: str, n: int, content: bytes) -> None:
        await self._write(insert(CHUNK).values(tenant=tenant, upload=upload, n=n, content=content), tenant)

    async def keep_blob(self, tenant: str, blob: StoredBlob) -> None:
        """Refused where these bytes are kept already."""
        kept = insert(BLOB).values(
            tenant=tenant, sha256=blob.sha256, size=blob.size, upload=blob.upload, kept_at=self._now()
        )
        await self._write(kept, tenant)

    async def drop_upload(self, tenant: str, upload: str) -> None:
        await self._write(delete(CHUNK).where(CHUNK.c.tenant == tenant, CHUNK.c.upload == upload), tenant)

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    async def _write(self, statement: Any, *tenants: str) -> None: ...

    @abstractmethod
    def _now(self) -> Any: ...
