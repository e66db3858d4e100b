"""What metrics count, without a database. No import of prometheus_client: workers do that once they share a folder."""

from datetime import UTC, datetime, timedelta

from app.domain.clocks.firing import Firing
from app.domain.clocks.steps import ClockStep
from app.services.desk.escalation import Fired
from app.services.store.failures import StoreUnavailable


class Counted:
    """A store that counts how often it was asked, and may be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    async def clock_counts(self) -> list[tuple[str, str, str, int]]:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("gone")
        return [("ticket", "decision", "running", 7)]


def fired() -> Fired:
    """A breach that was found three seconds late."""
    firing = Firing(
        step=ClockStep(number=0, at="100%"), n=1, moment=datetime(2026, 6, 8, tzinfo=UTC), skipped=False, breach=True
    )
    return Fired(case_type="ticket", case_id="a case", clock="decision", firing=firing, late_by=timedelta(seconds=3))
