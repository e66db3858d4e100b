"""The smallest of many ways, which come in any order of the sizes that are still to be told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from app.domain.values.json import JsonObject

MOST_WAYS = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that has to be so. `met` says that it is already, and has to stay so while the others change.

    `code` is that of a reason; `detail` holds `role`, `state`, `condition` and `holds`, `guard`, or who it takes:
    `subject` (None: anybody else) with `roles`.
    """

    code: str
    remedy: str
    detail: JsonObject = field(default_factory=dict)
    met: bool = False


Way: TypeAlias = tuple[Change, ...]


class SmallestChanges:
    """Sizes begin one after another; a way is no smaller than the size that has begun when it is found."""

    def __init__(self) -> None:
        self._smallest: list[Way] = []
        self._needs: list[set[str]] = []
        self._size = 0
        self._larger: defaultdict[int, list[Way]] = defaultdict(list)

    @property
    def smallest(self) -> tuple[Way, ...]:
        return tuple(self._smallest[:MOST_WAYS])

    @property
    def enough(self) -> bool:
        return len(self._smallest) >= MOST_WAYS

    def covers(self, changes: Iterable[Change]) -> bool:
        """Whether fewer of these changes are enough."""
        needed = _needed(changes)
        return any(other <= needed for other in self._needs)

    def begin(self, size: int) -> None:
        self._size = size
        for way in self._larger.pop(size, ()):
            self._keep(way)

    def add(self, way: Way) -> None:
        size = sum(not change.met for change in way)
        if size > self._size:
            self._larger[size].append(way)
        else:
            self._keep(way)

    def end(self) -> None:
        for size in sorted(self._larger):
            self.begin(size)

    def _keep(self, way: Way) -> None:
        if not self.covers(way):
            self._smallest.append(way)
            self._needs.append(_needed(way))


def _needed(changes: Iterable[Change]) -> set[str]:
    return {f"{change.code} {change.detail}" for change in changes if not change.met}
