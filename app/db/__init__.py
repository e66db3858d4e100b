"""The stores: SQLite in one file, or PostgreSQL."""

from app.db.engines import database_url, is_sqlite
from app.db.postgres import PostgresStore
from app.db.sqlite import SqliteStore
from app.services.ports import Store

__all__ = ["open_store"]


def open_store(url: str, pool_size: int = 10) -> Store:
    """A store for `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`; connects when first used."""
    parsed = database_url(url)
    return SqliteStore(parsed, pool_size) if is_sqlite(parsed) else PostgresStore(parsed, pool_size)
