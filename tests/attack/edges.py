"""Which edges a machine has, read from its YAML without the service: plainly, and a little more than it allows."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml


class Machine:
    """States are named by their path from the top; a case rests in one leaf, or in several that `+` joins."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self._events = declared["events"]
        self._done = dict(_done(declared["states"], ""))

    def allows(self, source: str, event: str, target: str) -> bool:
        """Whether some transition of the event leads from where the case rested to where it rests now."""
        return any(_leaves(source, arc) and self._arrives(source, arc["to"], target) for arc in self._arcs(event))

    def _arcs(self, event: str) -> Iterator[Mapping[str, Any]]:
        declared = self._events.get(event, {})
        yield from declared.get("transitions", [declared] if "from" in declared else [])

    def _arrives(self, source: str, to: str, target: str) -> bool:
        if to == "=":
            return source == target
        if any(_within(leaf, to.partition(".$")[0]) for leaf in target.split("+")):
            return True
        return any(_within(to, inner) and _within(target, after) for inner, after in self._done.items())


def read_machines(folder: Path) -> dict[str, Machine]:
    declared = [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))]
    return {one["case_type"]: Machine(one) for one in declared if "case_type" in one}


def _leaves(source: str, arc: Mapping[str, Any]) -> bool:
    froms = arc["from"] if isinstance(arc["from"], list) else [arc["from"]]
    return any(one == "*" or any(_within(leaf, one) for leaf in source.split("+")) for one in froms)


def _within(leaf: str, state: str) -> bool:
    return leaf == state or leaf.startswith(f"{state}.")


def _done(states: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Where a state goes on when all below it is done."""
    for name, state in states.items():
        state = state or {}
        path = f"{above}{name}"
        if "on_done" in state:
            yield path, state["on_done"]
        for inner in ("states", "parallel_states"):
            if isinstance(state.get(inner), Mapping):
                yield from _done(state[inner], f"{path}.")
