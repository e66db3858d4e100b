"""The states of a case type as a tree: who contains whom, what entering one makes active, what a source means."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.definition.case_type import CaseType, State

HISTORY: Final = ".$history"
DEEP_HISTORY: Final = ".$deep_history"


@dataclass(frozen=True, slots=True)
class Node:
    """A state with its place: its dotted path and the paths of its parent and children."""

    path: str
    parent: str | None
    children: tuple[str, ...]
    state: State

    @property
    def atomic(self) -> bool:
        return not self.children

    @property
    def parallel(self) -> bool:
        return self.state.parallel and bool(self.children)

    @property
    def initial(self) -> str | None:
        """The child that is entered by default, where it exists."""
        child = f"{self.path}.{self.state.initial}"
        return child if child in self.children else None


class StateTree:
    """All states by path, in the order of the file."""

    def __init__(self, case_type: CaseType) -> None:
        self.nodes: dict[str, Node] = {}
        self._configurations: dict[str, frozenset[str]] = {}
        for name, state in case_type.states.items():
            self._add(name, None, state)

    def _add(self, path: str, parent: str | None, state: State) -> None:
        children = tuple(f"{path}.{child}" for child in state.states)
        self.nodes[path] = Node(path, parent, children, state)
        for name, child in state.states.items():
            self._add(f"{path}.{name}", path, child)

    def ancestors(self, path: str) -> Iterator[str]:
        """The states that contain this one, innermost first."""
        while parent := self.nodes[path].parent:
            yield parent
            path = parent

    def line(self, path: str) -> Iterator[str]:
        """The state and the states that contain it, innermost first."""
        yield path
        yield from self.ancestors(path)

    def within(self, path: str) -> Iterator[str]:
        """The state and all states in it."""
        yield path
        for child in self.nodes[path].children:
            yield from self.within(child)

    def contains(self, outer: str, inner: str) -> bool:
        return inner == outer or inner.startswith(outer + ".")

    def entered(self, path: str) -> Iterator[str]:
        """What becomes active when a state is entered from outside: it, what contains it, and their defaults."""
        yield from self._defaults(path)
        child = path
        for outer in self.ancestors(path):
            yield outer
            if self.nodes[outer].parallel:
                for region in self.nodes[outer].children:
                    if region != child:
                        yield from self._defaults(region)
            child = outer

    def _defaults(self, path: str) -> Iterator[str]:
        yield path
        node = self.nodes[path]
        inner = node.children if node.parallel else [node.initial] if node.initial else []
        for child in inner:
            yield from self._defaults(child)

    def most_active(self, path: str) -> int:
        """How many leaf states can be active at once while this state is."""
        node = self.nodes[path]
        inner = [self.most_active(child) for child in node.children] or [1]
        return sum(inner) if node.parallel else max(inner)

    def longest_joined(self, path: str) -> int:
        """How many characters the active states may have, written as one text, while this state is."""
        node = self.nodes[path]
        inner = [self.longest_joined(child) for child in node.children] or [len(path)]
        return sum(inner) + len(inner) - 1 if node.parallel else max(inner)

    def configuration(self, path: str) -> frozenset[str]:
        """The leaf states that are active after a state was entered from outside."""
        if path not in self._configurations:
            self._configurations[path] = frozenset(each for each in self.entered(path) if self.nodes[each].atomic)
        return self._configurations[path]


def without_history(target: str) -> str:
    """The state that a target names: `checks` of `checks.$deep_history`."""
    return target.removesuffix(HISTORY).removesuffix(DEEP_HISTORY)


def has_history(target: str) -> bool:
    return target.endswith((HISTORY, DEEP_HISTORY))


def transition_domain(tree: StateTree, source: str, target: str, *, internal: bool = False) -> str | None:
    """SCXML's transition domain (https://www.w3.org/TR/scxml/, appendix D): what is left lies in it; None is the root.

    What a history brings back lies inside its state.
    """
    state, comes_back = without_history(target), has_history(target)
    for path in tree.line(source) if internal else tree.ancestors(source):
        if not tree.nodes[path].parallel and tree.contains(path, state) and (comes_back or path != state):
            return path
    return None
