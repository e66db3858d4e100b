"""Which leaf states nothing takes a case out of: never too many, so that a warning is true."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from app.domain.declaring.checks.joins import done_on_entry
from app.domain.declaring.checks.reach import Moves
from app.domain.declaring.checks.state_tree import has_history, transition_domain, without_history

# A real case type takes some hundred looks. One made to keep the checker busy gets fewer warnings instead.
MOST_LOOKS: Final = 200_000


class Traps:
    """Answers for one case type after another leaf whether it is a trap."""

    def __init__(self, moves: Moves) -> None:
        self.tree = moves.tree
        self._moves = moves
        self._looks = 0

    def holds(self, leaf: str) -> bool:
        """Whether no event of the leaf, of a state around it or of a region beside it leaves it, and no join."""
        if self._finishes(leaf):
            return False
        for source, target in self._active_with(leaf):
            self._looks += 1
            if self._looks > MOST_LOOKS or self._leaves(leaf, source, target):
                return False
        return True

    def _finishes(self, leaf: str) -> bool:
        """Whether being here may finish a state that then moves on."""
        around = (self.tree.nodes[path].state.on_done for path in self.tree.ancestors(leaf))
        return self.tree.nodes[leaf].state.final and any(join is not None for join in around)

    def _active_with(self, leaf: str) -> Iterator[tuple[str, str]]:
        """Moves whose source can be active while the leaf is. Regions beside it count where they leave the parallel."""
        top = leaf.partition(".")[0]
        yield from ((top, target) for target in self._moves.from_anywhere)
        child = leaf
        for path in self.tree.line(leaf):
            yield from ((path, target) for target in self._moves.by_source.get(path, ()))
            for region, outward in self._outward.get(path, {}).items():
                if region != child:
                    yield from outward
            child = path

    @cached_property
    def _outward(self) -> dict[str, dict[str, list[tuple[str, str]]]]:
        """By parallel state and region: the moves and joins from within that leave the parallel state."""
        found: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for source, target in self._moves.all_with_joins():
            child = source
            for path in self.tree.ancestors(source):
                if self.tree.nodes[path].parallel and self._left_with(source, target, path):
                    found.setdefault(path, {}).setdefault(child, []).append((source, target))
                child = path
        return found

    def _leaves(self, leaf: str, source: str, target: str) -> bool:
        if has_history(target):
            return True  # what is remembered may be anything
        path = without_history(target)
        if not self._left_with(source, target, leaf):
            return False
        return leaf not in self.tree.configuration(path) or done_on_entry(path, self.tree) is not None

    def _left_with(self, source: str, target: str, state: str) -> bool:
        """Whether a move leaves this state: it lies in the innermost state that is not parallel and holds both ends."""
        domain = transition_domain(self.tree, source, target, internal=self._moves.is_internal(source, target))
        return domain is None or (domain != state and self.tree.contains(domain, state))
