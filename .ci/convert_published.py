#!/usr/bin/env python3
"""Turn a published state machine (Redmine, Jira, FHIR Task) into a case type and its policy.

    convert_published.py NAME OUT [--data FOLDER]     reads FOLDER/NAME.json (default: ../shared/data beside this tree)
                                                      writes OUT/machines/NAME.yaml and OUT/policies/NAME.csv

Names become lower-case identifiers; titles keep the original. Where a role may fire an event from some of its
states only, its policy line carries a condition on `case.state`. Standard library only.
"""

import argparse
import csv
import io
import json
import re
from collections import defaultdict
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ANY_USER = "user"  # FHIR's drawing names no roles


def ident(name: str) -> str:
    """As convert.py of the data folder does it, so that both name the same thing alike."""
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return word if word[:1].isalpha() else "s_" + word


def needs(edge: dict) -> list[tuple[str, ...]]:
    """Who may take an edge, as alternatives; each is a set of roles that must all be held."""
    if "roles" in edge:
        return [(f"role:{ident(role)}",) for role in edge["roles"]]
    permission = edge.get("permission", ANY_USER)
    if permission == "assignee only":
        return [("[assignee]",)]
    return [tuple(sorted(f"role:{ident(part)}" for part in permission.split(" AND ")))]


def opening(machine: dict) -> dict[str, str]:
    return {ident(edge.get("event", "open")): ident(edge["to"]) for edge in machine["initial"]}


def case_type(name: str, machine: dict) -> str:
    lines = [f"case_type: {name}", f"title: {json.dumps(machine['name'])}", "opening:"]
    lines += [f"  {event}: {state}" for event, state in opening(machine).items()]
    lines += ["data: {type: object}", "states:"]
    for state in machine["states"]:
        final = ", final: true" if state in machine["final"] else ""
        lines.append(f"  {ident(state)}: {{title: {json.dumps(state)}{final}}}")
    lines.append("events:")
    for (event, target), edges in by_event(machine).items():
        sources = ", ".join(sorted({ident(edge["from"]) for edge in edges}))
        lines.append(f"  {event}: {{title: {json.dumps(edges[0]['event'])}, from: [{sources}], to: {target}}}")
    return "\n".join(lines) + "\n"


def by_event(machine: dict) -> dict[tuple[str, str], list[dict]]:
    """Edges by (event, target); every published machine has one target per event."""
    edges: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for edge in machine["transitions"]:
        edges[ident(edge["event"]), ident(edge["to"])].append(edge)
    if len({event for event, _ in edges}) != len(edges):
        raise SystemExit("an event with two targets needs a guard, which this script does not write")
    return edges


def policy(name: str, machine: dict) -> str:
    rows = [row for (event, _), edges in by_event(machine).items() for row in event_rows(name, event, edges)]
    roles = sorted({row[1] for row in rows})
    openers = sorted({role for edge in machine["initial"] for need in opener_needs(edge, roles) for role in need})
    rows += [line(role, name, event) for event in opening(machine) for role in openers]
    rows += [line(role, name, "case:read") for role in sorted({*roles, *openers})]
    return written(rows)


def event_rows(name: str, event: str, edges: list[dict]) -> list[list[str]]:
    """One line per alternative set of roles, conditioned on the states where it holds unless it holds in all."""
    where: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for edge in edges:
        for need in needs(edge):
            where[need].add(ident(edge["from"]))
    every = {ident(edge["from"]) for edge in edges}
    return [line(need[0], name, event, condition(need, states, every)) for need, states in sorted(where.items())]


def condition(need: tuple[str, ...], states: set[str], every: set[str]) -> str:
    parts = [] if states == every else [f"case.state in [{', '.join(repr(state) for state in sorted(states))}]"]
    return " && ".join(parts + [f"'{role}' in actor.roles" for role in need[1:]])


def opener_needs(edge: dict, roles: list[str]) -> list[tuple[str, ...]]:
    """Where nothing is said about opening, everybody who may do anything may open."""
    return needs(edge) if "permission" in edge or "roles" in edge else [(role,) for role in roles]


def line(role: str, case_type: str, act: str, when: str = "") -> list[str]:
    return ["p", role, "*", case_type, act, when, "allow"]


def written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def convert(name: str, out: Path, data: Path = DATA) -> None:
    machine = json.loads((data / f"{name}.json").read_text())
    for folder in ("machines", "policies"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / "machines" / f"{name}.yaml").write_text(case_type(name, machine))
    (out / "policies" / f"{name}.csv").write_text(policy(name, machine))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["redmine_default", "jira_classic_default", "fhir_task"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    convert(given.name, given.out, given.data)
