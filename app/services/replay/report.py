"""What a replay did: counted while it runs, told when it ends."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from app.domain.values.json import JsonObject
from app.services.replay.event_log import LoggedEvent

KEPT_REFUSALS = 100
STATE_NOT_SHOWN = "unknown"  # an actor without case:read gets no case back


@dataclass(slots=True)
class EventCount:
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Report:
    """Counts of a replay. `stopped` says in one sentence why it ended early."""

    by_event: dict[str, EventCount] = field(default_factory=lambda: defaultdict(EventCount))
    references: set[str] = field(default_factory=set)
    state_of: dict[str, str] = field(default_factory=dict)  # of each case: reference -> state after its last event
    refusals: list[JsonObject] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def accepted(self) -> int:
        return sum(count.accepted for count in self.by_event.values())

    @property
    def refused(self) -> Counter[str]:
        return sum((count.refused for count in self.by_event.values()), Counter())

    @property
    def events(self) -> int:
        return self.accepted + self.refused.total()

    @property
    def final_states(self) -> Counter[str]:
        return Counter(self.state_of.values())

    def add(self, event: LoggedEvent, result: JsonObject) -> None:
        """Count one answer of the batch call."""
        self.references.add(event.reference)
        problem = result.get("problem")
        if problem is None:
            self.by_event[event.event].accepted += 1
            self.state_of[event.reference] = (result.get("case") or {}).get("state", STATE_NOT_SHOWN)
            return
        code = problem.get("code", str(result.get("status")))
        self.by_event[event.event].refused[code] += 1
        self._keep(event, code, problem)

    def _keep(self, event: LoggedEvent, code: str, problem: JsonObject) -> None:
        detail = problem.get("detail")
        said = {"line": event.number, "reference": event.reference, "event": event.event, "code": code}
        fields = {"errors": errors} if (errors := problem.get("errors")) else {}
        self.refusals.append({**said, "detail": detail, **fields})
        if len(self.refusals) >= 10 * KEPT_REFUSALS:
            self.refusals = self.first_refusals()

    def first_refusals(self) -> list[JsonObject]:
        """The first of them by line: lanes answer in any order."""
        return sorted(self.refusals, key=lambda refusal: int(refusal["line"]))[:KEPT_REFUSALS]

    def to_json(self) -> JsonObject:
        return {
            "events": self.events,
            "cases": len(self.state_of),
            "references": len(self.references),
            "accepted": self.accepted,
            "refused": dict(sorted(self.refused.items())),
            "by_event": {
                event: {"accepted": count.accepted, "refused": dict(sorted(count.refused.items()))}
                for event, count in sorted(self.by_event.items())
            },
            "final_states": dict(self.final_states.most_common()),
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.events / self.seconds, 1) if self.seconds else 0.0,
            "refusals": self.first_refusals(),
            "stopped": self.stopped,
        }
