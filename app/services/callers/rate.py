"""How an operator writes a rate."""

import re
from dataclasses import dataclass

UNITS = {"s": 1, "m": 60, "h": 3600}
WRITTEN = re.compile(r"([1-9]\d{0,5})/([smh])")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, all at once or one by one."""

    amount: int
    seconds: int

    @property
    def cost(self) -> float:
        """The seconds that one token takes to refill."""
        return self.seconds / self.amount

    def __str__(self) -> str:
        unit = next(unit for unit, seconds in UNITS.items() if seconds == self.seconds)
        return f"{self.amount}/{unit}"


def rate_of(text: str) -> Rate:
    """`100/s`, `600/m` or `5000/h`; ValueError for anything else."""
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError("is no rate")
    return Rate(int(match[1]), UNITS[match[2]])
