"""Tell that nothing ticks: a step of a clock that has been due for long."""

from datetime import datetime
from typing import Protocol

LONG = 60
"""Seconds that nothing waits where somebody ticks, who looks several times a second."""
TICK = "let a `serve` (without `--no-scheduler`) or a `work` tick"


class Due(Protocol):
    async def next_due(self) -> tuple[datetime | None, datetime]: ...


async def unfired(store: Due) -> list[str]:
    """A warning for the operator, or none."""
    due, now = await store.next_due()
    late = (now - due).total_seconds() if due else 0.0
    if late <= LONG:
        return []
    return [f"a step has been due for {late:.0f} seconds, and nothing fires it: {TICK}"]
