"""What the entries of a case's chain make of it: its state, its data and its clocks, from the log alone (R2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.calendars.port import Calendars, CalendarVersions
from app.domain.case.case import Case
from app.domain.case.files import files_after
from app.domain.clocks.after_event import Clocks, ClocksAfter, after_event, earliest_due
from app.domain.clocks.corrected import corrected
from app.domain.clocks.history import ClockChange
from app.domain.clocks.recounted import recounted
from app.domain.clocks.rules import Happening
from app.domain.clocks.state import ClockState
from app.domain.deciding.escalate import ClockDue, first_due
from app.domain.deciding.situation import seen_case
from app.domain.expressions.expression import View
from app.domain.machine.machine import Machine
from app.domain.values.json import Data, Json, JsonObject
from app.domain.values.rfc3339 import parse_rfc3339

MOVES = ("opened", "transition")
CORRECTED = "corrected"
RAISES = ("transition", CORRECTED)
"""Kinds of entries that make another version of the case, whatever they say."""


class Unexplained(Exception):
    """The log says that a clock did what the log does not call for; str() says which and where."""


@dataclass(frozen=True, slots=True)
class _When:
    """The two moments of an entry: what is told of the future happened when it was recorded."""

    recorded: datetime
    happened: datetime

    @classmethod
    def of(cls, entry: JsonObject) -> "_When":
        at = parse_rfc3339(entry["at"])
        return cls(at, min(parse_rfc3339(entry["occurred_at"]), at) if "occurred_at" in entry else at)


@dataclass
class Fold:
    """A case as its entries tell it, one after the other, each by the versions of calendars that it was decided by.

    `cycles` are all of its clocks by name and number; `fired` says of each when a firing (step, n) was due, and whether
    it was skipped.
    """

    machine: Machine
    calendars: CalendarVersions
    case: Case | None = None
    clocks: Clocks = field(default_factory=dict)
    cycles: dict[tuple[str, int], ClockState] = field(default_factory=dict)
    changes: dict[str, list[ClockChange]] = field(default_factory=dict)
    fired: dict[tuple[str, int], dict[tuple[int, int], tuple[datetime, bool]]] = field(default_factory=dict)

    def take(self, entry: JsonObject, values: JsonObject, entry_hash: str) -> None:
        """The next entry of the chain, with the values behind its commitments. Raises Unexplained."""
        when = _When.of(entry)
        at, before = when.recorded, self.case
        known = self.calendars.as_of(entry.get("calendars", {}))
        if "calendar" in entry.get("sla", {}):
            self._recounted(entry, at)
        elif entry["kind"] == "sla":
            self._did_by_itself(entry, at, known)
            self._note(entry["sla"])
        case = self._after(entry, values, when, entry_hash)
        if entry["kind"] in (*MOVES, CORRECTED, "assigned") or entry.get("sla", {}).get("becomes"):
            self._count(entry, values, when, before, case, known)
        self.case = replace(case, due_at=earliest_due(self.clocks))

    def _after(self, entry: JsonObject, values: JsonObject, when: _When, entry_hash: str) -> Case:
        case = self._all_but_closing(entry, values, when, entry_hash)
        if entry["kind"] not in MOVES:
            return case
        closed = self.machine.graph.closed(case.states)
        return replace(case, closed_at=max(case.opened_at, when.happened) if closed else None)

    def _all_but_closing(self, entry: JsonObject, values: JsonObject, when: _When, entry_hash: str) -> Case:
        """All but whether it is closed."""
        if self.case is None:
            return opened_case(entry, values, _under("data", values), entry_hash)
        becomes = entry.get("becomes") or entry.get("sla", {}).get("becomes", {})
        counts = entry["kind"] in RAISES or bool({"assignee", "team"} & becomes.keys())
        return replace(
            self.case,
            state=entry["target"],
            version=self.case.version + counts,
            seq=entry["case_seq"],
            data=data_after(self.case.data, entry, values),
            files=files_after(self.case.files, entry),
            changed_at=max(self.case.changed_at, when.happened),
            recorded_at=when.recorded,
            last_hash=entry_hash,
            **becomes,
        )

    def _count(
        self,
        entry: JsonObject,
        values: JsonObject,
        when: _When,
        before: Case | None,
        case: Case,
        known: Calendars,
    ) -> None:
        happening = Happening(
            event=entry["event"],
            before=before.states if before else (),
            after=case.states,
            at=when.happened,
            recorded_at=when.recorded,
            data=case.data,
            team=case.team,
            see=lambda: _view(self.machine, case, entry, values, when),
            wrong=before.data if before and entry["kind"] == CORRECTED else None,
        )
        self._take(after_event(self.machine.clocks, self.clocks, happening, known), happening.at)

    def _recounted(self, entry: JsonObject, at: datetime) -> None:
        """The clock counts by another version of its calendar; a correction counts its past anew."""
        sla = entry["sla"]
        state, rule = self.clocks.get(sla["clock"]), self.machine.clocks.get(sla["clock"])
        if state is None or rule is None or state.cycle != sla["cycle"]:
            raise Unexplained(f"entry {entry['case_seq']} recounts clock {sla['clock']}, which is not there")
        versions = self.calendars.by_version(state.calendar, sla["calendar"]["version"])
        data = self.case.data if self.case else {}
        if entry["kind"] == "sla":
            after = recounted(state, rule, at, versions, data)
        else:
            known = self.calendars.as_of(entry.get("calendars", {}))
            after = corrected(state, rule, at, versions, self.changes.get(state.name, ()), known, data)
        self._take(ClocksAfter({**self.clocks, state.name: after}, (after,)), at)

    def _did_by_itself(self, entry: JsonObject, at: datetime, known: Calendars) -> None:
        """A step fired, or a pause ended by itself: the same that the clocks say of this moment."""
        sla = entry["sla"]
        due = first_due(self.machine.clocks, self.clocks, known, at)
        if due is None or not _tells_of(sla, due):
            raise Unexplained(f"entry {entry['case_seq']} says what clock {sla['clock']} did, and that was not due")
        self._take(ClocksAfter({**self.clocks, due.after.name: due.after}, (due.after,)), at)

    def _note(self, sla: JsonObject) -> None:
        if "step" in sla:
            fired = self.fired.setdefault((sla["clock"], sla["cycle"]), {})
            for one, skipped in (*((one, True) for one in sla["skipped"]), (sla, False)):
                fired[one["step"], one["n"]] = (parse_rfc3339(one["due_at"]), skipped)

    def _take(self, after: ClocksAfter, at: datetime) -> None:
        for state in after.changed:
            before = self.cycles.get((state.name, state.cycle)) or self.clocks.get(state.name)
            self.cycles[state.name, state.cycle] = state
            self.changes.setdefault(state.name, []).append(ClockChange(at, before, state))
        self.clocks = after.current


def _tells_of(sla: JsonObject, due: ClockDue) -> bool:
    if (sla["clock"], sla["cycle"]) != (due.after.name, due.after.cycle):
        return False
    if due.firing is None:
        return bool(sla.get("resumed")) == due.resumed
    return (sla.get("step"), sla.get("n")) == (due.firing.step.number, due.firing.n)


def data_after(data: Data, entry: JsonObject, values: JsonObject) -> Data:
    """The data with the values of an entry, and without what it removed."""
    gone = dict(_named("data", entry.get("removed", ())))
    kept = {name: value for name, value in data.items() if name not in gone} if gone else data
    return {**kept, **_under("data", values)}


def opened_case(entry: JsonObject, values: JsonObject, data: Data, entry_hash: str) -> Case:
    """The case that an opening made, with these data."""
    when = _When.of(entry)
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
        opened_at=when.happened,
        changed_at=when.happened,
        recorded_at=when.recorded,
        last_hash=entry_hash,
    )


def _view(machine: Machine, case: Case, entry: JsonObject, values: JsonObject, when: _When) -> View:
    actor = entry["actor"]
    seen = {
        "id": actor["on_behalf_of"] or actor["reference"],
        "roles": sorted([*actor["roles"], "*"]),
        "on_behalf_of": actor["on_behalf_of"],
    }
    payload = _under("payload", values)
    known = {"data": case.data, "payload": payload, "actor": seen, "case": seen_case(case), "now": when.happened}
    return View(known, machine.kinds(entry.get("event")))


def _under(root: str, values: JsonObject) -> dict[str, Json]:
    """The values whose pointers stand below `/root`, by their names."""
    return {name: values[path] for name, path in _named(root, values)}


def _named(root: str, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names below `/root`, each with its pointer."""
    below = f"/{root}/"
    for path in paths:
        if path.startswith(below):
            yield path.removeprefix(below).replace("~1", "/").replace("~0", "~"), path
