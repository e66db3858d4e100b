"""Arrange what one container holds in rows, so that arrows run from row to row (layout of Sugiyama et al., 1981)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fast_sugiyama import from_edges


@dataclass(frozen=True, slots=True)
class Strand:
    """The way of an arrow through a container: items from above to below.

    It begins at the container's upper border where `from_top`, and ends at its lower one where `to_bottom`.
    """

    items: tuple[int, ...]
    from_top: bool = False
    to_bottom: bool = False


@dataclass(frozen=True, slots=True)
class Layers:
    """Rows of items from above to below, and the strands with a bend (a new item) in each row that they pass."""

    rows: list[list[int]]
    strands: list[Strand]


def layered(count: int, strands: Sequence[Strand]) -> Layers:
    """Rows for the items 0 to `count` - 1; strands must not form a cycle."""
    above, below = count, count + 1
    edges = _edges(count, strands, above, below)
    ((positions, _, _, drawn),) = from_edges(
        edges,
        vertex_spacing=10,
        dummy_vertices=True,
        dummy_size=1.0,
        ranking_type="minimize",
        crossing_minimization="median",
        transpose=True,
        check_layout=False,
    )
    bends = _Bends(drawn or [], count + 2)
    found = [_with_bends(strand, bends, above, below) for strand in strands]
    used = {item for strand in found for item in strand.items} | set(range(count))
    return Layers(_rows(positions, used), found)


def side_by_side(count: int, boxes: Sequence[int], strands: Sequence[Strand]) -> Layers:
    """All `boxes` in one row, what leads to them above it and what comes from them below; bends from `count` on."""
    order = {box: place for place, box in enumerate(boxes)}
    middles = [next(place for place, item in enumerate(strand.items) if item in order) for strand in strands]
    upper = max(middles, default=0)
    lower = max((len(strand.items) - 1 - middle for strand, middle in zip(strands, middles, strict=True)), default=0)
    rows: dict[int, list[int]] = defaultdict(list, {upper: list(boxes)})
    found: dict[int, Strand] = {}
    for at in sorted(range(len(strands)), key=lambda at: order[strands[at].items[middles[at]]]):
        strand, middle = strands[at], middles[at]
        before = range(count, count + upper - middle) if strand.from_top else range(0)
        count += len(before)
        after = range(count, count + lower - len(strand.items) + 1 + middle) if strand.to_bottom else range(0)
        count += len(after)
        found[at] = Strand((*before, *strand.items, *after), strand.from_top, strand.to_bottom)
        for place, item in enumerate(found[at].items, upper - middle - len(before)):
            if item not in order:
                rows[place].append(item)
    return Layers([rows[place] for place in sorted(rows)], [found[at] for at in range(len(strands))])


def backward(items: Iterable[int], pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs that lead back to where one came from, searched in depth from the first item on."""
    following: dict[int, list[int]] = defaultdict(list)
    for source, target in pairs:
        following[source].append(target)
    found: set[tuple[int, int]] = set()
    done: set[int] = set()
    for start in items:
        trail = [(start, iter(following[start]))] if start not in done else []
        done.add(start)
        while trail:
            source, targets = trail[-1]
            target = next(targets, -1)
            if target == -1:
                trail.pop()
            elif target in (item for item, _ in trail):
                found.add((source, target))
            elif target not in done:
                done.add(target)
                trail.append((target, iter(following[target])))
    return found


def _edges(count: int, strands: Sequence[Strand], above: int, below: int) -> list[tuple[int, int]]:
    """Consecutive items; `above` leads to all that nothing leads to, which makes the graph connected."""
    edges = [pair for strand in strands for pair in pairwise(strand.items)]
    edges += [(strand.items[-1], below) for strand in strands if strand.to_bottom]
    led_to = {target for _, target in edges}
    edges += [(above, item) for item in range(count) if item not in led_to]
    if any(strand.to_bottom for strand in strands):
        leading = {source for source, _ in edges}
        edges += [(item, below) for item in range(count) if item not in leading]
    return edges


class _Bends:
    """Follows an edge through the bends that the layout gave it, which have numbers from `first` on."""

    def __init__(self, drawn: Iterable[tuple[int | str, int | str]], first: int) -> None:
        self._next: dict[int, int] = {}
        self._into: dict[tuple[int, int], int] = {}
        starts = []
        for source, target in ((int(a), int(b)) for a, b in drawn):
            if source >= first:
                self._next[source] = target
            elif target >= first:
                starts.append((source, target))
        for source, bend in starts:
            self._into[source, self._end(bend)] = bend

    def between(self, source: int, target: int) -> list[int]:
        bend = self._into.get((source, target))
        found = []
        while bend is not None and bend != target:
            found.append(bend)
            bend = self._next[bend]
        return found

    def _end(self, bend: int) -> int:
        while bend in self._next:
            bend = self._next[bend]
        return bend


def _with_bends(strand: Strand, bends: _Bends, above: int, below: int) -> Strand:
    items = [strand.items[0]]
    for source, target in pairwise(strand.items):
        items += [*bends.between(source, target), target]
    before = bends.between(above, items[0]) if strand.from_top else []
    after = bends.between(items[-1], below) if strand.to_bottom else []
    return Strand((*before, *items, *after), strand.from_top, strand.to_bottom)


def _rows(positions: Iterable[tuple[int | str, tuple[float, float]]], used: set[int]) -> list[list[int]]:
    rows: dict[float, list[tuple[float, int]]] = defaultdict(list)
    for item, (x, y) in positions:
        if item in used:
            rows[round(y, 3)].append((x, int(item)))
    return [[item for _, item in sorted(rows[y])] for y in sorted(rows, reverse=True)]
