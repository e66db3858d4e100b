"""What an export adds up to: cases open at the start, opened, closed, open at the end; entries by type and kind."""

import json
from collections import Counter
from dataclasses import dataclass, field

from app.domain.values.json import Json, JsonObject
from app.services.log.export_filter import ExportFilter

OF_NO_TYPE = "-"


@dataclass(slots=True)
class ControlTotals:
    """Of the cases and the time that a filter names; `entries` counts what is enclosed. Learns definitions by hash."""

    wanted: ExportFilter
    open_at_start: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    _final: dict[str, frozenset[str]] = field(default_factory=dict)

    def knows(self, definition: str) -> bool:
        return definition in self._final

    def learn(self, definition: str, text: str) -> None:
        """A case is closed in a final state that stands in no other."""
        states = json.loads(text)["states"]
        self._final[definition] = frozenset(name for name, state in states.items() if state.get("final"))

    def count(self, entry: JsonObject, enclosed: bool) -> None:
        if enclosed:
            self.kinds[entry.get("case_type") or OF_NO_TYPE, entry["kind"]] += 1
        if entry.get("target") is not None and self.wanted.covers(entry):
            self._move(entry)

    def _move(self, entry: JsonObject) -> None:
        final = self._final[entry["definition"]["hash"]]
        opens = entry["kind"] == "opened"
        before, after = entry["source"] in final, entry["target"] in final
        if self.wanted.is_before(entry):
            self.open_at_start += opens + (before and not after) - (after and not before)
            return
        self.moves["opened"] += opens
        self.moves["closed"] += after and not before
        self.moves["reopened"] += before and not after

    def to_json(self) -> dict[str, Json]:
        moved = {name: self.moves[name] for name in ("opened", "closed", "reopened")}
        entries: dict[str, dict[str, int]] = {}
        for (case_type, kind), count in sorted(self.kinds.items()):
            entries.setdefault(case_type, {})[kind] = count
        at_end = self.open_at_start + moved["opened"] - moved["closed"] + moved["reopened"]
        return {"open_at_start": self.open_at_start, **moved, "open_at_end": at_end, "entries": entries}
