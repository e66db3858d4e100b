"""Keep the bytes of attachments: received in pieces, hashed on the way, and there before anything refers to them."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.domain.case import Actor
from app.domain.errors import TooLarge, invalid
from app.domain.media_types import ENOUGH, sniffed
from app.services.cases import Cases
from app.services.identity import new_id
from app.services.ports import Refused, Store
from app.services.work_ports import StoredBlob

PIECE = 256 * 1024
"""Bytes of a row: what is in memory of a file at a time."""
ATTACH = "case:attach"


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are kept."""

    sha256: str
    size: int
    sniffed_type: str | None


NOTHING = Received("", 0, None)


class Attachments:
    """`most`: bytes of a file."""

    def __init__(self, store: Store, cases: Cases, most: int) -> None:
        self._store = store
        self._cases = cases
        self.most = most

    async def receive(self, actor: Actor, case_id: str, pieces: AsyncIterator[bytes]) -> Received:
        """Keep what comes, once per tenant however often it is sent. NOTHING, and nothing is read, for whom the
        desk will refuse anyway. Raises TooLarge, or Invalid where nothing comes."""
        if not await self._cases.may(actor, case_id, ATTACH):
            return NOTHING
        upload = new_id()
        try:
            received = await self._pieces(actor.tenant, upload, pieces)
            if await self._store.blob(actor.tenant, received.sha256) is None:
                await self._store.keep_blob(actor.tenant, StoredBlob(received.sha256, received.size, upload))
                return received
        except Refused:  # the same bytes came twice at the same time
            pass
        except BaseException:
            await self._store.drop_upload(actor.tenant, upload)
            raise
        await self._store.drop_upload(actor.tenant, upload)
        return received

    async def read(self, actor: Actor, sha256: str) -> AsyncIterator[bytes]:
        """The bytes, piece by piece; whoever calls has read the attachment before, and so may."""
        blob = await self._store.blob(actor.tenant, sha256)
        n = 0
        while blob and blob.upload and (piece := await self._store.chunk(actor.tenant, blob.upload, n)):
            yield piece
            n += 1

    async def _pieces(self, tenant: str, upload: str, pieces: AsyncIterator[bytes]) -> Received:
        digest, size, n, head = hashlib.sha256(), 0, 0, b""
        buffer = bytearray()
        async for piece in pieces:
            size += len(piece)
            if size > self.most:
                raise TooLarge(f"a file may have at most {self.most} bytes")
            digest.update(piece)
            head = (head + piece)[:ENOUGH] if len(head) < ENOUGH else head
            buffer += piece
            while len(buffer) >= PIECE:
                await self._store.add_chunk(tenant, upload, n, bytes(buffer[:PIECE]))
                del buffer[:PIECE]
                n += 1
        if not size:
            raise invalid("body", "must be the bytes of the file")
        if buffer:
            await self._store.add_chunk(tenant, upload, n, bytes(buffer))
        return Received(digest.hexdigest(), size, sniffed(head))
