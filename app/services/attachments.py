"""Keep the bytes of attachments: received in pieces, hashed on the way, and there before anything refers to them."""

import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from app.domain.case import Actor
from app.domain.errors import TooLarge, Unavailable, invalid
from app.domain.media_types import ENOUGH, sniffed
from app.services.cases import Cases
from app.services.contents import Contents, InDatabase, Missing
from app.services.identity import new_id
from app.services.ports import Store
from app.services.work_ports import StoredBlob

PIECE = 256 * 1024
"""Bytes of a row: what is in memory of a file at a time."""
ATTACH = "case:attach"
UNATTACHED_FOR = timedelta(days=1)
"""How long bytes may be there that no case refers to."""
log = logging.getLogger("stateward")


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are kept."""

    sha256: str
    size: int
    sniffed_type: str | None


NOTHING = Received("", 0, None)


class Attachments:
    """`most`: bytes of a file. `folder`: where new ones are kept; left out, in the database. What is in the one is
    read from there also where new ones go into the other."""

    def __init__(self, store: Store, cases: Cases, most: int, folder: Contents | None = None) -> None:
        self._store = store
        self._cases = cases
        self._database = InDatabase(store)
        self._folder = folder
        self._kept_in: Contents = folder or self._database
        self.most = most

    async def receive(self, actor: Actor, case_id: str, pieces: AsyncIterator[bytes]) -> Received:
        """Keep what comes, once per tenant however often it is sent. NOTHING, and nothing is read, for whom the
        desk will refuse anyway. Raises TooLarge, Invalid where nothing comes, Unavailable where the disk is full."""
        if not await self._cases.may(actor, case_id, ATTACH):
            return NOTHING
        upload = new_id()
        try:
            received = await self._pieces(actor.tenant, upload, pieces)
            await self._keep(actor.tenant, upload, received)
        except OSError as error:
            log.error("cannot keep an attachment: %s", error)
            await self._kept_in.drop(actor.tenant, upload)
            raise Unavailable("The file cannot be kept right now. Try again later.") from None
        except BaseException:
            await self._kept_in.drop(actor.tenant, upload)
            raise
        return received

    async def read(self, actor: Actor, sha256: str) -> AsyncIterator[bytes]:
        """The bytes, piece by piece; whoever calls has read the attachment before, and so may. Raises Unavailable
        where they are not there."""
        blob = await self._store.blob(actor.tenant, sha256)
        source = self._source(blob)
        try:
            if blob is None or source is None:
                raise Missing("no folder of attachments is set")
            found = source.read(actor.tenant, blob)
            first = await anext(found)
        except (Missing, OSError) as error:
            log.error("the bytes of attachment %s cannot be read: %s", sha256, error)
            raise Unavailable("The bytes of this file cannot be read. Tell whoever runs this service.") from None
        return _again(first, found)

    async def forget_unattached(self, before: datetime) -> int:
        """Bytes that no case refers to and that nobody sent again since; how many were forgotten."""
        forgotten = 0
        for tenant, blob in await self._store.unattached(before):
            if source := self._source(blob):
                undo = partial(source.forget, tenant, blob)
                forgotten += await self._store.forget_blob(tenant, blob.sha256, before, undo)
        for source in (self._database, self._folder):
            if source is not None:
                await source.drop_older(before)
        return forgotten

    def _source(self, blob: StoredBlob | None) -> Contents | None:
        return self._database if blob and blob.upload else self._folder

    async def _keep(self, tenant: str, upload: str, received: Received) -> None:
        """The row comes first, so that no file is ever there without one: see `forget_unattached`."""
        named = upload if self._kept_in.names_uploads else None
        kept = await self._store.keep_blob(tenant, StoredBlob(received.sha256, received.size, named))
        if kept.upload == named:
            await self._kept_in.keep(tenant, upload, received.sha256)
        else:
            await self._kept_in.drop(tenant, upload)

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
                await self._kept_in.add(tenant, upload, n, bytes(buffer[:PIECE]))
                del buffer[:PIECE]
                n += 1
        if not size:
            raise invalid("body", "must be the bytes of the file")
        if buffer:
            await self._kept_in.add(tenant, upload, n, bytes(buffer))
        return Received(digest.hexdigest(), size, sniffed(head))


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
