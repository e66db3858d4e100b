"""The SQLite that the service opens its file with: of Python, or the newer one of a wheel where there is one for the
machine.

Whoever opens the file in a process that has it open already must take the same library: when one copy of SQLite closes
the file, the system drops the locks of the other, too (sqlite.org/howtocorrupt.html, 2.2)."""

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:  # no wheel for this machine
        import sqlite3

__all__ = ["HAS_WAL", "driver", "sqlite3"]

# Before it, a reset of the WAL can corrupt the file (sqlite.org/wal.html).
WAL_IS_SAFE_FROM = (3, 51, 3)
HAS_WAL = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM


def driver() -> Any:
    """aiosqlite over this library, as SQLAlchemy takes it; aiosqlite itself knows only the one of Python."""
    import aiosqlite

    from app.db.connections.sqlite_cursor import Driver

    names = ("DatabaseError", "Error", "IntegrityError", "NotSupportedError", "OperationalError", "ProgrammingError")
    told = {name: getattr(sqlite3, name) for name in (*names, "sqlite_version", "sqlite_version_info")}

    def connect(database: str, **settings: Any) -> aiosqlite.Connection:
        return aiosqlite.Connection(partial(sqlite3.connect, database, **settings), iter_chunk_size=64)

    over: Any = SimpleNamespace(Connection=aiosqlite.Connection, connect=connect, **told)
    library: Any = sqlite3
    return Driver(over, library)
