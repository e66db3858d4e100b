"""A statement on SQLite by one change to the thread of its connection and back: each costs a round of the loop, where
whoever is busy goes first, and SQLAlchemy makes four of a statement."""

import sqlite3 as plain
from collections import deque
from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)

Told = tuple[Any, int, int | None]
"""Description, row count and last row id."""


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Has no cursor of the driver: that one is opened, read to its end and closed in the thread."""

    __slots__ = ("_told",)
    _awaitable_cursor_close = False
    _told: Told

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = None
        self._soft_closed_memoized: Any = {}
        self._rows = deque()
        self._told = None, -1, None

    @property
    def description(self) -> Any:
        return self._told[0]

    @property
    def rowcount(self) -> int:
        return self._told[1]

    @property
    def lastrowid(self) -> Any:
        return self._told[2]

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._done("execute", operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._done("executemany", operation, seq_of_parameters)

    async def _done(self, how: str, operation: str, parameters: Any) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            self._told, rows = await connection._execute(_done, connection._conn, how, operation, parameters)
            self._rows = deque(rows)


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls: Any = Cursor


class Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arguments: Any, **settings: Any) -> Connection:
        return Connection(self, super().connect(*arguments, **settings)._connection)


def _done(connection: plain.Connection, how: str, operation: str, parameters: Any) -> tuple[Told, Sequence[Any]]:
    cursor = connection.cursor()
    try:
        getattr(cursor, how)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return (cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()
