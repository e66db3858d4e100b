"""Make the exports that wait: into a file of the machine, and from there into the database in pieces.

Whoever dies over it is taken over from: it holds an export for a while only, and tells all along that it goes on.
"""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import IO, Final, Protocol
from uuid import uuid4

from app.services.log.export_filter import ExportFilter
from app.services.log.export_jobs import ExportLimits
from app.services.log.exports import PROVE_THEMSELVES, Asked, Exports, Extract
from app.services.policy.past import PolicyInMemory
from app.services.store.export_jobs import PIECE, SIDECAR, ExportJob, MadeExports
from app.services.store.exports import ExportStore
from app.services.store.failures import Refused, StoreUnavailable

LEASE: Final = timedelta(seconds=90)
TELL_EVERY: Final = 1.0
MOST_TRIES: Final = 3
Sidecar = Callable[[Extract, str, int], Awaitable[bytes]]
"""What stands beside a file with this SHA-256 and so many bytes."""
Write = Callable[[Extract, IO[bytes], PolicyInMemory], Awaitable[None]]
log = logging.getLogger("stateward.exports")


class MakingStore(MadeExports, ExportStore, Protocol): ...


class NoRoomLeft(Exception):
    """The files of the tenant would be larger than they may."""


class Bounded:
    """A file that takes so many bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most

    def write(self, content: bytes) -> int:
        written = self._file.write(content)
        if self._file.tell() > self._most:
            raise NoRoomLeft
        return written

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


class ExportMaking:
    """`writes`: how each format is written; `policy` makes one without lines; `keys` are enclosed; `sidecar`: of a file
    that does not prove itself."""

    def __init__(
        self,
        store: MakingStore,
        writes: Mapping[str, Write],
        policy: Callable[[], PolicyInMemory],
        keys: Sequence[str],
        limits: ExportLimits,
        sidecar: Sidecar,
    ) -> None:
        self._sidecar = sidecar
        self._store = store
        self._writes = writes
        self._policy = policy
        self._keys = keys
        self._limits = limits
        self._me = str(uuid4())

    async def make_all(self) -> int:
        """Until none waits that nobody else makes; how many."""
        made = 0
        while waiting := await self._store.waiting_exports():
            tenant, export = waiting[0]
            job = await self._store.take_export(tenant, export, self._me, LEASE)
            if job is not None:
                await self.make(job)
                made += 1
        return made

    async def make(self, job: ExportJob) -> None:
        """Whatever becomes of it is told of it."""
        if job.tries > MOST_TRIES:
            await self._end(replace(job, state="failed", problem="whoever made it died over it, several times"))
            return
        try:
            async with _Going(self._store, job, self._me) as going:
                done = await self._made(job, going)
        except _Lost:
            log.info("export %s was stopped, or is made by somebody else", job.id)
        except NoRoomLeft:
            most = self._limits.export_bytes_per_tenant
            problem = f"it is larger than the room that is left of the {most} bytes for exports of your tenant"
            await self._end(replace(job, state="failed", problem=problem))
        except StoreUnavailable:
            raise
        except Exception as error:  # of a format, or of a log that says something odd: the next export is another one
            log.exception("export %s cannot be made", job.id)
            again = job.tries < MOST_TRIES
            told = replace(
                job, state="queued" if again else "failed", problem=f"a fault of ours: {type(error).__name__}"
            )
            await self._end(told)
        else:
            await self._end(done)

    async def _made(self, job: ExportJob, going: "_Going") -> ExportJob:
        exports = Exports(self._store)
        wanted = ExportFilter.of_json(job.filter)
        asked = Asked(
            tenant=job.tenant,
            wanted=wanted,
            format=job.format,
            operator=job.subject,
            keys=self._keys,
            who=job.who,
            id=job.id,
        )
        room = self._limits.export_bytes_per_tenant - await self._store.export_room(job.tenant)
        with tempfile.TemporaryFile(prefix="stateward-export-") as file:
            extract = await exports.extract(asked, job.tree_size, job.asked_at, going.looked_at)
            await self._writes[job.format](extract, Bounded(file, room), self._policy())  # type: ignore[arg-type]
            size = file.seek(0, 2)
            file.seek(0)
            digest = hashlib.sha256()
            for n in range((size + PIECE - 1) // PIECE):
                piece = file.read(PIECE)
                digest.update(piece)
                await self._store.add_export_piece(job, n, piece)
        if job.format not in PROVE_THEMSELVES:
            beside = await self._sidecar(extract, digest.hexdigest(), size)
            await self._store.add_export_piece(job, SIDECAR, beside)
        await exports.made(extract)
        done = replace(job, state="done", problem=None, looked_at=job.tree_size, entries=len(extract.kept))
        return replace(done, size=size, sha256=digest.hexdigest())

    async def _end(self, job: ExportJob) -> None:
        if not await self._store.end_export(job, self._me, self._limits.keep):
            log.info("export %s was stopped meanwhile", job.id)


class _Lost(Exception):
    """It is not to be made any more, or not here."""


class _Going:
    """Tells that it goes on, and how far it is; ends the work where that is not wanted."""

    def __init__(self, store: MadeExports, job: ExportJob, me: str) -> None:
        self._store = store
        self._job = job
        self._me = me
        self._looked_at = 0
        self._lost = False

    def looked_at(self, done: int, _: int) -> None:
        self._looked_at = done

    async def __aenter__(self) -> "_Going":
        work = asyncio.current_task()
        assert work is not None
        self._work = work
        self._telling = asyncio.create_task(self._tell())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._telling.cancel()
        with suppress(asyncio.CancelledError):
            await self._telling
        if self._lost or isinstance(error, Refused):
            self._work.uncancel()
            raise _Lost from error

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            try:
                goes_on = await self._store.go_on_export(self._job, self._me, self._looked_at, LEASE)
            except StoreUnavailable:
                continue  # it may be back before the lease is over; who writes meanwhile is told
            if not goes_on:
                self._lost = True
                self._work.cancel()
                return
