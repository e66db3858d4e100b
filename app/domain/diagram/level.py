"""What one container holds while it is laid out: items in rows, and the place of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.domain.diagram.layers import Layers, Strand
from app.domain.diagram.place import Link, placed, straightened
from app.domain.diagram.shapes import Block
from app.domain.diagram.words import TextLine, size_of

# an arrow that has become straight makes room for the next
STRAIGHTENINGS = 3
GAP, LABEL_GAP, BEND_GAP = 28.0, 14.0, 14.0


@dataclass(frozen=True, slots=True)
class Item:
    """What takes a place in a row: a block, the label of an arrow, or only room for an arrow to pass."""

    block: Block | None = None
    label: tuple[TextLine, ...] = ()
    arrow: int | None = None

    @property
    def size(self) -> tuple[float, float]:
        if self.block:
            return self.block.width, self.block.height
        width, height = size_of(self.label)
        return (width + 4, height + 4) if self.label else (2.0, 0.0)

    @property
    def gap(self) -> float:
        if self.block:
            return GAP
        return LABEL_GAP if self.label else BEND_GAP


@dataclass(slots=True)
class Level:
    """A container: its path, kind and title, its items by number, and the number of each arrow that passes."""

    path: str
    kind: str
    title: tuple[TextLine, ...]
    items: dict[int, Item]
    arrows: list[int] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    parallel: bool = False

    def add(self, item: Item) -> int:
        number = len(self.items)
        self.items[number] = item
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Rows with every item's place: x of its centre. `strands` belong to the level's arrows, one each."""

    level: Level
    rows: list[list[int]]
    strands: list[Strand]
    items: dict[int, Item]
    x: dict[int, float]

    def width(self, item: int) -> float:
        return self.items[item].size[0]

    def height(self, item: int) -> float:
        return self.items[item].size[1]

    def row_height(self, row: int) -> float:
        return max(self.height(item) for item in self.rows[row])

    def port(self, item: int, strand: int, side: str) -> float | None:
        """Where the strand crosses the border of a block, as an offset from its centre."""
        return _port(self.level, self.items[item], strand, side)


def arranged(level: Level, layers: Layers) -> Arrangement:
    rows, strands, items = layers.rows, layers.strands, dict(level.items)
    if level.title:
        rows, strands = _with_header(rows, strands)
        items[rows[0][0]] = Item(label=level.title)
    for item in (item for row in rows for item in row):
        items.setdefault(item, Item())
    widths = {number: item.size[0] for number, item in items.items()}
    gaps = {number: item.gap for number, item in items.items()}
    x = placed(rows, widths, gaps, _links(level, strands, items))
    for _ in range(STRAIGHTENINGS):
        x = straightened(rows, widths, gaps, x, _runs(strands, items))
    if level.title:
        header = rows[0][0]
        left = min((x[item] - widths[item] / 2 for row in rows[1:] for item in row), default=0.0)
        x[header] = min(x[header], left + widths[header] / 2)
    return Arrangement(level=level, rows=rows, strands=strands, items=items, x=x)


def _with_header(rows: list[list[int]], strands: Sequence[Strand]) -> tuple[list[list[int]], list[Strand]]:
    """The title takes the first place of a row above all, so that arrows into the container pass beside it."""
    number = max(item for row in rows for item in row) + 1
    header, found = [number], list(strands)
    first = {item: place for place, item in enumerate(rows[0])}
    coming = [at for at, strand in enumerate(strands) if strand.from_top]
    for at in sorted(coming, key=lambda at: first[strands[at].items[0]]):
        number += 1
        header.append(number)
        found[at] = Strand((number, *strands[at].items), True, strands[at].to_bottom)
    return [header, *rows], found


def _links(level: Level, strands: Sequence[Strand], items: dict[int, Item]) -> list[Link]:
    """Long straight lines count more than that boxes stand below each other."""
    links = []
    for at, strand in enumerate(strands):
        for upper, lower in pairwise(strand.items):
            soft = sum(items[item].block is None for item in (upper, lower))
            leaving = _port(level, items[upper], at, "lower") or 0.0
            coming = _port(level, items[lower], at, "upper") or 0.0
            links.append(
                Link(upper=upper, lower=lower, upper_offset=leaving, lower_offset=coming, weight=(1.0, 2.0, 8.0)[soft])
            )
    return links


def _runs(strands: Sequence[Strand], items: dict[int, Item]) -> list[list[int]]:
    """What lies between two blocks on the way of an arrow."""
    return [[item for item in strand.items if items[item].block is None] for strand in strands]


def _port(level: Level, item: Item, strand: int, side: str) -> float | None:
    if item.block is None:
        return None
    port = item.block.ports.get((level.arrows[strand], side))
    return None if port is None else port - item.block.width / 2
