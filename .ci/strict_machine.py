"""Say by an own, simple simulation what a strict machine with a role per activity must answer to a real log."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from convert_published import ident


@dataclass
class Expected:
    """What must come of a log: counts by code, the refused events by code, and the final states."""

    accepted: int = 0
    refused: Counter = field(default_factory=Counter)
    refused_events: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))  # code -> event -> count
    state_of: dict[str, str] = field(default_factory=dict)

    @property
    def final_states(self) -> dict[str, int]:
        return dict(Counter(self.state_of.values()))


class StrictMachine:
    """The published machine; two activities may have swapped who may do them."""

    def __init__(self, machine: dict, swapped: tuple[str, str] | None = None) -> None:
        self.opening = {ident(edge["to"]) for edge in machine["initial"]}
        self.edges = {(ident(edge["from"]), ident(edge["to"])) for edge in machine["transitions"]}
        self.roles: dict[str, set[str]] = defaultdict(set)
        for edge in machine["initial"] + machine["transitions"]:
            self.roles[ident(edge["to"])] |= {ident(role) for role in edge["roles"]}
        if swapped:
            one, other = swapped
            self.roles[one], self.roles[other] = self.roles[other], self.roles[one]

    def answer(self, state: str | None, event: str, role: str) -> str:
        """`accepted` or the code of the refusal: existence before policy before state."""
        if state is None and event not in self.opening:
            return "not_found"
        if role not in self.roles[event]:
            return "denied"
        if state is not None and (state, event) not in self.edges:
            return "wrong_state"
        return "accepted"


def expect(machine: StrictMachine, log: Path) -> Expected:
    expected = Expected()
    for case, event, role in attempts(log):
        answer = machine.answer(expected.state_of.get(case), event, role)
        if answer == "accepted":
            expected.accepted += 1
            expected.state_of[case] = event
        else:
            expected.refused[answer] += 1
            expected.refused_events[answer][event] += 1
    return expected


def attempts(log: Path) -> Iterator[tuple[str, str, str]]:
    with gzip.open(log, "rt") as stream:
        for line in stream:
            row = json.loads(line)
            yield row["case"], ident(row["to"]), ident(row["role"] or "none")


def swap_in_policy(path: Path, swapped: tuple[str, str]) -> None:
    """Let each of two activities be done by the other's roles, in the policy file."""
    other = dict([swapped, swapped[::-1]])
    rows = [line.split(", ") for line in path.read_text().splitlines()]
    path.write_text("".join(", ".join([*row[:4], other.get(row[4], row[4]), *row[5:]]) + "\n" for row in rows))
