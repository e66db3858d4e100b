"""Receive the bytes of a file: in pieces, hashed on the way, within its tenant's room, and given back at the end."""

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from app.domain.values.errors import OverQuota, TooLarge, Unavailable, invalid
from app.domain.values.media_types import ENOUGH, sniffed
from app.services.entries.identity import new_id
from app.services.store.failures import StoreUnavailable
from app.services.store.work import Blobs, NoRoom, StoredBlob
from app.services.work.contents import Contents, InDatabase

PIECE = 256 * 1024
"""Bytes of a row: what is in memory of a file at a time."""
AHEAD = 4 * 2**20
"""Bytes of room that an upload takes before they come, where it says how many will: no more, for it may never end."""
FILE_BYTES = 25 * 2**20
TENANT_BYTES = 10 * 2**30
Look = Callable[[str | None], None]
"""Raises where the media type that the first bytes tell is not the one that was declared."""
log = logging.getLogger("stateward")


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """Bytes that a file may have, and all files of a tenant together."""

    attachment_bytes: int = FILE_BYTES
    attachment_bytes_per_tenant: int = TENANT_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """What came. `upload` is None where it was looked at and not kept."""

    sha256: str = ""
    size: int = 0
    sniffed_type: str | None = None
    upload: str | None = None


class Uploads:
    """`folder`: where new bytes are kept; left out, in the database. `scanned`: somebody is to look at them."""

    def __init__(
        self, store: Blobs, limits: AttachmentLimits, folder: Contents | None = None, *, scanned: bool = False
    ) -> None:
        self._store = store
        self._folder = folder
        self.scanned = scanned
        self.kept_in: Contents = folder or InDatabase(store)
        self.limits = limits

    async def check_room(self, tenant: str, announced: int) -> None:
        """For a file of so many bytes, before any of them comes. Raises TooLarge or OverQuota."""
        self._check_size(announced)
        if await self._store.room_taken(tenant) + announced > self.limits.attachment_bytes_per_tenant:
            raise self._no_room()

    async def receive(
        self, tenant: str, pieces: AsyncIterator[bytes], announced: int = 0, look: Look = lambda sniffed: None
    ) -> Received:
        """Keep what comes, once per tenant however often it is sent, until `end`. Whatever is raised leaves nothing:
        TooLarge, OverQuota, Invalid where nothing comes, what `look` raises, Unavailable where the disk is full."""
        upload = new_id()
        try:
            received = await self._pieces(_Written(self, tenant, upload, announced), pieces, look)
            await self._keep(tenant, upload, received)
        except BaseException as error:
            await self.kept_in.drop(tenant, upload)
            await self.end_or_leave(tenant, upload)
            if isinstance(error, OSError):
                log.error("cannot keep an attachment: %s", error)
                raise Unavailable("The file cannot be kept right now. Try again later.") from None
            raise
        return received

    async def look_at(self, pieces: AsyncIterator[bytes]) -> Received:
        """What comes, and nothing of it is kept."""
        seen = _Seen(lambda sniffed: None)
        async for piece in pieces:
            self._check_size(seen.note(piece))
        return seen.received(None)

    async def weigh(self, tenant: str, pieces: AsyncIterator[bytes], announced: int, look: Look) -> Received:
        """What `receive` would make of what comes, and nothing of it is kept. Raises what it does."""
        await self.check_room(tenant, announced)
        seen = _Seen(look)
        async for piece in pieces:
            self._check_size(seen.note(piece))
        seen.check()
        await self.check_room(tenant, seen.size)
        return seen.received(None)

    async def end(self, tenant: str, upload: str) -> bool:
        """Give back what no case refers to, and nobody else sends right now; whether a content is gone."""
        return await self._store.end_upload(tenant, upload, self._unlinking(tenant))

    async def end_or_leave(self, tenant: str, upload: str) -> None:
        """What cannot be given back now is found later (`Attachments.forget_unattached`)."""
        try:
            await self.end(tenant, upload)
        except (StoreUnavailable, OSError) as error:
            log.warning("the bytes of upload %s cannot be given back yet: %s", upload, error)

    async def add(self, tenant: str, upload: str, n: int, piece: bytes, room: int) -> None:
        """A piece, and before it so much room more."""
        if room:
            try:
                await self._store.take_room(tenant, upload, room, self.limits.attachment_bytes_per_tenant)
            except NoRoom:
                raise self._no_room() from None
        await self.kept_in.add(tenant, upload, n, piece)

    async def _pieces(self, written: "_Written", pieces: AsyncIterator[bytes], look: Look) -> Received:
        seen, buffer = _Seen(look), bytearray()
        async for piece in pieces:
            self._check_size(seen.note(piece))
            buffer += piece
            while len(buffer) >= PIECE:
                await written.add(bytes(buffer[:PIECE]))
                del buffer[:PIECE]
        seen.check()
        received = seen.received(written.upload)
        if buffer:
            await written.add(bytes(buffer))
        return received

    async def _keep(self, tenant: str, upload: str, received: Received) -> None:
        """The row comes first, so that no file is ever there without one."""
        named = upload if self.kept_in.names_uploads else None
        blob = StoredBlob(received.sha256, received.size, named)
        kept = await self._store.keep_blob(tenant, blob, upload, unchecked=self.scanned)
        if kept.upload == named:
            await self.kept_in.keep(tenant, upload, received.sha256)
        else:
            await self.kept_in.drop(tenant, upload)

    def _unlinking(self, tenant: str) -> Callable[[StoredBlob], Awaitable[None]] | None:
        folder = self._folder
        return None if folder is None else lambda blob: folder.forget(tenant, blob)

    def _check_size(self, size: int) -> None:
        if size > self.limits.attachment_bytes:
            raise TooLarge(f"a file may have at most {self.limits.attachment_bytes} bytes")

    def _no_room(self) -> OverQuota:
        most = self.limits.attachment_bytes_per_tenant
        return OverQuota(
            f"the files of your tenant may have {most} bytes together, and this one does not fit any more;"
            " send a smaller one, or ask whoever runs this service for more room"
        )


class _Seen:
    """What is known of bytes while they come."""

    def __init__(self, look: Look) -> None:
        self.size = 0
        self._look = look
        self._digest = hashlib.sha256()
        self._head = b""

    def note(self, piece: bytes) -> int:
        """How many there are with these."""
        self.size += len(piece)
        self._digest.update(piece)
        if len(self._head) < ENOUGH:
            self._head = (self._head + piece)[:ENOUGH]
            if len(self._head) == ENOUGH:
                self._look(sniffed(self._head))
        return self.size

    def check(self) -> None:
        if not self.size:
            raise invalid("body", "must be the bytes of the file")

    def received(self, upload: str | None) -> Received:
        found = sniffed(self._head)
        self._look(found)
        return Received(self._digest.hexdigest(), self.size, found, upload)


class _Written:
    """What stands of an upload. Room is taken for what is written, not for what is in memory: it comes in pieces of any
    size, and taking some is a transaction."""

    def __init__(self, uploads: Uploads, tenant: str, upload: str, announced: int) -> None:
        self._uploads = uploads
        self._tenant = tenant
        self.upload = upload
        self._announced = announced
        self._room = self._size = self._n = 0

    async def add(self, piece: bytes) -> None:
        self._size += len(piece)
        needed = self._size - self._room
        more = max(needed, min(self._announced - self._room, AHEAD)) if needed > 0 else 0
        await self._uploads.add(self._tenant, self.upload, self._n, piece, more)
        self._room += more
        self._n += 1
