"""The stores: SQLite in one file, or PostgreSQL. What neither needs is loaded with neither."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from app.db.connections.urls import names_sqlite

if TYPE_CHECKING:
    from app.services.store.ports import Store

__all__ = ["open_store"]


def open_store(url: str, pool_size: int = 10, now: Callable[[], datetime] | None = None) -> "Store":
    """A store for `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`; connects when first used.

    `now` drives the time on SQLite; on PostgreSQL it is always the database's, and ValueError.
    """
    from app.db.connections.engines import database_url

    parsed = database_url(url)
    if names_sqlite(url):
        from app.db.sqlite.store import SqliteStore, wall_clock

        return SqliteStore(parsed, pool_size, now or wall_clock)
    if now is not None:
        raise ValueError("on PostgreSQL time is the database's: only a store on SQLite takes a clock")
    from app.db.postgres.store import PostgresStore

    return PostgresStore(parsed, pool_size)
