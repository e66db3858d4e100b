"""Read and write people, and where they are signed in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Select, TextClause, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.people import PERSON, SESSION
from app.services.store.people import REMEMBERED, Beginning, SessionId, StoredPerson, StoredSession

P, S = PERSON.c, SESSION.c
USUAL = {"theme": "auto", "density": "comfortable", "keys": 1}


class SqlPeople(ABC):
    """The calls that concern no case and no log."""

    async def person(self, tenant: str, subject: str) -> StoredPerson | None:
        rows = await self._rows(select(PERSON).where(*_is(tenant, subject)), tenant)
        return person_of(rows[0]) if rows else None

    async def people(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredPerson]:
        page = select(PERSON).where(P.tenant == tenant, P.subject > (after or "")).order_by(P.subject).limit(limit)
        return [person_of(row) for row in await self._rows(page, tenant)]

    async def people_named(self, tenant: str, subjects: Sequence[str]) -> Mapping[str, str]:
        rows = await self._rows(_NAMED, tenant, values={"tenant": tenant, "subjects": list(subjects)})
        return {row["subject"]: row["name"] for row in rows}

    async def change_person(self, tenant: str, subject: str, values: Mapping[str, Any]) -> bool:
        async with self._writing(tenant) as connection:
            return await change(connection, tenant, subject, values)

    async def use_otp(self, tenant: str, subject: str, step: int) -> bool:
        unused = or_(P.otp_step.is_(None), P.otp_step < step)
        async with self._writing(tenant) as connection:
            taken = await connection.execute(update(PERSON).where(*_is(tenant, subject), unused).values(otp_step=step))
            return taken.rowcount == 1

    async def begin_session(self, beginning: Beginning) -> StoredSession | None:
        before = beginning.instead_of[0] if beginning.instead_of else beginning.tenant
        async with self._writing(beginning.tenant, before) as connection:
            return await _begin(connection, beginning, self._now())

    async def session(self, session: SessionId) -> tuple[StoredSession, StoredPerson, datetime] | None:
        tenant, digest = session
        rows = await self._rows(self._signed_in, tenant, values={"tenant": tenant, "hash": digest})
        if not rows:
            return None
        [row] = rows
        person = person_of({column.name: row[f"person_{column.name}"] for column in P})
        return session_of({column.name: row[column.name] for column in S}), person, row["now"]

    async def sessions(self, tenant: str, subject: str) -> Sequence[StoredSession]:
        open_ones = select(SESSION).where(S.tenant == tenant, S.subject == subject, S.ends_at > self._now())
        rows = await self._rows(open_ones.order_by(S.made_at.desc(), S.hash), tenant)
        return [session_of(row) for row in rows]

    async def end_person_sessions(
        self, tenant: str, subject: str, only: str | None = None, but: str | None = None
    ) -> int:
        which = [*([] if only is None else [S.hash == only]), *([] if but is None else [S.hash != but])]
        async with self._writing(tenant) as connection:
            return await _end(connection, tenant, subject, self._now(), *which)

    async def note_sessions(self, seen: Mapping[SessionId, datetime]) -> None:
        """Sorted, so that two processes that write at once wait for each other in one order."""
        if not seen:
            return
        at = bindparam("at", type_=S.seen_at.type)
        this = (S.tenant == bindparam("of_tenant"), S.hash == bindparam("of_hash"), S.seen_at < at)
        rows = [
            {"of_tenant": tenant, "of_hash": digest, "at": moment} for (tenant, digest), moment in sorted(seen.items())
        ]
        async with self._writing(*(tenant for tenant, _ in seen)) as connection:
            await connection.execute(update(SESSION).where(*this).values(seen_at=at), rows)

    @cached_property
    def _signed_in(self) -> Select[Any]:
        """Made once, as each request asks it."""
        whose = and_(P.tenant == S.tenant, P.subject == S.subject)
        told = [column.label(f"person_{column.name}") for column in P]
        wanted = select(SESSION, *told, self._now_when_run().label("now")).join(PERSON, whose)
        return wanted.where(S.tenant == bindparam("tenant"), S.hash == bindparam("hash"))

    @abstractmethod
    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    def _now(self) -> Any: ...

    @abstractmethod
    def _now_when_run(self) -> Any: ...


def _named() -> Select[Any]:
    name = func.coalesce(P.shown_name, P.display_name).label("name")
    known = (P.tenant == bindparam("tenant"), P.subject.in_(bindparam("subjects", expanding=True)))
    return select(P.subject, name).where(*known, name.is_not(None))


_NAMED = _named()


async def add(connection: AsyncConnection, person: StoredPerson) -> None:
    await connection.execute(
        insert(PERSON).values({c.name: getattr(person, c.name) for c in P} | {"keys": int(person.keys)})
    )


async def change(connection: AsyncConnection, tenant: str, subject: str, values: Mapping[str, Any]) -> bool:
    changed = {name: int(value) if name == "keys" else value for name, value in values.items()}
    return (await connection.execute(update(PERSON).where(*_is(tenant, subject)).values(changed))).rowcount == 1


async def end_all(connection: AsyncConnection, tenant: str, subject: str, at: datetime) -> None:
    await _end(connection, tenant, subject, at)


async def _begin(connection: AsyncConnection, new: Beginning, now: Any) -> StoredSession | None:
    """The row of the person is held from the first statement on, so that two sign-ins of one person take turns."""
    moment = (await connection.execute(select(now.label("now")))).scalar_one()
    if not await _is_welcome(connection, new, moment):
        return None
    mine = (S.tenant == new.tenant, S.subject == new.subject)
    await connection.execute(delete(SESSION).where(*mine, S.ends_at < moment - REMEMBERED))
    if new.instead_of is not None:
        before = (S.tenant == new.instead_of[0], S.hash == new.instead_of[1], S.ends_at > moment)
        await connection.execute(update(SESSION).where(*before).values(ends_at=moment))
    newest = select(S.hash).where(*mine, S.ends_at > moment).order_by(S.made_at.desc(), S.hash).limit(new.most - 1)
    kept = (await connection.execute(newest)).scalars().all()
    await _end(connection, new.tenant, new.subject, moment, S.hash.not_in(kept))
    made = StoredSession(
        tenant=new.tenant,
        hash=new.hash,
        subject=new.subject,
        roles=new.roles,
        how=new.how,
        made_at=moment,
        seen_at=moment,
        ends_at=moment + timedelta(seconds=new.longest),
    )
    row = {c.name: getattr(made, c.name) for c in S} | {"roles": sorted(made.roles)}
    await connection.execute(insert(SESSION).values(row))
    return made


async def _is_welcome(connection: AsyncConnection, new: Beginning, moment: datetime) -> bool:
    this = _is(new.tenant, new.subject)
    told = {"display_name": new.told.name, "address": new.told.address}
    kept = {"zone": new.told.zone, "language": new.told.language}
    seen: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    seen |= {name: func.coalesce(P[name], value) for name, value in kept.items() if value is not None}
    noted = update(PERSON).where(*this, P.disabled_at.is_(None)).values(seen_at=moment, **seen)
    if (await connection.execute(noted)).rowcount == 1:
        return True
    if (await connection.execute(select(P.subject).where(*this))).first():
        return False
    row = {"tenant": new.tenant, "subject": new.subject, "made_at": moment, "seen_at": moment, **USUAL, **told, **kept}
    await connection.execute(insert(PERSON).values(row))
    return True


async def _end(connection: AsyncConnection, tenant: str, subject: str, at: Any, *which: Any) -> int:
    open_ones = (S.tenant == tenant, S.subject == subject, S.ends_at > at)
    return (await connection.execute(update(SESSION).where(*open_ones, *which).values(ends_at=at))).rowcount


def person_of(row: Mapping[Any, Any]) -> StoredPerson:
    return StoredPerson(**{**row, "keys": bool(row["keys"])})


def session_of(row: Mapping[Any, Any]) -> StoredSession:
    return StoredSession(**{**row, "roles": frozenset(row["roles"])})


def _is(tenant: str, subject: str) -> tuple[Any, Any]:
    return P.tenant == tenant, P.subject == subject
