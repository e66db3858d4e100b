#!/usr/bin/env python3
"""Turn the employment tribunals' case type of the courts of England and Wales into a case type and its policy.

    convert_hmcts.py OUT [--data FOLDER] [--case-type ID] [--environment nonprod|prod]

reads FOLDER/hmcts-et (default: ../shared/data beside this tree), writes OUT/machines/NAME.yaml, OUT/policies/NAME.csv
and OUT/unexpressed.txt, which counts by kind what the source says and the result cannot say.

CCD builds a definition per environment from the plain files and the overlays of that environment. `nonprod` is the
one the folder's README counts: 145 events, 597 role rows of 24 roles, 8 states. Standard library only.
"""

import argparse
import csv
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ccd_condition import Unexpressed, to_cel
from ccd_source import Names, Source, ident

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NOT_OURS = {
    "how a page shows it": (
        "ShowSummary",
        "ShowEventNotes",
        "EndButtonLabel",
        "DisplayOrder",
        "TitleDisplay",
        "SecurityClassification",
        "Publish",
    ),
    "callback to another service": (
        "CallBackURLAboutToStartEvent",
        "CallBackURLAboutToSubmitEvent",
        "CallBackURLSubmittedEvent",
    ),
    "retention": ("TTLIncrement", "SignificantEvent"),
}


@dataclass
class Conversion:
    """What has been read so far, and what could not be said, by kind."""

    source: Source
    name: str
    states: Names = field(default_factory=Names)
    events: Names = field(default_factory=Names)
    opening: dict[str, dict[str, str]] = field(default_factory=dict)  # event -> opening event -> state
    fields: set[str] = field(default_factory=set)
    unexpressed: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))

    def cannot(self, kind: str, what: str) -> None:
        self.unexpressed[kind][what] += 1

    def machine(self) -> dict:
        states = {self.states.of(row["ID"]): self._described(row) for row in self.source.rows("State")}
        events = {}
        for row in self.source.rows("CaseEvent"):
            name, described = self.events.of(row["ID"]), self._described(row)
            if row.get("PreConditionState(s)"):
                events[name] = {**described, "transitions": self._transitions(row)}
            else:
                self.opening[name] = self._openings(name, row)
        return {
            "case_type": self.name,
            "title": self.source.case_type,
            "opening": {event: state for variants in self.opening.values() for event, state in variants.items()},
            "data": schema(self.fields),
            "states": states,
            "events": events,
        }

    def _described(self, row: dict) -> dict:
        for kind, keys in NOT_OURS.items():
            for key in keys:
                if row.get(key):
                    self.cannot(kind, key)
        described = {"title": row["Name"], "description": row.get("Description", "").strip()}
        return {key: value for key, value in described.items() if value}

    def _openings(self, event: str, row: dict) -> dict[str, str]:
        """One opening event per state that it may lead to: opening knows no guards, so the caller chooses."""
        if condition := (row.get("EventEnablingCondition") or "").strip():
            self.cannot("condition on opening: not asked", f"{row['ID']}: {condition}")
        targets = post_states(row["PostConditionState"])
        for _, condition in targets:
            if condition:
                self.cannot("condition on the state a case opens in: the caller chooses", f"{row['ID']}: {condition}")
        reached = [self._state(state) for state, _ in targets if state != "*"]
        plain = reached.pop(-1 if targets[-1][0] != "*" else 0)
        return {event: plain} | {self.events.of(f"{event}_to_{state}"): state for state in reached}

    def _transitions(self, row: dict) -> list[dict]:
        sources = [part.strip() for part in row["PreConditionState(s)"].split(";") if part.strip()]
        from_ = "*" if sources == ["*"] else [self._state(state) for state in sources]
        enabling = self._cel(row["ID"], (row.get("EventEnablingCondition") or "").strip())
        transitions = []
        for state, condition in post_states(row["PostConditionState"]):
            when = both(enabling, self._cel(row["ID"], condition))
            to = "=" if state == "*" else self._state(state)
            transitions.append({"from": from_, "to": to} | ({"when": when} if when else {}))
        return transitions

    def _state(self, original: str) -> str:
        if original not in self.states.taken:
            raise Unexpressed(f"there is no state {original}")
        return self.states.of(original)

    def _cel(self, event: str, condition: str) -> str:
        try:
            return to_cel(condition, self._state, self.fields) if condition else ""
        except Unexpressed as problem:
            self.cannot("condition (the event is never enabled instead)", f"{event}: {problem}")
            return "false"

    def policy(self) -> list[list[str]]:
        acts: set[tuple[str, str]] = set()
        for row, role, crud in self.source.role_rows("AuthorisationCaseEvent"):
            event = self.events.of(row["CaseEventID"])
            if row.get("LiveFrom"):
                self.cannot("right that begins on a day: holds at once", f"{row['CaseEventID']} {row['LiveFrom']}")
            if self._may_fire(event, role, crud):
                acts.update((role_name(role), variant) for variant in self.opening.get(event, [event]))
        for _, role, crud in self.source.role_rows("AuthorisationCaseState"):
            self._note_state_rights(role, crud)
            if "R" in crud:
                acts.add((role_name(role), "case:read"))
        return [["p", role, "*", self.name, act, "", "allow"] for role, act in sorted(acts)]

    def _may_fire(self, event: str, role: str, crud: str) -> bool:
        opens = event in self.opening
        if not set(crud) & ({"C"} if opens else {"C", "U"}):
            self.cannot("right to see an event in the history (R alone)" if "R" in crud else "D alone", role)
            return False
        if opens and role.startswith("["):
            self.cannot("case role that may open: nobody holds one before the case exists", role)
            return False
        return True

    def _note_state_rights(self, role: str, crud: str) -> None:
        self.cannot("right to read in one state only (case:read holds in all states)", role)
        if set(crud) - {"R"}:
            self.cannot("right to write in one state (CCD asks for it beside the event's, in any role)", role)


