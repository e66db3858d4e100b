"""Tell that nothing ticks: a step of a clock that has been due for long, an entry that waits for its place."""

from datetime import datetime
from typing import Protocol

LONG = 60
"""Seconds that nothing waits where somebody ticks, who looks several times a second."""
TICK = "let a `serve` (without `--no-scheduler`) or a `work` tick"


class NextDue(Protocol):
    async def next_due(self) -> tuple[datetime | None, datetime]: ...


async def unfired(store: NextDue) -> list[str]:
    """A warning for the operator, or none."""
    due, now = await store.next_due()
    late = (now - due).total_seconds() if due else 0.0
    if late <= LONG:
        return []
    return [f"a step has been due for {late:.0f} seconds, and nothing fires it: {TICK}"]


def unplaced(seconds: float | None, remedy: str = TICK) -> list[str]:
    """The same of the entry that has waited longest for its place in the log."""
    if seconds is None or seconds <= LONG:
        return []
    waited = f"an entry has waited {seconds:.0f} seconds for its place in the log, and the feed tells nothing new"
    return [f"{waited}: {remedy}"]
