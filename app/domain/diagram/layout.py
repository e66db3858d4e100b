"""Lay out a chart: what is inside a state first, then the state as one box among its siblings."""

from collections.abc import Iterator

from app.domain.diagram.assembly import assembled
from app.domain.diagram.chart import ANY, START, Chart, level_of, parent
from app.domain.diagram.layers import Layers, Strand, backward, layered, side_by_side
from app.domain.diagram.level import Item, Level, arranged
from app.domain.diagram.shapes import Block, Box
from app.domain.diagram.words import TextLine, Words, between_regions, size_of

PAD_X, PAD_Y = 16.0, 10.0
PORT_GAP = 16.0
LEAST_WIDTH = 84.0
DOT = 14.0


def laid_out(chart: Chart, words: Words) -> Block:
    """The whole chart as one block."""
    return _Layout(chart, words).block("")


class _Layout:
    def __init__(self, chart: Chart, words: Words) -> None:
        self._chart = chart
        self._words = words
        self._arrows = [(at, arrow) for at, arrow in enumerate(chart.arrows) if not between_regions(chart, arrow)]
        self._level = {at: level_of(arrow) for at, arrow in self._arrows}
        self._children: dict[str, list[str]] = {"": [START]}
        for _, arrow in self._arrows:
            if arrow.source.endswith(f".{START}"):
                self._children.setdefault(parent(arrow.source), []).append(arrow.source)
        if chart.has_any:
            self._children[""].append(ANY)
        for path in chart.states:
            self._children.setdefault(parent(path), []).append(path)
        self._upward = {at for level in self._children for at in self._backward(level)}

    def block(self, path: str) -> Block:
        """The state at this path; the empty path is the whole chart."""
        if path not in self._children:
            return self._leaf(path)
        children = self._children[path]
        items = {number: Item(self.block(child)) for number, child in enumerate(children)}
        parallel = self._is_parallel(path)
        level = Level(path, self._kind(path), self._words.states.get(path, ()), items, parallel=parallel)
        strands = list(self._strands(level))
        return assembled(arranged(level, _layers(level, len(children), strands)))

    def _strands(self, level: Level) -> Iterator[Strand]:
        """The way of every arrow that passes here."""
        numbers = {child: number for number, child in enumerate(self._children[level.path])}
        for at, arrow in self._arrows:
            source, target = (numbers.get(child_of(level.path, end) or "") for end in (arrow.source, arrow.target))
            here = self._level[at] == level.path
            if here or (source is None) != (target is None):
                level.arrows.append(at)
                level.heads.append(self._head(at, level.path))
                yield self._strand_here(level, at, source, target) if here else self._across(level, at, source, target)

    def _strand_here(self, level: Level, at: int, source: int | None, target: int | None) -> Strand:
        """From child to child over the label; an end that is the container itself is at its border."""
        label = level.add(Item(label=self._words.arrows[at], arrow=at))
        first = level.add(Item()) if source is None else source
        last = level.add(Item()) if target is None else target
        ends = (last, label, first) if at in self._upward else (first, label, last)
        return Strand(ends, source is None, target is None)

    def _across(self, level: Level, at: int, source: int | None, target: int | None) -> Strand:
        """From a child to the border, or the other way."""
        port = level.add(Item())
        if source is not None and at not in self._upward:
            return Strand((source, port), to_bottom=True)
        if source is not None:
            return Strand((port, source), from_top=True)
        assert target is not None
        return Strand((target, port), to_bottom=True) if at in self._upward else Strand((port, target), from_top=True)

    def _head(self, at: int, path: str) -> str:
        """The head belongs to the piece that touches the target."""
        target = self._chart.arrows[at].target
        if path != parent(target) and not (path == target and self._level[at] == target):
            return ""
        return "upper" if at in self._upward else "lower"

    def _backward(self, path: str) -> list[int]:
        numbers = {child: number for number, child in enumerate(self._children[path])}
        pairs = {
            at: (numbers.get(child_of(path, arrow.source) or ""), numbers.get(child_of(path, arrow.target) or ""))
            for at, arrow in self._arrows
            if self._level[at] == path
        }
        between = [(source, target) for source, target in pairs.values() if source is not None and target is not None]
        back = backward(range(len(numbers)), between)
        return [at for at, pair in pairs.items() if pair in back]

    def _leaf(self, path: str) -> Block:
        if path == START or path.endswith(f".{START}"):
            return Block(DOT, DOT, (Box(path=path, kind="dot", x=0, y=0, width=DOT, height=DOT),))
        lines = (TextLine("Any state", "title"),) if path == ANY else self._words.states[path]
        width, height = size_of(lines)
        width = max(width + 2 * PAD_X, LEAST_WIDTH, PORT_GAP * (self._ends(path) + 1))
        height += 2 * PAD_Y
        return Block(
            width,
            height,
            (Box(path=path, kind="any" if path == ANY else "leaf", x=0, y=0, width=width, height=height, lines=lines),),
        )

    def _ends(self, path: str) -> int:
        """How many arrows may meet one side of the box."""
        return sum(path in (arrow.source, arrow.target) for _, arrow in self._arrows)

    def _kind(self, path: str) -> str:
        return "region" if self._is_parallel(parent(path)) else "composite"

    def _is_parallel(self, path: str) -> bool:
        return path in self._chart.states and self._chart.states[path].parallel


def _layers(level: Level, children: int, strands: list[Strand]) -> Layers:
    if level.parallel:
        return side_by_side(len(level.items), range(children), strands)
    return layered(len(level.items), strands)


def child_of(level: str, path: str) -> str | None:
    """The child of `level` that is or holds `path`; None where that is not inside."""
    if level and not path.startswith(f"{level}."):
        return None
    rest = path[len(level) + 1 :] if level else path
    return (f"{level}." if level else "") + rest.split(".")[0]
