"""What a back-test found: how many clocks would have been met, what would have been late, and which steps fired."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.values.json import JsonObject
from app.domain.values.rfc3339 import rfc3339, rfc3339_or_none
from app.services.desk.escalation import Fired
from app.services.store.stored import StoredClock

BREACH = ("reference", "clock", "cycle", "started_at", "due_at", "breached_at", "reason", "status", "stopped_at")
"""The columns of a breach."""


@dataclass(slots=True)
class ClockCount:
    """How many cycles of a clock began, how each ended, and how many were late, also of those that still run."""

    started: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    breached: int = 0

    @property
    def still_running(self) -> int:
        return sum(self.by_status[status] for status in ACTIVE)

    def to_json(self) -> dict[str, int]:
        ended = {status: self.by_status[status] for status in ("met", "met_late", "cancelled")}
        return {"started": self.started, **ended, "still_running": self.still_running, "breached": self.breached}


@dataclass(slots=True)
class Judged:
    """Every cycle of every clock as it stands at `until`; `references` says which case is which."""

    until: datetime
    keeps_breaches: bool = True  # else they are only counted: there may be one for each line of a log
    references: dict[str, str] = field(default_factory=dict)
    by_clock: dict[str, ClockCount] = field(default_factory=dict)
    steps: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    breaches: list[JsonObject] = field(default_factory=list)

    def fired(self, fired: Iterable[Fired]) -> None:
        self.steps.update((one.clock, one.firing.step.number, one.firing.step.at) for one in fired)

    def clocks(self, stored: Iterable[StoredClock]) -> None:
        for clock in stored:
            state = ClockState.from_json(clock.facts)
            if state.started_at is None:
                continue
            count = self.by_clock.setdefault(clock.name, ClockCount())
            count.started += 1
            count.by_status[state.status] += 1
            if state.breached_at is not None:
                count.breached += 1
                if self.keeps_breaches:
                    self.breaches.append(self._breach(clock.case_id, state))

    def _breach(self, case_id: str, state: ClockState) -> JsonObject:
        moments = (state.started_at, state.due_at, state.breached_at)
        started_at, due_at, breached_at = map(rfc3339_or_none, moments)
        stopped_at = rfc3339_or_none(state.stopped_at)
        first = (self.references[case_id], state.name, state.cycle, started_at, due_at, breached_at)
        return dict(zip(BREACH, (*first, state.breach_reason, state.status, stopped_at), strict=True))

    def by_moment(self) -> list[JsonObject]:
        """The breaches in the order in which they would have come."""
        return sorted(self.breaches, key=lambda breach: (breach["breached_at"], breach["reference"], breach["clock"]))

    def to_json(self) -> JsonObject:
        steps = [{"clock": clock, "at": at, "fired": count} for (clock, _, at), count in sorted(self.steps.items())]
        counts = {name: count.to_json() for name, count in sorted(self.by_clock.items())}
        return {"until": rfc3339(self.until), "clocks": counts, "steps": steps}


def in_words(judged: Judged) -> Iterator[str]:
    """The same in words, a table for the clocks and one for the steps."""
    yield f"clocks, with the log's own time, on {rfc3339(judged.until)}"
    yield f"  {'':<32}{'started':>10}{'met':>10}{'met late':>10}{'cancelled':>10}{'running':>10}{'breached':>10}"
    for name, count in sorted(judged.by_clock.items()):
        numbers = count.to_json()
        columns = ("started", "met", "met_late", "cancelled", "still_running", "breached")
        yield f"  {name:<32}" + "".join(f"{numbers[column]:>10,}" for column in columns)
    if judged.steps:
        yield "steps that would have fired"
    for (clock, _, at), fired in sorted(judged.steps.items()):
        yield f"  {clock + ' ' + at:<40} {fired:>10,}"
