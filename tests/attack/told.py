"""What clients tried and what they were told, to be held against what the database says afterwards."""

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "refused", "unknown"]


@dataclass
class Try:
    """An attempt under its idempotency key: `unknown` until somebody answered."""

    tenant: str
    key: str
    case_id: str
    event: str
    outcome: Outcome = "unknown"
    entry_id: str | None = None
    sent: int = 0


@dataclass
class Told:
    """All tries of a run; `faults` are answers that no client should ever see."""

    tries: list[Try] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return sum(one.outcome != "unknown" for one in self.tries)

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for one in self.tries)

    def __str__(self) -> str:
        retried = sum(one.sent > 1 for one in self.tries)
        counts = ", ".join(f"{self.count(outcome)} {outcome}" for outcome in ("ok", "refused", "unknown"))
        return f"{len(self.tries)} attempts ({counts}), {retried} sent more than once"
