"""How a store asks its database: by a read for itself, by reads that belong together, in a transaction that writes."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any, Protocol, cast

from sqlalchemy import Select, TextClause
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.connections.failures import connecting, translated
from app.db.connections.pool import connections
from app.db.connections.together import Together, lasting, read_together


class Read(Protocol):
    def __call__(
        self, select: Select[Any] | TextClause, values: Mapping[str, Any] | None = None
    ) -> Awaitable[Sequence[RowMapping]]:
        """`values` are those of parameters that the statement only names."""
        ...


class Connected(ABC):
    """`readers` and `writers` are views of one pool."""

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine, writers: AsyncEngine) -> None:
        self._engine = engine
        self._readers = readers
        self._writers = writers
        self._held = 0

    @asynccontextmanager
    async def together(self, *tenants: str) -> AsyncIterator[None]:
        """At most half of the connections are held for it: who holds one may wait for its turn at something else, and
        nobody may have to wait for that. Beyond that, each read is for itself."""
        if lasting(self, tenants) or self._held >= connections(self._engine).most // 2:
            yield
            return
        self._held += 1
        try:
            within = self._within(self._readers, tenants, one_moment=True)
            async with within as connection, read_together(self, tenants, connection):
                yield
        finally:
            self._held -= 1

    async def _write(self, statement: Any, *tenants: str) -> None:
        async with self._writing(*tenants) as connection:
            await connection.execute(statement)

    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """`tenants`: whose rows it may see; none for what belongs to nobody."""
        async with self._reading(*tenants) as read:
            return await read(select, values)

    @asynccontextmanager
    async def _reading(self, *tenants: str) -> AsyncIterator[Read]:
        if together := lasting(self, tenants):
            async with together.turn:
                if not together.over:
                    with translated():
                        yield partial(_read_once, together)
                    return
        async with self._within(self._readers, tenants, one_moment=True) as connection:
            yield partial(_read, connection)

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        connection = engine.connect()
        with connecting():
            await connection.start()
        try:
            yield connection
        finally:
            # The connection goes back to the pool also where the caller was cancelled.
            await asyncio.shield(connection.close())

    @asynccontextmanager
    async def _writing(self, *tenants: str) -> AsyncIterator[AsyncConnection]:
        """A transaction for what is no case."""
        async with self._turn(), self._within(self._writers, tenants) as connection:
            yield connection

    @abstractmethod
    def _within(
        self, engine: AsyncEngine, tenants: Sequence[str], one_moment: bool = False
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """About these tenants, where the database keeps them apart; `one_moment`: reads are of one, as on SQLite."""
        ...

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        return nullcontext()


async def _read_once(
    together: Together, select: Select[Any] | TextClause, values: Mapping[str, Any] | None = None
) -> Sequence[RowMapping]:
    """Of statements that are made once; another one is another object."""
    known = select, tuple(sorted(values.items())) if values else ()
    try:
        return cast(Sequence[RowMapping], together.told[known])
    except KeyError:
        rows = together.told[known] = await _read(together.connection, select, values)
        return rows
    except TypeError:  # a value that is no key, such as a list
        return await _read(together.connection, select, values)


async def _read(
    connection: AsyncConnection, select: Select[Any] | TextClause, values: Mapping[str, Any] | None = None
) -> Sequence[RowMapping]:
    return (await connection.execute(select, values)).mappings().all()
