"""The state graph of a case type: what is active after states are entered, left and finished.

The graph is a machine of the library `transitions`, shared and called with throw-away tokens: it knows what
entering a state activates by default. Which states a move leaves follows SCXML (https://www.w3.org/TR/scxml/,
appendix D), because the library differs from it in four places:
- it leaves as much as the active path needs, SCXML the whole domain of the transition (least common compound
  ancestor), so that a parallel state that targets its own child restarts its other regions;
- entering one region of a parallel state from outside, it leaves the other regions empty;
- of two regions that leave for different targets it takes the last, SCXML the first in document order;
- it has no history.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from transitions.extensions.nesting import HierarchicalMachine, NestedState

from app.domain.definition.case_type import State, walk
from app.domain.definition.configuration import Configuration, Memory

OUTSIDE = "$outside"


class DottedState(NestedState):
    separator = "."


class StateMachine(HierarchicalMachine):
    state_cls = DottedState


class Token:
    """The throw-away object that the shared machine moves."""

    def __init__(self) -> None:
        self.state: Any = OUTSIDE


@dataclass(frozen=True, slots=True)
class Move:
    """From an active state to a target: a path, None (stays), or a path with `history` shallow or deep.

    An `internal` one does not leave its source, where that is compound and holds the target.
    """

    source: str
    target: str | None
    history: str | None = None
    internal: bool = False


def move_to(source: str, target: str, *, internal: bool = False) -> Move:
    """The move that a declared `to` means."""
    if target == "=":
        return Move(source, None)
    path, _, suffix = target.partition(".$")
    return Move(source, path, {"": None, "history": "shallow", "deep_history": "deep"}[suffix], internal)


class Graph:
    """States by dotted path, in declaration order."""

    def __init__(self, states: Mapping[str, State], remembered: Iterable[str] = ()) -> None:
        self.states: dict[str, State] = dict(walk(states))
        self.order = {path: place for place, path in enumerate(self.states)}
        self.remembered = frozenset(remembered)
        self._machine = StateMachine(
            model=None,
            states=[OUTSIDE, *(_declared(name, state) for name, state in states.items())],
            initial=OUTSIDE,
            auto_transitions=False,
        )
        for path in self.states:
            self._machine.add_transition(_entering(path), OUTSIDE, path)
        self.entered = lru_cache(maxsize=None)(self._entered)

    def enter(self, target: str) -> Configuration:
        """What is active after a case was opened in `target`."""
        return self._sorted(self._completed([target], ""))

    def lineage(self, path: str) -> Iterator[str]:
        """The state and its ancestors, inner before outer."""
        while path:
            yield path
            path = path.rpartition(".")[0]

    def leaves_under(self, configuration: Iterable[str], path: str) -> list[str]:
        return [leaf for leaf in configuration if _under(leaf, path)]

    def domain(self, move: Move, memory: Memory) -> str | None:
        """The compound state within which the move happens ("" is the root), None where nothing is left."""
        if move.target is None:
            return None
        targets = self._effective(move, memory)
        for path in self.lineage(move.source if move.internal else move.source.rpartition(".")[0]):
            if not self.states[path].parallel and all(below(target, path) for target in targets):
                return path
        return ""

    def without_conflicts(self, moves: list[Move], configuration: Configuration, memory: Memory) -> list[Move]:
        """Of moves that leave the same state, the inner one, else the first in document order (SCXML)."""
        left = {move: set(self._left(move, configuration, memory)) for move in moves}
        kept: list[Move] = []
        for move in moves:
            rivals = [other for other in kept if left[other] & left[move]]
            if all(other.source != move.source and _under(move.source, other.source) for other in rivals):
                kept = [*(other for other in kept if other not in rivals), move]
        return kept

    def apply(self, moves: list[Move], configuration: Configuration, memory: Memory) -> tuple[Configuration, Memory]:
        """One SCXML microstep: leave all, remember, enter all."""
        domains = [(move, self.domain(move, memory)) for move in moves]
        left = {leaf for move in moves for leaf in self._left(move, configuration, memory)}
        remembered = {
            path: tuple(self.leaves_under(configuration, path))
            for path in self.remembered
            if any(domain is not None and path != domain and _under(path, domain) for _, domain in domains)
            and self.leaves_under(configuration, path)
        }
        memory = {**memory, **remembered}
        stays = set(configuration) - left
        for move, domain in domains:
            if domain is not None:
                stays |= self._completed(self._effective(move, memory), domain)
        return self._sorted(stays), memory

    def newly(self, before: Configuration, after: Configuration, moves: Iterable[Move], memory: Memory) -> list[str]:
        """The leaves of `after` that the moves entered: new ones, and those left and entered again."""
        domains = [domain for move in moves if (domain := self.domain(move, memory)) is not None]
        return [leaf for leaf in after if leaf not in before or any(_under(leaf, domain) for domain in domains)]

    def finished_by(self, leaf: str, configuration: Configuration) -> list[str]:
        """The states that entering a final `leaf` finishes: its parent, and the parallel states around that.

        A parallel state that is a region of another finishes that one too, as section 3.4 of SCXML says; its
        appendix D goes one level up only, so that such a join would depend on which region came last.
        """
        if not self.states[leaf].final or "." not in leaf:
            return []
        parent = leaf.rpartition(".")[0]
        finished, outer = [parent], parent.rpartition(".")[0]
        while outer and self.states[outer].parallel and self._all_final(outer, configuration):
            finished.append(outer)
            outer = outer.rpartition(".")[0]
        return finished

    def closed(self, configuration: Configuration) -> bool:
        """Whether a top-level final state is reached."""
        return len(configuration) == 1 and "." not in configuration[0] and self.states[configuration[0]].final

    def _all_final(self, path: str, configuration: Configuration) -> bool:
        """SCXML's isInFinalState over the children of a parallel state."""
        return all(self._in_final(child, configuration) for child in self._children(path))

    def _in_final(self, path: str, configuration: Configuration) -> bool:
        state = self.states[path]
        if state.parallel:
            return self._all_final(path, configuration)
        return any(child in configuration and self.states[child].final for child in self._children(path))

    def _children(self, path: str) -> list[str]:
        return [f"{path}.{name}" for name in self.states[path].states]

    def _entered(self, target: str) -> frozenset[str]:
        token = Token()
        self._machine.trigger_event(token, _entering(target))
        return frozenset(_flat(token.state))

    def _completed(self, targets: list[str], domain: str) -> set[str]:
        """The leaves that entering `targets` activates, with the other regions of the parallel states between."""
        leaves = {leaf for target in targets for leaf in self.entered(target)}
        for target in targets:
            for path in self.lineage(target.rpartition(".")[0]):
                if path == domain:
                    break
                if self.states[path].parallel:
                    for region in self._children(path):
                        if not any(_under(other, region) for other in targets):
                            leaves |= self.entered(region)
        return leaves

    def _left(self, move: Move, configuration: Configuration, memory: Memory) -> list[str]:
        domain = self.domain(move, memory)
        return [] if domain is None else self.leaves_under(configuration, domain)

    def _effective(self, move: Move, memory: Memory) -> list[str]:
        """The targets with history resolved; without a memory, what entering the state activates."""
        assert move.target is not None
        if move.history is None:
            return [move.target]
        leaves = memory.get(move.target) or self._sorted(self.entered(move.target))
        if move.history == "deep":
            return list(leaves)
        depth = move.target.count(".") + 2
        return list(dict.fromkeys(".".join(leaf.split(".")[:depth]) for leaf in leaves))

    def _sorted(self, leaves: Iterable[str]) -> Configuration:
        return tuple(sorted(leaves, key=self.order.__getitem__))


def _declared(name: str, state: State) -> dict[str, Any]:
    """A state in the library's own notation."""
    children = [_declared(child, inner) for child, inner in state.states.items()]
    if state.parallel:
        return {"name": name, "parallel": children}
    if children:
        return {"name": name, "initial": state.initial, "children": children}
    return {"name": name, "final": state.final}


def _entering(path: str) -> str:
    return f"enter {path}"


def _under(path: str, ancestor: str) -> bool:
    return not ancestor or path == ancestor or path.startswith(f"{ancestor}.")


def _flat(state: Any) -> Iterator[str]:
    if isinstance(state, str):
        yield state
        return
    for inner in state:
        yield from _flat(inner)


def below(path: str, ancestor: str) -> bool:
    """Whether a state lies within another, which it is not; "" is the root."""
    return path != ancestor and _under(path, ancestor)
