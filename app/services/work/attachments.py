"""Attach files to cases: refused before their bytes come where that is known, and without their bytes wherever."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from app.domain.case.attempt import Actor, Attempt
from app.domain.values.errors import Unavailable
from app.domain.verbs.attaching import UNSEEN, Attach
from app.services.cases.cases import Cases
from app.services.desk.answer import Answer
from app.services.desk.desk import Desk
from app.services.desk.trials import Trials
from app.services.store.scans import ScanStore
from app.services.store.work import Blobs, StoredBlob
from app.services.work.contents import Contents, InDatabase, Missing
from app.services.work.scanning import check_scanned
from app.services.work.uploads import Received, Uploads

UNATTACHED_FOR = timedelta(days=1)
"""How long bytes may be there that no case refers to, where a crash left them."""
UNREAD = Received()
log = logging.getLogger("stateward")


@dataclass(frozen=True, slots=True)
class Asking:
    """What it is to attach a file: `file` is that file as its sender names it, `attempt` makes the attempt of it and of
    the SHA-256 that came. Called, it is the attempt to attach what was received; what was not kept it does not name."""

    file: Attach
    attempt: Callable[[Attach, str], Attempt]

    def __call__(self, received: Received) -> Attempt:
        kept = received.sha256 if received.upload else ""
        file = replace(self.file, sha256=kept, size=received.size, sniffed_type=received.sniffed_type)
        return self.attempt(file, received.sha256)


class FileStore(Blobs, ScanStore, Protocol): ...


class Attachments:
    """What is in the folder or in the database is read from there also where new bytes go into the other."""

    def __init__(
        self,
        store: FileStore,
        cases: Cases,
        desk: Desk,
        trials: Trials,
        uploads: Uploads,
        folder: Contents | None = None,
    ) -> None:
        self._store = store
        self._cases = cases
        self._desk = desk
        self._trials = trials
        self._uploads = uploads
        self._database = InDatabase(store)
        self._folder = folder
        self._going_on: set[asyncio.Task[Answer]] = set()

    async def attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        """Receive a file of `announced` bytes (0: nobody knows), and let the desk decide. Nothing is read of one that
        it will refuse, and nothing kept of one whose answer is known: what comes is compared with what came before.
        Raises what `Uploads.receive` does."""
        unread = asking(UNREAD)
        known = await self._answered(unread)
        whole = replace(asking.file, sha256=UNSEEN, declared_type="")  # as if nothing were wrong with what comes
        if known is None and not await self._cases.would_refuse(replace(unread, verb=whole)):
            return await self._received(asking, pieces, unread.tenant, announced)
        if known is None or (unread.idempotency is not None and known == unread.idempotency.fingerprint):
            return await self._decided(unread)
        return await self._decided(asking(await self._uploads.look_at(pieces)))

    async def would_attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        """What `attach` would come to of a file that nobody sent before; nothing of it is kept."""
        attempt = asking(UNREAD)
        whole = replace(asking.file, sha256=UNSEEN, declared_type="")
        if not await self._cases.would_refuse(replace(attempt, verb=whole)):
            received = await self._uploads.weigh(attempt.tenant, pieces, announced, asking.file.check_type)
            attempt = asking(replace(received, upload=received.sha256))
        [answer] = await self._trials.submit([attempt])
        return answer

    async def read(self, actor: Actor, sha256: str) -> AsyncIterator[bytes]:
        """The bytes, piece by piece; whoever calls has read the attachment before, and so may. Raises Unavailable
        where they are not there, and what `check_scanned` does."""
        check_scanned(await self._looked_at(actor.tenant, sha256), scanning=self._uploads.scanned)
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

    async def scan_state(self, actor: Actor, sha256: str) -> str | None:
        """What a scanner says of these bytes; None where none was asked."""
        return await self._store.scan_state(actor.tenant, sha256)

    async def pieces(self, tenant: str, blob: StoredBlob) -> AsyncIterator[bytes]:
        """For whoever looks at them; raises Missing."""
        source = self._source(blob)
        if source is None:
            raise Missing("no folder of attachments is set")
        async for piece in source.read(tenant, blob):
            yield piece

    async def stop(self) -> None:
        """Finish what was received."""
        await asyncio.gather(*self._going_on, return_exceptions=True)

    async def forget_unattached(self, before: datetime) -> int:
        """What crashes left: uploads that never ended, and bytes that no case refers to and that nobody sent again
        since; how many contents were forgotten."""
        forgotten = 0
        for tenant, upload in await self._store.old_uploads(before):
            forgotten += await self._uploads.end(tenant, upload)
        for tenant, blob in await self._store.unattached(before):
            if source := self._source(blob):
                undo = partial(source.forget, tenant, blob)
                forgotten += await self._store.forget_blob(tenant, blob.sha256, before, undo)
        for source in (self._database, self._folder):
            if source is not None:
                await source.drop_older(before)
        return forgotten

    async def _received(self, asking: Asking, pieces: AsyncIterator[bytes], tenant: str, announced: int) -> Answer:
        await self._uploads.check_room(tenant, announced)
        received = await self._uploads.receive(tenant, pieces, announced, asking.file.check_type)
        assert received.upload is not None
        # goes on when the caller has gone: the desk may have decided already, and the bytes go back only afterwards
        task = asyncio.create_task(self._ended(asking(received), received.upload))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)
        return await asyncio.shield(task)

    async def _ended(self, attempt: Attempt, upload: str) -> Answer:
        try:
            return await self._decided(attempt)
        finally:
            await self._uploads.end_or_leave(attempt.tenant, upload)

    async def _decided(self, attempt: Attempt) -> Answer:
        [answer] = await self._desk.submit([attempt])
        return answer

    async def _answered(self, attempt: Attempt) -> str | None:
        """The fingerprint of what was answered before under the key of an attempt."""
        return await self._store.answered(attempt.key) if attempt.key else None

    async def _looked_at(self, tenant: str, sha256: str) -> str | None:
        """What a scanner says; where it was never asked (before there was one, or by a release that knows none) it is
        asked now."""
        state = await self._store.scan_state(tenant, sha256)
        return await self._store.ask_scan(tenant, sha256) if state is None and self._uploads.scanned else state

    def _source(self, blob: StoredBlob | None) -> Contents | None:
        return self._database if blob and blob.upload else self._folder


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
