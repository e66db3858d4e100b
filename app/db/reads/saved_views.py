"""Read and write saved views."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import Select, TextClause, and_, bindparam, case, delete, func, insert, or_, select, text, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.views import SAVED_VIEW
from app.services.store.failures import Refused
from app.services.store.saved_views import MOST_OWN, MOST_SHARED, NoRoomForViews, SavedView, Shows, TitleTaken

V = SAVED_VIEW.c
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:held, 0))")


class SqlSavedViews(ABC):
    async def saved_views(self, tenant: str, subject: str) -> Sequence[SavedView]:
        rows = await self._rows(_ALL, tenant, values={"tenant": tenant, "subject": subject})
        return [_view(row) for row in rows]

    async def saved_view(self, tenant: str, subject: str, view_id: str) -> SavedView | None:
        asked = {"tenant": tenant, "subject": subject, "id": view_id}
        rows = await self._rows(_SEEN.where(V.id == bindparam("id")), tenant, values=asked)
        return _view(rows[0]) if rows else None

    async def keep_view(self, view: SavedView) -> bool:
        try:
            async with self._writing(view.tenant) as connection:
                await _hold(connection, view.tenant)
                return await _kept(connection, view, self._now())
        except Refused as refused:
            raise TitleTaken from refused

    async def drop_view(self, tenant: str, owner: str, view_id: str) -> bool:
        async with self._writing(tenant) as connection:
            gone = delete(SAVED_VIEW).where(V.tenant == tenant, V.owner == owner, V.id == view_id)
            return bool((await connection.execute(gone)).rowcount)

    @abstractmethod
    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    def _now(self) -> Any: ...


async def _hold(connection: AsyncConnection, tenant: str) -> None:
    """One writer of a tenant's views at a time, so that what is counted stays true; on SQLite there is only one."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_ONE_AT_A_TIME, {"held": f"stateward views of {tenant}"})


async def _kept(connection: AsyncConnection, view: SavedView, now: Any) -> bool:
    this = and_(V.tenant == view.tenant, V.id == view.id)
    owner = (await connection.execute(select(V.owner).where(this))).scalar()
    if owner not in (None, view.owner):
        return False
    if view.preferred:
        own = and_(V.tenant == view.tenant, V.owner == view.owner)
        await connection.execute(update(SAVED_VIEW).where(own).values(preferred=0))
    await connection.execute(delete(SAVED_VIEW).where(this))
    await _check_room(connection, view)
    await connection.execute(insert(SAVED_VIEW).values({**_row(view), "changed_at": now}))
    return True


async def _check_room(connection: AsyncConnection, view: SavedView) -> None:
    own = select(func.count()).where(V.tenant == view.tenant, V.owner == view.owner).scalar_subquery()
    shared = select(func.count()).where(V.tenant == view.tenant, V.shared == 1).scalar_subquery()
    of_owner, of_all = (await connection.execute(select(own, shared))).one()
    if of_owner >= MOST_OWN or (view.shared and of_all >= MOST_SHARED):
        raise NoRoomForViews


_OWN = V.owner == bindparam("subject")
_SEEN = select(SAVED_VIEW).where(V.tenant == bindparam("tenant"), or_(_OWN, V.shared == 1))
_ALL = _SEEN.order_by(case((_OWN, 0), else_=1), V.title, V.id).limit(MOST_OWN + MOST_SHARED)


def _row(view: SavedView) -> dict[str, Any]:
    shows = view.shows
    columns = None if shows.columns is None else list(shows.columns)
    told = {"queue": shows.queue, "filters": dict(shows.filters), "sort": shows.sort, "columns": columns}
    names = {name: getattr(view, name) for name in ("tenant", "id", "owner", "title")}
    return {**names, "shared": int(view.shared), "preferred": int(view.preferred), "told": told}


def _view(row: RowMapping) -> SavedView:
    told = row["told"]
    columns = None if told["columns"] is None else tuple(told["columns"])
    shows = Shows(told["queue"], told["filters"], told["sort"], columns)
    names = {name: row[name] for name in ("tenant", "id", "owner", "title")}
    return SavedView(**names, shows=shows, shared=bool(row["shared"]), preferred=bool(row["preferred"]))
