"""What happened to a clock, one change after the other."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.clocks.state import ClockState


@dataclass(frozen=True, slots=True)
class ClockChange:
    """That a clock went from one state to another, at the moment by which it counts."""

    at: datetime
    before: ClockState | None
    after: ClockState
