"""Tell that nothing ticks: a step of a clock that has been due for long, an entry that waits for its place."""

from datetime import datetime
from typing import Any, Protocol

LONG_UNCHECKED = 300
"""Seconds that a file waits for a scanner that is there."""
LONG = 60
"""Seconds that nothing waits where somebody ticks, who looks several times a second."""
TICK = "let a `serve` (without `--no-scheduler`) or a `work` tick"


class NextDue(Protocol):
    async def next_due(self) -> tuple[datetime | None, datetime]: ...


class Unscanned(Protocol):
    async def unscanned(self) -> tuple[int, float]: ...


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


class ChecksLog(Protocol):
    async def last_check(self) -> Any: ...


async def faulty(store: ChecksLog) -> list[str]:
    """What the last check of the log found; which entries, an operator sees by checking it once more."""
    last = await store.last_check()
    if last is None or last.well:
        return []
    if last.faults:
        return [f"the log was checked and {last.faults} faults were found: run `stateward audit check`"]
    return ["the last check of the log did not come to its end: the service's log says why"]


async def unchecked(store: Unscanned) -> list[str]:
    """The same of files that nobody can fetch before they are looked at."""
    number, seconds = await store.unscanned()
    if seconds <= LONG_UNCHECKED:
        return []
    waited = f"{number} files wait to be checked, one of them for {seconds:.0f} seconds, and nobody gets them"
    return [f"{waited}: does what STATEWARD_SCAN names answer? The log says how it failed"]
