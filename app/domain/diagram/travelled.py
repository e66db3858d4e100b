"""The way that a case has travelled through the states of its type, as its log tells it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

Move = tuple[str | None, str]
"""The active leaves before an entry and after it, each joined with `+`; before the first there are none."""


@dataclass(frozen=True)
class Travelled:
    """Moves of a case, in any order."""

    moves: frozenset[Move] = field(default_factory=frozenset)

    def been(self, path: str) -> bool:
        """Whether the case was ever in a state, or in one inside it."""
        return path in self._places

    def took(self, source: str, target: str) -> bool:
        """Whether it ever went from a state to another by itself: left the one, and came into the other."""
        return (source, target) in self._ways

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(_around(leaf for move in self.moves for leaves in move for leaf in _leaves(leaves)))

    @cached_property
    def _ways(self) -> frozenset[tuple[str, str]]:
        """Found in one pass, because tables and drawings ask for hundreds."""
        ways: set[tuple[str, str]] = set()
        for before, after in self.moves:
            left, entered = _leaves(before) - _leaves(after), _leaves(after) - _leaves(before)
            sources = {*_around(left), *(("*",) if left else ())}
            targets = set(_around(entered))
            ways |= {(source, target) for source in sources for target in targets}
        return frozenset(ways)


def _leaves(joined: str | None) -> frozenset[str]:
    return frozenset(joined.split("+")) if joined else frozenset()


def _around(leaves: Iterable[str]) -> Iterator[str]:
    """The leaves, and every state around one."""
    for leaf in leaves:
        steps = leaf.split(".")
        yield from (".".join(steps[:depth]) for depth in range(1, len(steps) + 1))
