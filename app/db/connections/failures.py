"""Tell what a database error means: refused, unavailable, or something nobody expected."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db.connections.sqlite_library import sqlite3
from app.services.store.failures import Refused, StoreUnavailable

# SQLSTATE classes and codes, PostgreSQL documentation, appendix A.
_REFUSED = ("23", "40", "21000", "27")
_UNAVAILABLE = ("08", "53", "57", "58", "25006", "25P03", "55P03")
_SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise Refused or StoreUnavailable for the errors that mean it; all others pass as they are."""
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning(str(error.orig)) from error
    except (PoolTimeout, TimeoutError, OSError) as error:
        raise StoreUnavailable(str(error) or type(error).__name__) from error
    except Exception as error:
        meaning = _meaning_to_asyncpg(error)
        if meaning is None:
            raise
        raise meaning(str(error) or type(error).__name__) from error


@contextmanager
def connecting() -> Iterator[None]:
    """Raise StoreUnavailable for whatever keeps us out: no server, no such database, a password, a role."""
    try:
        yield
    except (DBAPIError, PoolTimeout, TimeoutError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise StoreUnavailable(str(reason) or type(error).__name__) from error
    except TypeError as error:
        # The driver takes what stands behind the ? of a URL as arguments by name.
        raise StoreUnavailable(f"its URL has a parameter that the driver does not know: {error}") from error


def _meaning(error: DBAPIError) -> type[Refused | StoreUnavailable] | None:
    if isinstance(error, IntegrityError):
        return Refused
    if error.connection_invalidated:
        return StoreUnavailable
    if meaning := _meaning_of_state(str(getattr(error.orig, "sqlstate", None) or "")):
        return meaning
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _SQLITE_UNAVAILABLE:
        return StoreUnavailable
    return None


def _meaning_of_state(state: str) -> type[Refused | StoreUnavailable] | None:
    if state.startswith(_REFUSED):
        return Refused
    return StoreUnavailable if state.startswith(_UNAVAILABLE) else None


def _meaning_to_asyncpg(error: Exception) -> type[Refused | StoreUnavailable] | None:
    """Of what its own calls raise, which the store on PostgreSQL makes beside SQLAlchemy; nobody else has loaded it."""
    driver = sys.modules.get("asyncpg")
    if driver is None:
        return None
    if isinstance(error, driver.PostgresError):
        return _meaning_of_state(error.sqlstate or "")
    return StoreUnavailable if isinstance(error, driver.InterfaceError) else None
