"""Make one block of an arrangement: the shapes of its items, the arrows between them, and the box around."""

from collections.abc import Iterator
from itertools import pairwise

from app.domain.diagram.attach import Attached, attached
from app.domain.diagram.level import Arrangement
from app.domain.diagram.shapes import Block, Box, Divider, Point, Shape, Text, Wire

INSET = 16.0
ROW_GAP = 22.0
REGION_GAP = 14.0


def assembled(arrangement: Arrangement) -> Block:
    return _Assembly(arrangement).block()


class _Assembly:
    def __init__(self, arrangement: Arrangement) -> None:
        self._at = arrangement
        self._level = arrangement.level
        self._attached: Attached = attached(arrangement)
        self._tops = self._row_tops()
        self._height = self._tops[-1] + arrangement.row_height(-1) + INSET

    def block(self) -> Block:
        placed = [(self._at.x[item], self._at.width(item)) for row in self._at.rows for item in row]
        left = min(x - width / 2 for x, width in placed) - INSET
        width = max(x + width / 2 for x, width in placed) + INSET - left
        shapes = tuple(shape.moved((-left, 0.0)) for shape in self._shapes())
        if self._level.path:
            box = Box(path=self._level.path, kind=self._level.kind, x=0.0, y=0.0, width=width, height=self._height)
            shapes = (box, *shapes)
        return Block(width, self._height, shapes, self._ports(left))

    def _row_tops(self) -> list[float]:
        top, tops = INSET / 2 if self._level.title else INSET, []
        for number in range(len(self._at.rows)):
            tops.append(top)
            top += self._at.row_height(number) + self._gap_below(number)
        return tops

    def _gap_below(self, row: int) -> float:
        """Arrows that go far to the side need more height to stay apart."""
        here = set(self._at.rows[row])
        sideways = [
            abs(self._attached[upper, at, "lower"] - self._attached[lower, at, "upper"])
            for at, strand in enumerate(self._at.strands)
            for upper, lower in pairwise(strand.items)
            if upper in here
        ]
        if not sideways and row == 0:
            return ROW_GAP / 2
        return ROW_GAP + min(max(sideways, default=0.0) * 0.1, 40.0)

    def _shapes(self) -> Iterator[Shape]:
        for row, items in enumerate(self._at.rows):
            for item in items:
                yield from self._item_shapes(item, row)
        for at in range(len(self._at.strands)):
            yield from self._wires(at)
        if self._level.parallel:
            yield from self._dividers()

    def _item_shapes(self, number: int, row: int) -> Iterator[Shape]:
        item, x, y = self._at.items[number], self._at.x[number], self._top(number, row)
        if item.block:
            yield from (shape.moved((x - item.block.width / 2, y)) for shape in item.block.shapes)
        elif item.label:
            yield Text(item.arrow, x, y + 2, item.label)

    def _top(self, item: int, row: int) -> float:
        """Items stand in the middle of their row, regions at its top."""
        spare = self._at.row_height(row) - self._at.height(item)
        return self._tops[row] + (0.0 if self._level.parallel else spare / 2)

    def _wires(self, at: int) -> Iterator[Wire]:
        """The pieces of a strand: its label interrupts it."""
        pieces = self._pieces(at)
        arrow, head = self._level.arrows[at], self._level.heads[at]
        for number, points in enumerate(pieces):
            first, last = number == 0, number == len(pieces) - 1
            shows = (head == "upper" and first) or (head == "lower" and last)
            yield Wire(arrow, tuple(points), head if shows else "")

    def _pieces(self, at: int) -> list[list[Point]]:
        strand = self._at.strands[at]
        pieces: list[list[Point]] = [[]]
        if strand.from_top:
            pieces[0].append((self._at.x[strand.items[0]], 0.0))
        for item in strand.items:
            above, below = self._passing(item, at)
            pieces[-1] += above
            if self._at.items[item].block is None and self._at.items[item].label:
                pieces.append([])
            pieces[-1] += below
        if strand.to_bottom:
            pieces[-1].append((self._at.x[strand.items[-1]], self._height))
        return [piece for piece in pieces if len(piece) > 1]

    def _passing(self, item: int, at: int) -> tuple[list[Point], list[Point]]:
        """The points above and below an item, upright through its row."""
        row = self._row_of(item)
        top, bottom = self._tops[row], self._tops[row] + self._at.row_height(row)
        upper, lower = self._attached.get((item, at, "upper")), self._attached.get((item, at, "lower"))
        start = self._top(item, row)
        middle = self._at.x[item] if self._at.items[item].block is None else None
        upper, lower = (middle if x is None else x for x in (upper, lower))
        above = [] if upper is None else [(upper, top), (upper, start)]
        below = [] if lower is None else [(lower, start + self._at.height(item)), (lower, bottom)]
        return above, below

    def _row_of(self, item: int) -> int:
        return next(number for number, row in enumerate(self._at.rows) if item in row)

    def _dividers(self) -> Iterator[Divider]:
        row = next(number for number, items in enumerate(self._at.rows) if any(self._block(item) for item in items))
        top, height = self._tops[row] - REGION_GAP / 2, self._at.row_height(row) + REGION_GAP
        for left, right in pairwise(self._at.rows[row]):
            edges = self._at.x[left] + self._at.width(left) / 2, self._at.x[right] - self._at.width(right) / 2
            yield Divider(sum(edges) / 2, top, height)

    def _block(self, item: int) -> bool:
        return self._at.items[item].block is not None

    def _ports(self, left: float) -> dict[tuple[int, str], float]:
        found = {}
        for at, strand in enumerate(self._at.strands):
            if strand.from_top:
                found[self._level.arrows[at], "upper"] = self._at.x[strand.items[0]] - left
            if strand.to_bottom:
                found[self._level.arrows[at], "lower"] = self._at.x[strand.items[-1]] - left
        return found