def role_name(role: str) -> str:
    return f"[{ident(role)}]" if role.startswith("[") else f"role:{ident(role)}"


def post_states(text: str) -> list[tuple[str, str]]:
    """(state or `*`, condition) in the order of CCD's priorities; the one without a condition comes last."""
    found = [re.match(r"^\s*([^(:]+?)\s*(?:\((.*)\))?\s*(?::(\d+))?\s*$", part) for part in text.split(";")]
    ranked = sorted(
        (int(match[3] or 10**6), place, match[1], match[2] or "") for place, match in enumerate(found) if match
    )
    return [(state, condition) for _, _, state, condition in ranked]


def both(one: str, other: str) -> str:
    return f"({one}) && ({other})" if one and other else one or other


def schema(fields: set[str]) -> dict:
    """A schema in which every field that a condition reads is text; others are welcome too."""
    root: dict = {"type": "object", "additionalProperties": True, "properties": {}}
    for path in sorted(fields):
        *parents, leaf = path.split(".")
        node = root
        for parent in parents:
            inner = {"type": "object", "additionalProperties": True, "properties": {}}
            node = node["properties"].setdefault(parent, inner)
        node["properties"][leaf] = {"type": "string"}
    return root


def yaml_text(machine: dict) -> str:
    """YAML with a line per state and event, so that an error names one; JSON values are YAML values."""
    lines = [f"{key}: {json.dumps(machine[key])}" for key in ("case_type", "title", "opening", "data")]
    for part in ("states", "events"):
        lines += [f"{part}:", *(f"  {name}: {json.dumps(value)}" for name, value in machine[part].items())]
    return "\n".join(lines) + "\n"


def report(unexpressed: dict[str, Counter]) -> str:
    lines = []
    for kind, what in sorted(unexpressed.items()):
        lines += [f"{what.total()}\t{kind}", *(f"\t{count}\t{item}" for item, count in sorted(what.items()))]
    return "\n".join(lines) + "\n"


def convert(out: Path, source: Source) -> Conversion:
    conversion = Conversion(source, ident(source.case_type))
    for folder in ("machines", "policies"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / "machines" / f"{conversion.name}.yaml").write_text(yaml_text(conversion.machine()))
    with (out / "policies" / f"{conversion.name}.csv").open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(conversion.policy())
    (out / "unexpressed.txt").write_text(report(conversion.unexpressed))
    return conversion


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--case-type", default="ET_EnglandWales")
    parser.add_argument("--environment", choices=["nonprod", "prod"], default="nonprod")
    given = parser.parse_args()
    convert(given.out, Source(given.data / "hmcts-et", given.case_type, given.environment))
