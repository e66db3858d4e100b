"""That the logs are checked now and then: by whom, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """What came of the last check that began: `checked_at` is when one last came to its end, and found `faults` in so
    many `entries` and all that belongs to them. `problem` is why the last one did not, or the first faults."""

    checked_at: datetime | None
    entries: int
    faults: int
    problem: str | None

    @property
    def well(self) -> bool:
        return not self.faults and self.problem is None


class LogChecks(Protocol):
    async def check_due(self, every: timedelta) -> bool:
        """Whether none came to its end for so long, and nobody is at it."""
        ...

    async def take_check(self, holder: str, every: timedelta, lease: timedelta) -> bool:
        """Whether it is due and the holder's turn; nobody else's for as long as the lease lasts."""
        ...

    async def hold_check(self, holder: str, lease: timedelta) -> bool:
        """Whether it still is."""
        ...

    async def end_check(self, holder: str, found: LastCheck, rest: timedelta) -> None:
        """What came of it, by now; `rest`: nobody begins anew for so long. Without `checked_at` the last one that came
        to its end stays what it was."""
        ...

    async def last_check(self) -> LastCheck | None:
        """None where none ever ended."""
        ...
