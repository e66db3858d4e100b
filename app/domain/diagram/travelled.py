"""The way that a case has travelled through the states of its type, as its log tells it."""

from collections.abc import Collection
from dataclasses import dataclass, field

Move = tuple[str | None, str]
"""The active leaves before an entry and after it, each joined with `+`; before the first there are none."""


@dataclass(frozen=True, slots=True)
class Travelled:
    """Moves of a case, in any order."""

    moves: frozenset[Move] = field(default_factory=frozenset)

    def been(self, path: str) -> bool:
        """Whether the case was ever in a state, or in one inside it."""
        return any(_inside(path, _leaves(leaves)) for move in self.moves for leaves in move)

    def took(self, source: str, target: str) -> bool:
        """Whether it ever went from a state to another by itself: left the one, and came into the other."""
        for before, after in self.moves:
            left, entered = _leaves(before) - _leaves(after), _leaves(after) - _leaves(before)
            if ((source == "*" and left) or _inside(source, left)) and _inside(target, entered):
                return True
        return False


def _leaves(joined: str | None) -> frozenset[str]:
    return frozenset(joined.split("+")) if joined else frozenset()


def _inside(path: str, leaves: Collection[str]) -> bool:
    return any(leaf == path or leaf.startswith(f"{path}.") for leaf in leaves)
