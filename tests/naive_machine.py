"""States as SCXML means them, as plainly as possible: what the product's machine is compared with.

Written from the design and https://www.w3.org/TR/scxml/ (appendix D) alone. Slow, and that is fine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ROOT = ""
Holds = Callable[["Move"], bool]
Memory = dict[str, list[str]]


@dataclass(frozen=True)
class Move:
    """One transition of an event, from one state: `to` is `=`, a state, or a state's history."""

    source: str
    to: str
    when: str | None
    unless_actor_of: tuple[str, ...]
    only_actor_of: tuple[str, ...]
    sets: tuple[tuple[str, str], ...]
    internal: bool = False
    unless_since: str | None = None
    only_since: str | None = None


class NaiveMachine:
    """The states of one case type. A configuration is a list of active leaf states in declaration order."""

    def __init__(self, states: dict[str, Any]) -> None:
        self.nodes: dict[str, dict[str, Any]] = {ROOT: {"states": states}}
        self._walk(ROOT, states)

    def _walk(self, parent: str, states: dict[str, Any]) -> None:
        for name, node in states.items():
            path = f"{parent}.{name}" if parent else name
            self.nodes[path] = node
            self._walk(path, node.get("states", {}))

    # Reading the tree

    def children(self, state: str) -> list[str]:
        return [f"{state}.{name}" if state else name for name in self.nodes[state].get("states", {})]

    def open_states(self) -> list[str]:
        """What `from: "*"` means: every state but top-level final ones."""
        return [s for s in self.nodes if s and not ("." not in s and self.nodes[s].get("final"))]

    def closed(self, leaves: list[str]) -> bool:
        return any("." not in leaf and bool(self.nodes[leaf].get("final")) for leaf in leaves)

    def _in_order(self, leaves: set[str]) -> list[str]:
        return [state for state in self.nodes if state in leaves]

    # Entering

    def initial(self, state: str) -> list[str]:
        return self._in_order(set(self._fill(state, set())))

    def open(self, state: str, began: set[str] | None = None) -> list[str]:
        """`began` gets the states that the case came into."""
        began = set() if began is None else began
        began.update(above for leaf in self.initial(state) for above in _upwards(leaf))
        return self._join(self.initial(state), {}, began)[0]

    def _fill(self, state: str, wanted: set[str]) -> list[str]:
        """The leaves of a state that is entered: through what is wanted, else through what is initial."""
        children = self.children(state)
        if not children:
            return [state]
        if self.nodes[state].get("parallel"):
            return [leaf for child in children for leaf in self._fill(child, wanted)]
        through = [child for child in children if child in wanted] or [f"{state}.{self.nodes[state]['initial']}"]
        return self._fill(through[0], wanted)

    def _targets(self, to: str, memory: Memory) -> list[str]:
        state, _, kind = to.partition(".$")
        if not kind:
            return [state]
        if state not in memory:
            node = self.nodes[state]
            return self.children(state) if node.get("parallel") else [f"{state}.{node['initial']}"]
        if kind == "deep_history":
            return memory[state]
        return [child for child in self.children(state) if any(_within(leaf, child) for leaf in memory[state])]

    # One event

    def candidates(self, leaves: list[str], moves: list[Move]) -> list[Move]:
        active = {state for leaf in leaves for state in _upwards(leaf)}
        return [move for move in moves if move.source in active]

    def select(self, leaves: list[str], memory: Memory, moves: list[Move], holds: Holds) -> list[Move]:
        """Per active leaf the innermost, then first, move that holds; of those that conflict the inner or first."""
        chosen: list[Move] = []
        for leaf in leaves:
            enabled = (m for state in _upwards(leaf) for m in moves if m.source == state and holds(m))
            move = next(enabled, None)
            if move and move not in chosen:
                chosen.append(move)
        kept: list[Move] = []
        for move in chosen:
            mine = self._exits(leaves, move, memory)
            rivals = [other for other in kept if mine & self._exits(leaves, other, memory)]
            if all(move.source != rival.source and _within(move.source, rival.source) for rival in rivals):
                kept = [other for other in kept if other not in rivals] + [move]
        return kept

    def step(
        self, leaves: list[str], memory: Memory, moves: list[Move], began: set[str] | None = None
    ) -> tuple[list[str], Memory]:
        """The configuration and the memory after moves that do not conflict, and after the joins they complete.

        `began` gets the states that the case came into: not those that it stayed in, nor what a history brought back.
        """
        began = set() if began is None else began
        remembered = dict(memory)
        for move in moves:
            remembered |= self._remember(leaves, self._exits(leaves, move, memory))
        now = set(leaves)
        for move in moves:
            if move.to != "=":
                now = self._moved(now, move, self._domain(move, memory), remembered)
        active = {state for leaf in now for state in _upwards(leaf)}
        for move in moves:
            comes_back = ".$" in move.to and move.to.partition(".$")[0] in remembered
            if move.to != "=" and not comes_back:
                domain = self._domain(move, memory)
                began.update(state for state in active if state != domain and _within(state, domain))
        return self._join(self._in_order(now), remembered, began)

    def _join(self, leaves: list[str], memory: Memory, began: set[str]) -> tuple[list[str], Memory]:
        """The innermost state that is done moves on, then the next, as long as there is one."""
        done = [state for state in self.nodes if "on_done" in self.nodes[state] and self._is_done(state, leaves)]
        for state in done:
            if not any(_within(other, state) for other in done if other != state):
                return self.step(leaves, memory, [Move(state, self.nodes[state]["on_done"], None, (), (), ())], began)
        return leaves, memory

    def _is_done(self, state: str, leaves: list[str]) -> bool:
        return any(_within(leaf, state) for leaf in leaves) and self._done(state, leaves)

    def _done(self, state: str, leaves: list[str]) -> bool:
        children = self.children(state)
        if self.nodes[state].get("parallel"):
            return all(self._done(child, leaves) for child in children)
        return any(child in leaves and self.nodes[child].get("final") for child in children)

    def _domain(self, move: Move, memory: Memory) -> str:
        """The innermost compound state around source and targets: it is not left. An internal source may be that."""
        targets = self._targets(move.to, memory)
        for state in list(_upwards(move.source))[0 if move.internal else 1 :]:
            around = all(state != target and _within(target, state) for target in targets)
            if around and not self.nodes[state].get("parallel"):
                return state
        return ROOT

    def _exits(self, leaves: list[str], move: Move, memory: Memory) -> set[str]:
        if move.to == "=":
            return set()
        domain = self._domain(move, memory)
        return {s for leaf in leaves for s in _upwards(leaf) if s and s != domain and _within(s, domain)}

    def _remember(self, leaves: list[str], exited: set[str]) -> Memory:
        return {state: [leaf for leaf in leaves if _within(leaf, state)] for state in exited if self.children(state)}

    def _moved(self, leaves: set[str], move: Move, domain: str, memory: Memory) -> set[str]:
        targets = self._targets(move.to, memory)
        wanted = {state for target in targets for state in _upwards(target)}
        stays = {leaf for leaf in leaves if not _within(leaf, domain)}
        (entered,) = [child for child in self.children(domain) if child in wanted]
        return stays | set(self._fill(entered, wanted))


def _upwards(state: str) -> Iterator[str]:
    while state:
        yield state
        state = state.rpartition(".")[0]


def _within(state: str, outer: str) -> bool:
    return outer == ROOT or state == outer or state.startswith(outer + ".")
