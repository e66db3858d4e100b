"""What the entries of a case's chain make of it: its state, its data and its clocks, from the log alone (R2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.case import Case, Json
from app.domain.clock_rules import Happening
from app.domain.clock_state import ClockState
from app.domain.clock_turn import Calendars, Clocks, Turned, earliest_due, turn
from app.domain.escalate import first_due
from app.domain.guard import View
from app.domain.machine import Machine
from app.domain.moment import parse_rfc3339
from app.domain.situation import seen_case


class Unexplained(Exception):
    """The log says that a clock did what the log does not call for; str() says which and where."""


@dataclass(frozen=True, slots=True)
class Turn:
    """That a clock went from one state to another, at the moment by which it counts."""

    at: datetime
    before: ClockState | None
    after: ClockState


@dataclass
class Fold:
    """A case as its entries tell it, one after the other. `cycles` are all of its clocks by name and number."""

    machine: Machine
    calendars: Calendars
    case: Case | None = None
    clocks: Clocks = field(default_factory=dict)
    cycles: dict[tuple[str, int], ClockState] = field(default_factory=dict)
    turns: dict[str, list[Turn]] = field(default_factory=dict)

    def take(self, entry: Mapping[str, Json], values: Mapping[str, Json], entry_hash: str) -> None:
        """The next entry of the chain, with the values behind its commitments. Raises Unexplained."""
        at = parse_rfc3339(entry["at"])
        before = self.case
        if entry["kind"] == "sla":
            self._clock_told(entry, at)
        case = self._after(entry, values, at, entry_hash)
        self.case = case
        if entry["kind"] in ("opened", "transition", "assigned") or entry.get("sla", {}).get("becomes"):
            self._turn(entry, values, at, before if entry["kind"] != "opened" else None)
        self.case = replace(self.case, due_at=earliest_due(self.clocks))

    def _after(self, entry: Mapping[str, Json], values: Mapping[str, Json], at: datetime, entry_hash: str) -> Case:
        data = _under("data", values)
        if self.case is None:
            return _opened(entry, values, data, at, entry_hash)
        becomes = entry.get("becomes") or entry.get("sla", {}).get("becomes", {})
        counts = entry["kind"] == "transition" or bool({"assignee", "team"} & becomes.keys())
        return replace(
            self.case,
            state=entry["target"],
            version=self.case.version + counts,
            seq=entry["case_seq"],
            data={**self.case.data, **data},
            changed_at=at,
            last_hash=entry_hash,
            **becomes,
        )

    def _turn(self, entry: Mapping[str, Json], values: Mapping[str, Json], at: datetime, before: Case | None) -> None:
        case = self.case
        assert case is not None
        happening = Happening(
            event=entry["event"],
            before=before.states if before else (),
            after=case.states,
            at=min(parse_rfc3339(entry["occurred_at"]), at) if "occurred_at" in entry else at,
            recorded_at=at,
            data=case.data,
            team=case.team,
            see=lambda: _view(case, entry, values, at),
        )
        self._take(turn(self.machine.clocks, self.clocks, happening, self.calendars), happening.at)

    def _clock_told(self, entry: Mapping[str, Json], at: datetime) -> None:
        """A step fired, or a pause ended by itself: the same that the clocks say of this moment."""
        told = entry["sla"]
        if self._is_known(told):
            return
        due = first_due(self.machine.clocks, self.clocks, self.calendars, at)
        if due is None or due.after.name != told["clock"]:
            raise Unexplained(f"entry {entry['case_seq']} says what clock {told['clock']} did, and nothing was due")
        self._take(Turned({**self.clocks, due.after.name: due.after}, (due.after,)), at)
        if "step" in told and not self._is_known(told):
            raise Unexplained(f"entry {entry['case_seq']} fires step {told['step']} of clock {told['clock']}, not due")

    def _is_known(self, told: Mapping[str, Json]) -> bool:
        """Whether the clock has passed the firing: several at one moment have an entry each."""
        state = self.clocks.get(told["clock"])
        if state is None or "step" not in told or state.cycle != told["cycle"]:
            return False
        if any((owed.step, owed.n) == (told["step"], told["n"]) for owed in state.owed):
            return False
        return bool(told["step"] < len(state.reached) and state.reached[told["step"]] >= told["n"])

    def _take(self, turned: Turned, at: datetime) -> None:
        for state in turned.changed:
            before = self.cycles.get((state.name, state.cycle)) or self.clocks.get(state.name)
            self.cycles[state.name, state.cycle] = state
            self.turns.setdefault(state.name, []).append(Turn(at, before, state))
        self.clocks = turned.clocks


def _opened(
    entry: Mapping[str, Json], values: Mapping[str, Json], data: dict[str, Json], at: datetime, entry_hash: str
) -> Case:
    return Case(
        tenant=entry["tenant"],
        id=entry["case_id"],
        case_type=entry["case_type"],
        definition=entry["definition"]["hash"],
        definition_version=entry["definition"]["version"],
        reference=values.get("/reference"),
        state=entry["target"],
        version=1,
        seq=entry["case_seq"],
        data=data,
        creator=entry["actor"]["on_behalf_of"] or entry["actor"]["reference"],
        opened_at=at,
        changed_at=at,
        last_hash=entry_hash,
    )


def _view(case: Case, entry: Mapping[str, Json], values: Mapping[str, Json], at: datetime) -> View:
    actor = entry["actor"]
    seen = {
        "id": actor["on_behalf_of"] or actor["reference"],
        "roles": sorted([*actor["roles"], "*"]),
        "on_behalf_of": actor["on_behalf_of"],
    }
    payload = _under("payload", values)
    return View({"data": case.data, "payload": payload, "actor": seen, "case": seen_case(case), "now": at})


def _under(root: str, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values whose pointers stand below `/root`, by their names."""
    below = f"/{root}/"
    found = {path.removeprefix(below): value for path, value in values.items() if path.startswith(below)}
    return {name.replace("~1", "/").replace("~0", "~"): value for name, value in found.items()}
