"""Where the bytes of attachments are kept: in the database, or wherever else these few words are understood."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from app.services.store.work import Blobs, StoredBlob


class Missing(Exception):
    """Bytes that should be there are not, or not all of them."""


class Contents(Protocol):
    """Bytes come as pieces of an upload, each written before the next comes, and are kept under their SHA-256."""

    names_uploads: bool
    """Whether a blob names the upload that its bytes came with, because they stay with it."""

    async def add(self, tenant: str, upload: str, n: int, piece: bytes) -> None: ...

    async def keep(self, tenant: str, upload: str, sha256: str) -> None:
        """From now on they are there whatever happens, also where they were lost before."""
        ...

    async def drop(self, tenant: str, upload: str) -> None:
        """What came of an upload that is not kept; no error where nothing did."""
        ...

    def read(self, tenant: str, blob: StoredBlob) -> AsyncIterator[bytes]:
        """Raises Missing: before the first piece where nothing is there."""
        ...

    async def forget(self, tenant: str, blob: StoredBlob) -> None:
        """No error where nothing is there."""
        ...

    async def drop_older(self, before: datetime) -> None:
        """Uploads that began before and ended in nothing."""
        ...


class InDatabase:
    """As rows of pieces, which stay with the upload that they came with."""

    names_uploads = True

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def add(self, tenant: str, upload: str, n: int, piece: bytes) -> None:
        await self._blobs.add_chunk(tenant, upload, n, piece)

    async def keep(self, tenant: str, upload: str, sha256: str) -> None:
        """Each piece was committed when it came."""

    async def drop(self, tenant: str, upload: str) -> None:
        await self._blobs.drop_upload(tenant, upload)

    async def read(self, tenant: str, blob: StoredBlob) -> AsyncIterator[bytes]:
        n, left = 0, blob.size
        while left > 0:
            piece = await self._blobs.chunk(tenant, blob.upload or "", n)
            if not piece:
                raise Missing(f"{left} of {blob.size} bytes")
            yield piece
            n, left = n + 1, left - len(piece)

    async def forget(self, tenant: str, blob: StoredBlob) -> None:
        """They are loose from now on, and too old to stay."""

    async def drop_older(self, before: datetime) -> None:
        for tenant, upload in await self._blobs.loose_uploads(before):
            await self._blobs.drop_upload(tenant, upload)
