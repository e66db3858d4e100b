"""Which states of a case type can be reached, and what can be finished: never too few, so that a warning is true."""

from collections import defaultdict
from collections.abc import Iterator

from app.domain.declaring.checks.state_tree import HISTORY, StateTree, without_history
from app.domain.definition.case_type import CaseType


class Moves:
    """Where events and joins lead, by source. A move from "*" stands apart, since it has every source."""

    def __init__(self, case_type: CaseType, tree: StateTree) -> None:
        self.tree = tree
        self.by_source: dict[str, list[str]] = defaultdict(list)
        self.from_anywhere: list[str] = []
        self._internal: dict[tuple[str, str], bool] = {}
        for event in case_type.events.values():
            for transition in event.transitions:
                self._add(transition.sources, transition.to)
                outermost = case_type.states if "*" in transition.sources else ()
                for source in (*transition.sources, *outermost):
                    pair = source, transition.to
                    self._internal[pair] = transition.internal and self._internal.get(pair, True)

    def is_internal(self, source: str, target: str) -> bool:
        """Whether all that leads from the one to the other is internal."""
        return self._internal.get((source, target), False)

    def _add(self, sources: list[str], target: str) -> None:
        if without_history(target) not in self.tree.nodes:
            return  # "=" stays, and an unknown state leads nowhere
        if "*" in sources:
            self.from_anywhere.append(target)
        for source in sources:
            self.by_source[source].append(target)

    def all_with_joins(self) -> Iterator[tuple[str, str]]:
        """Every source and target, joins included, those from "*" left out."""
        for source, targets in self.by_source.items():
            if source in self.tree.nodes:
                yield from ((source, target) for target in targets)
        for path, node in self.tree.nodes.items():
            if node.state.on_done and without_history(node.state.on_done) in self.tree.nodes:
                yield path, node.state.on_done


class Reach:
    """The states that some case could be in, guards and policy aside."""

    def __init__(self, case_type: CaseType, moves: Moves) -> None:
        self.tree = moves.tree
        self.states: set[str] = set()
        self._moves = moves
        self._new: list[str] = []
        self._gone: set[str] = set()
        self._remembered: set[str] = set()
        for state in case_type.opening.values():
            self._go(state)
        while self._new:
            self._leave(self._new.pop())

    def _go(self, target: str) -> None:
        path = without_history(target)
        if target in self._gone or path not in self.tree.nodes:
            return
        self._gone.add(target)
        self._enter(path)
        if target.endswith(HISTORY):
            self._remembered.add(path)
            for child in self.tree.within(path):
                if child in self.states:
                    self._enter(child)

    def _enter(self, path: str) -> None:
        for state in self.tree.entered(path):
            if state not in self.states:
                self.states.add(state)
                self._new.append(state)

    def _leave(self, path: str) -> None:
        for target in self._moves.by_source.get(path, ()):
            self._go(target)
        if "." in path or not self.tree.nodes[path].state.final:
            for target in self._moves.from_anywhere:
                self._go(target)
        # Shallow history enters the remembered child anew, so also that child's own beginning.
        if not self._remembered.isdisjoint(self.tree.ancestors(path)):
            self._enter(path)
        self._finish(path)

    def _finish(self, path: str) -> None:
        for state in self.tree.line(path):
            if not self._is_done(state):
                return
            self._go(self.tree.nodes[state].state.on_done or "=")

    def can_finish(self, path: str) -> bool:
        """Whether a state may be done: a final child of it is reached, or all its regions are done."""
        node = self.tree.nodes[path]
        if node.parallel:
            return all(self._is_done(region) for region in node.children)
        return any(child in self.states and self._is_done(child) for child in node.children)

    def _is_done(self, path: str) -> bool:
        return self.tree.nodes[path].state.final or self.can_finish(path)
