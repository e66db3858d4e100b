"""Exports that callers ask for: who may, how many at once, how far they are, and their bytes from any place on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from app.domain.case.attempt import Actor
from app.domain.values.errors import NotFound, OverQuota, TooMany, invalid
from app.domain.values.json import JsonObject
from app.domain.values.near_names import choose, quoted
from app.services.entries.actors import actor_json
from app.services.entries.identity import new_id
from app.services.entries.refusals import Refusals
from app.services.log.export_filter import ExportFilter
from app.services.log.export_rights import EXPORT, ExportRights
from app.services.log.exports import Asked, EmptyLog, Exports
from app.services.policy.policies import Policies
from app.services.policy.tenant_admin import log_refusal
from app.services.store.cases import CaseReads
from app.services.store.export_jobs import PIECE, SIDECAR, ExportJob, ExportJobStore, ExportRoom, NoRoomForExport
from app.services.store.exports import ExportStore
from app.services.store.stored import CaseKey

SMALL: Final = 20_000
"""Entries of a log whose export is waited for."""
LOOK_EVERY: Final = 0.1
OF_A_PERSON: Final = 3
OF_A_TENANT: Final = 10
KEPT: Final = 500
ENDED: Final = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """`exports_kept`: hours that a file is there. `export_bytes_per_tenant`: of all files of a tenant together."""

    exports_kept: int = 24
    export_bytes_per_tenant: int = 2 * 2**30

    @property
    def keep(self) -> timedelta:
        return timedelta(hours=self.exports_kept)


class Beside(Protocol):
    """Works beside the loop of this process, on what it finds in the database."""

    def wake(self) -> None:
        """Let it look, once more where it is at it already."""
        ...

    async def stop(self) -> None: ...


class Maker(Beside, Protocol):
    """Makes what waits."""

    formats: Sequence[str]
    patience: float
    """Seconds that a caller waits for a small one at most."""


class JobStore(ExportJobStore, ExportStore, CaseReads, Protocol): ...


class ExportJobs:
    """Without a maker there are no formats, and so none is asked for."""

    def __init__(
        self,
        store: JobStore,
        policies: Policies,
        rights: ExportRights,
        refusals: Refusals,
        limits: ExportLimits,
        maker: Maker | None,
    ) -> None:
        self._store = store
        self._policies = policies
        self._rights = rights
        self._refusals = refusals
        self._limits = limits
        self._maker = maker

    async def ask(self, actor: Actor, wanted: ExportFilter, format: str, request_id: str) -> ExportJob:  # noqa: A002
        """Have it made; where that is soon, it is there when this returns. Raises Denied, Invalid, TooMany, OverQuota.

        First there is room for it, then it is in the log, and only then somebody makes it.
        """
        self._check_format(format)
        asked = Asked(
            tenant=actor.tenant,
            wanted=wanted,
            format=format,
            operator=actor.id,
            who=await self._permitted(actor, wanted, request_id),
            id=new_id(),
            request_id=request_id,
        )
        await self._make_room(asked)
        try:
            tree_size, at = await Exports(self._store).record(asked)
        except EmptyLog:
            await self._store.stop_export(asked.tenant, asked.id)
            raise NotFound("the log is empty") from None
        await self._store.queue_export(asked.tenant, asked.id, tree_size, at, self._limits.keep)
        if self._maker is not None:
            self._maker.wake()
        return await self._waited(actor, asked.id, tree_size)

    async def read(self, actor: Actor, export: str) -> ExportJob:
        """One's own. Raises NotFound."""
        job = await self._store.export_job(actor.tenant, export)
        if job is None or job.subject != actor.id:
            raise NotFound("no such export")
        return job

    async def list(self, actor: Actor, after: str | None, limit: int) -> Sequence[ExportJob]:
        """One's own, the newest first."""
        return await self._store.export_jobs(actor.tenant, actor.id, after, limit)

    async def drop(self, actor: Actor, export: str) -> None:
        """Stop it, or forget its file. Raises NotFound."""
        await self._store.stop_export(actor.tenant, (await self.read(actor, export)).id)

    async def file(self, actor: Actor, export: str, request_id: str) -> ExportJob:
        """One's own that is made, for whoever still may. Raises NotFound, Denied."""
        job = await self.read(actor, export)
        if job.state != "done":
            raise NotFound("the file is not made yet")
        await self._permitted(actor, ExportFilter.of_json(job.filter), request_id)
        return job

    async def pieces(self, job: ExportJob, first: int, until: int) -> AsyncIterator[bytes]:
        """Its bytes from `first` on, before `until`."""
        for n in range(first // PIECE, (until + PIECE - 1) // PIECE):
            piece = await self._store.export_piece(job.tenant, job.id, job.tries, n)
            if piece is None:
                raise NotFound("no such export")  # it was removed meanwhile
            begin = n * PIECE
            yield piece[max(first - begin, 0) : until - begin]

    async def sidecar(self, actor: Actor, export: str, request_id: str) -> bytes:
        """What stands beside a file that does not prove itself. Raises NotFound, Denied."""
        job = await self.file(actor, export, request_id)
        beside = await self._store.export_piece(job.tenant, job.id, job.tries, SIDECAR)
        if beside is None:
            raise NotFound("nothing stands beside it: a zip proves itself")
        return beside

    async def look(self) -> None:
        """Have made what waits: what another process was asked for too, or had begun when it died."""
        if self._maker is not None and await self._store.waiting_exports():
            self._maker.wake()

    async def sweep(self) -> None:
        """Forget what is over, a portion after the other."""
        while await self._store.forget_exports():
            pass

    async def stop(self) -> None:
        if self._maker is not None:
            await self._maker.stop()

    def _check_format(self, told: str) -> None:
        known = self._maker.formats if self._maker is not None else ()
        if told not in known:
            raise invalid("format", f"{quoted(told)} is no format; {choose(told, known, 'formats')}")

    async def _permitted(self, actor: Actor, wanted: ExportFilter, request_id: str) -> JsonObject:
        """Who asks, as the log names them; whoever may not is in the log too."""
        await self._policies.refresh()
        verdict, on = self._rights.verdict(actor, await self._case_types(actor, wanted))
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles)
        if verdict.allowed:
            return _who(actor, roles)
        async with self._store.transaction(actor.tenant) as tx:
            at = (await tx.lock([], [])).at
            says: JsonObject = {"filter": wanted.to_json(), "request_id": request_id}
            denied = await log_refusal(tx, self._policies, self._refusals, actor, at, says, verdict, EXPORT, on)
        raise denied

    async def _case_types(self, actor: Actor, wanted: ExportFilter) -> Sequence[str]:
        """Of what it is about; nothing: of all. Of cases that are named it is what they are of, where all are there."""
        if wanted.case_types or not wanted.cases:
            return sorted(wanted.case_types)
        found = [await self._store.case(CaseKey(actor.tenant, one)) for one in sorted(wanted.cases)]
        return [] if None in found else sorted({one.case.case_type for one in found if one is not None})

    async def _make_room(self, asked: Asked) -> None:
        soon = datetime.now(UTC)  # the store's time is what counts
        job = ExportJob(
            tenant=asked.tenant,
            id=asked.id,
            subject=asked.operator,
            who=asked.who,
            format=asked.format,
            filter=asked.wanted.to_json(),
            state="asked",
            asked_at=soon,
            ends_at=soon,
        )
        most = self._limits.export_bytes_per_tenant
        room = ExportRoom(of_a_person=OF_A_PERSON, of_a_tenant=OF_A_TENANT, kept=KEPT, bytes=most)
        try:
            await self._store.add_export(job, room)
        except NoRoomForExport as none:
            raise (OverQuota if none.stays else TooMany)(f"{none}.") from None

    async def _waited(self, actor: Actor, export: str, tree_size: int) -> ExportJob:
        loop = asyncio.get_running_loop()
        until = loop.time() + (self._maker.patience if self._maker and tree_size <= SMALL else 0.0)
        job = await self.read(actor, export)
        while job.state not in ENDED and loop.time() < until:
            await asyncio.sleep(LOOK_EVERY)  # another process makes it, and tells the database alone
            job = await self.read(actor, export)
        return job


def _who(actor: Actor, roles: frozenset[str]) -> JsonObject:
    told = actor_json(actor, roles)
    assert isinstance(told, dict)
    return told
