"""Hear of what the sequencer has placed: LISTEN on a connection of its own, outside of the pool."""

from collections.abc import Callable
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.connections.failures import connecting, translated

CHANNEL = "stateward_log"


class Listener:
    """What it hears are the tenants whose log has grown. It needs a direct connection: a pooler forgets who listens."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    @classmethod
    async def on(cls, engine: AsyncEngine, heard: Callable[[str], None]) -> "Listener":
        """Raises StoreUnavailable."""
        connection = engine.connect()
        with connecting():
            await connection.start()
        with translated():
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await connection.run_sync(lambda sync: sync.detach())
            await driver.add_listener(CHANNEL, lambda _, __, ___, tenant: heard(tenant))
        return cls(connection, driver)

    def hears(self) -> bool:
        return not self._driver.is_closed()

    async def close(self) -> None:
        try:
            await self._driver.close(timeout=1)
        except (PostgresError, InterfaceError, OSError, TimeoutError):
            self._driver.terminate()
        await self._connection.close()
