"""Exports that were asked for: the jobs, who makes them, and the bytes in pieces."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, TextClause, and_, case, delete, func, insert, or_, select, text, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.every_tenant import EVERY_EXPORT
from app.db.tables.exports import JOB, PIECE
from app.services.store.export_jobs import ExportJob, ExportRoom, NoRoomForExport

J = JOB.c
TOLD = tuple(J[field.name] for field in fields(ExportJob))
ONGOING = ("asked", "queued", "making")
UNBEGUN = timedelta(minutes=10)
"""How long what was asked for waits to be queued; where whoever was asked died before, nobody does so later."""
MOST = 50
PORTION = 16
"""Pieces that one transaction forgets: on SQLite all others wait for it."""
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:held, 0))")


class SqlExportJobs(ABC):
    async def add_export(self, job: ExportJob, room: ExportRoom) -> None:
        async with self._writing(job.tenant) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(_ONE_AT_A_TIME, {"held": f"stateward exports of {job.tenant}"})
            now = await self._moment(connection)
            await _check_room(connection, job, room, now)
            row = {field.name: getattr(job, field.name) for field in fields(job)}
            times = {"asked_at": now, "held_until": now, "ends_at": now + UNBEGUN}
            await connection.execute(insert(JOB).values(**{**row, **times}))

    async def queue_export(self, tenant: str, export: str, tree_size: int, asked_at: datetime, keep: timedelta) -> None:
        queued = update(JOB).where(_of(tenant, export), J.state == "asked")
        times = {"asked_at": asked_at, "ends_at": asked_at + keep}
        await self._write(queued.values(state="queued", tree_size=tree_size, **times), tenant)

    async def export_job(self, tenant: str, export: str) -> ExportJob | None:
        rows = await self._rows(select(*TOLD).where(_of(tenant, export), *self._there()), tenant)
        return ExportJob(**rows[0]) if rows else None

    async def export_jobs(self, tenant: str, subject: str, after: str | None, limit: int) -> Sequence[ExportJob]:
        beyond = () if after is None else (J.id < after,)
        mine = select(*TOLD).where(J.tenant == tenant, J.subject == subject, *self._there(), *beyond)
        return [ExportJob(**row) for row in await self._rows(mine.order_by(J.id.desc()).limit(limit), tenant)]

    async def export_piece(self, tenant: str, export: str, attempt: int, n: int) -> bytes | None:
        p = PIECE.c
        this = select(p.content).where(p.tenant == tenant, p.export == export, p.attempt == attempt, p.n == n)
        rows = await self._rows(this, tenant)
        return bytes(rows[0]["content"]) if rows else None

    async def stop_export(self, tenant: str, export: str) -> None:
        await self._write(update(JOB).where(_of(tenant, export)).values(state="stopped"), tenant)

    async def forget_exports(self) -> int:
        e, gone = EVERY_EXPORT.c, 0
        over = or_(e.state == "stopped", e.ends_at <= self._now())
        for row in await self._rows(select(e.tenant, e.id).where(over).order_by(e.ends_at).limit(MOST)):
            gone += await self._forget(row["tenant"], row["id"])
        return gone

    async def _forget(self, tenant: str, export: str) -> int:
        p = PIECE.c
        some = select(p.attempt, p.n).where(p.tenant == tenant, p.export == export).limit(PORTION)
        async with self._writing(tenant) as connection:
            found = (await connection.execute(some)).all()
            for attempt, n in found:
                this = (p.tenant == tenant, p.export == export, p.attempt == attempt, p.n == n)
                await connection.execute(delete(PIECE).where(*this))
            if not found:
                await connection.execute(delete(JOB).where(_of(tenant, export)))
            return max(1, len(found))

    async def waiting_exports(self) -> Sequence[tuple[str, str]]:
        e, now = EVERY_EXPORT.c, self._now()
        busy = select(e.tenant).where(e.state == "making", e.held_until > now)
        waits = select(e.tenant, e.id).where(e.state.in_(("queued", "making")), e.held_until <= now, e.ends_at > now)
        order = (case((e.tenant.in_(busy), 1), else_=0), e.id)
        return [(row["tenant"], row["id"]) for row in await self._rows(waits.order_by(*order).limit(MOST))]

    async def take_export(self, tenant: str, export: str, holder: str, lease: timedelta) -> ExportJob | None:
        async with self._writing(tenant) as connection:
            now = await self._moment(connection)
            free = (_of(tenant, export), J.state.in_(("queued", "making")), J.held_until <= now)
            mine = {"state": "making", "holder": holder, "held_until": now + lease, "tries": J.tries + 1}
            taken = update(JOB).where(*free).values(**mine, looked_at=0).returning(*TOLD)
            row = (await connection.execute(taken)).mappings().one_or_none()
            return ExportJob(**row) if row else None

    async def go_on_export(self, job: ExportJob, holder: str, looked_at: int, lease: timedelta) -> bool:
        async with self._writing(job.tenant) as connection:
            until = await self._moment(connection) + lease
            on = update(JOB).where(_held(job, holder)).values(looked_at=looked_at, held_until=until)
            return bool((await connection.execute(on)).rowcount)

    async def export_room(self, tenant: str) -> int:
        rows = await self._rows(
            select(func.coalesce(func.sum(J.size), 0).label("size")).where(J.tenant == tenant), tenant
        )
        return int(rows[0]["size"])

    async def add_export_piece(self, job: ExportJob, n: int, content: bytes) -> None:
        piece = {"tenant": job.tenant, "export": job.id, "attempt": job.tries, "n": n, "content": content}
        await self._write(insert(PIECE).values(**piece), job.tenant)

    async def end_export(self, job: ExportJob, holder: str, keep: timedelta) -> bool:
        told = {name: getattr(job, name) for name in ("state", "looked_at", "entries", "size", "sha256", "problem")}
        async with self._writing(job.tenant) as connection:
            now = await self._moment(connection)
            times = {"held_until": now, "ends_at": now + keep, "holder": None}
            ended = update(JOB).where(_held(job, holder)).values(**told, **times)
            return bool((await connection.execute(ended)).rowcount)

    def _there(self) -> tuple[Any, ...]:
        return J.state != "stopped", J.ends_at > self._now()

    async def _moment(self, connection: AsyncConnection) -> datetime:
        found: datetime = (await connection.execute(select(self._now().label("now")))).scalar_one()
        return found

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    async def _write(self, statement: Any, *tenants: str) -> None: ...

    @abstractmethod
    def _now(self) -> Any: ...


def _of(tenant: str, export: str) -> Any:
    return and_(J.tenant == tenant, J.id == export)


def _held(job: ExportJob, holder: str) -> Any:
    """Also by the number of the try: a holder may have lost it and taken it again."""
    return and_(_of(job.tenant, job.id), J.holder == holder, J.tries == job.tries, J.state == "making")


async def _check_room(connection: AsyncConnection, job: ExportJob, room: ExportRoom, now: datetime) -> None:
    ongoing = and_(J.state.in_(ONGOING), J.ends_at > now)
    mine = func.sum(case((and_(ongoing, J.subject == job.subject), 1), else_=0))
    counts = select(mine, func.sum(case((ongoing, 1), else_=0)), func.count(), func.sum(J.size))
    found = (await connection.execute(counts.where(J.tenant == job.tenant))).one()
    of_person, of_tenant, kept, size = (int(number or 0) for number in found)
    if of_person >= room.of_a_person:
        raise NoRoomForExport(f"{of_person} exports of yours are being made; wait for one of them, or stop it")
    if of_tenant >= room.of_a_tenant:
        raise NoRoomForExport(f"{of_tenant} exports of your tenant are being made; wait for one of them")
    if kept >= room.kept or size >= room.bytes:
        raise NoRoomForExport(f"your tenant keeps {kept} exports with {size} bytes; remove some of them", stays=True)
