"""Count the connections of a pool."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.services.process.gauges import Connections


def connections(engine: AsyncEngine, resting: int = 0) -> Connections:
    """`resting` of those that were taken from the pool are not in use."""
    pool: Any = engine.pool
    return Connections(max(pool.checkedout() - resting, 0), pool.size())
