"""Uploads of attachments from their first byte to their end: the room that they take, and what they leave behind."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, TextClause, and_, column, delete, func, select, table, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.blobs.scans import asking_for_scan
from app.db.rows.uuid_moments import first_of
from app.db.tables.column_types import json_text
from app.db.tables.tables import IDEMPOTENCY
from app.db.tables.work import ATTACHMENT, BLOB, CHUNK, UPLOAD, USAGE
from app.domain.case.held_file import HeldFile
from app.services.store.stored import AnswerKey
from app.services.store.work import NoRoom, StoredBlob

MOST = 1000
WHAT = (BLOB.c.sha256, BLOB.c.size, BLOB.c.upload)
EVERY_UPLOAD = table("every_upload", column("tenant"), column("upload"))


class SqlUploads(ABC):
    """Each write is a transaction of its own: a blob is there before anything refers to it."""

    async def room_taken(self, tenant: str) -> int:
        rows = await self._rows(select(USAGE.c.size).where(USAGE.c.tenant == tenant), tenant)
        return int(rows[0]["size"]) if rows else 0

    async def take_room(self, tenant: str, upload: str, size: int, most: int) -> None:
        """The row of the tenant is held from the first statement on, so that the second one reads what is true."""
        async with self._writing(tenant) as connection:
            new = _inserting(connection, UPLOAD).values(tenant=tenant, upload=upload, size=size)
            more = {"size": UPLOAD.c.size + new.excluded.size}
            keyed = [UPLOAD.c.tenant, UPLOAD.c.upload]
            await connection.execute(new.on_conflict_do_update(index_elements=keyed, set_=more))
            taken = select(USAGE.c.size).where(USAGE.c.tenant == tenant)
            if (await connection.execute(taken)).scalar_one() > most:
                raise NoRoom

    async def keep_blob(self, tenant: str, blob: StoredBlob, upload: str, *, unchecked: bool = False) -> StoredBlob:
        async with self._writing(tenant) as connection:
            now = self._now()
            kept = _inserting(connection, BLOB).values(tenant=tenant, kept_at=now, claimed_at=now, **asdict(blob))
            again = {name: kept.excluded[name] for name in ("kept_at", "claimed_at")}
            again["upload"] = func.coalesce(BLOB.c.upload, kept.excluded.upload)
            keyed = [BLOB.c.tenant, BLOB.c.sha256]
            stored = kept.on_conflict_do_update(index_elements=keyed, set_=again).returning(*WHAT)
            row = (await connection.execute(stored)).mappings().one()
            await self._claim(connection, tenant, upload, blob.sha256)
            if unchecked:
                await connection.execute(asking_for_scan(connection, tenant, blob.sha256, now))
            return StoredBlob(**row)

    async def hold_file(self, file: HeldFile) -> None:
        words = {name: getattr(file, name) for name in ("owner", "file_name", "declared_type", "sniffed_type")}
        mine = (UPLOAD.c.tenant == file.tenant, UPLOAD.c.upload == file.id)
        async with self._writing(file.tenant) as connection:
            await connection.execute(update(UPLOAD).where(*mine).values(**words))

    async def drop_upload(self, tenant: str, upload: str) -> None:
        async with self._writing(tenant) as connection:
            await _drop_loose(connection, tenant, upload)

    async def end_upload(
        self, tenant: str, upload: str, unlink: Callable[[StoredBlob], Awaitable[None]] | None
    ) -> bool:
        """Whoever sends the same bytes meanwhile waits for the row of the content."""
        async with self._writing(tenant) as connection:
            mine = and_(UPLOAD.c.tenant == tenant, UPLOAD.c.upload == upload)
            sha256 = (await connection.execute(select(UPLOAD.c.sha256).where(mine))).scalar_one_or_none()
            of = and_(BLOB.c.tenant == tenant, BLOB.c.sha256 == sha256)
            found = (await connection.execute(select(*WHAT).where(of).with_for_update())).mappings().one_or_none()
            await connection.execute(delete(UPLOAD).where(mine))
            gone = found is not None and await _forget_unclaimed(connection, of, StoredBlob(**found), unlink)
            await _drop_loose(connection, tenant, upload)
            return gone

    async def old_uploads(self, before: datetime) -> Sequence[tuple[str, str]]:
        of = EVERY_UPLOAD.c
        rows = await self._rows(select(EVERY_UPLOAD).where(of.upload < first_of(before)).limit(MOST))
        return [(row["tenant"], row["upload"]) for row in rows]

    async def answered(self, key: AnswerKey) -> str | None:
        a = IDEMPOTENCY.c
        mine = (a.tenant == key.tenant, a.subject == key.subject, a.key == key.key)
        kept = (a.expires_at > self._now(), type_coerce(a.answer, Text) != json_text(None))
        rows = await self._rows(select(a.fingerprint).where(*mine, *kept), key.tenant)
        return str(rows[0]["fingerprint"]) if rows else None

    async def _claim(self, connection: AsyncConnection, tenant: str, upload: str, sha256: str) -> None:
        new = _inserting(connection, UPLOAD).values(tenant=tenant, upload=upload, size=0, sha256=sha256)
        now = {"size": new.excluded.size, "sha256": new.excluded.sha256}
        await connection.execute(new.on_conflict_do_update(index_elements=[UPLOAD.c.tenant, UPLOAD.c.upload], set_=now))

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _now(self) -> Any: ...


async def _forget_unclaimed(
    connection: AsyncConnection,
    of: Any,
    blob: StoredBlob,
    unlink: Callable[[StoredBlob], Awaitable[None]] | None,
) -> bool:
    """Not where the release before has kept it again: its uploads are not in the table."""
    if blob.upload is None and unlink is None:
        return False
    here = (UPLOAD, ATTACHMENT)
    free = [~select(1).where(t.c.tenant == BLOB.c.tenant, t.c.sha256 == BLOB.c.sha256).exists() for t in here]
    unclaimed = delete(BLOB).where(of, BLOB.c.kept_at == BLOB.c.claimed_at, *free).returning(BLOB.c.tenant)
    tenant = (await connection.execute(unclaimed)).scalar_one_or_none()
    if tenant is None:
        return False
    if blob.upload is not None:
        await _drop_loose(connection, tenant, blob.upload)
    elif unlink is not None:
        await unlink(blob)
    return True


async def _drop_loose(connection: AsyncConnection, tenant: str, upload: str) -> None:
    """Its chunks, unless a content has them."""
    named = select(1).where(BLOB.c.tenant == tenant, BLOB.c.upload == upload)
    await connection.execute(delete(CHUNK).where(CHUNK.c.tenant == tenant, CHUNK.c.upload == upload, ~named.exists()))


def _inserting(connection: AsyncConnection, into: Any) -> Any:
    return sqlite.insert(into) if connection.dialect.name == "sqlite" else postgresql.insert(into)
