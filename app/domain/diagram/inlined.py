"""A diagram for a page: classes and attributes alone, for the page's CSS to paint, and the way that a case went."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from app.domain.definition.case_type import CaseType
from app.domain.diagram.chart import ANY, Chart, chart
from app.domain.diagram.layout import laid_out
from app.domain.diagram.numbers import point, px, stroke
from app.domain.diagram.phrases import ENGLISH, Phrases
from app.domain.diagram.shapes import Block, Box, Divider, Point, Text, Wire
from app.domain.diagram.text import one_line
from app.domain.diagram.travelled import Travelled
from app.domain.diagram.words import LABEL_SIZE, LINE, TextLine, Words, size_of, words, wrapped_note

HEAD: Final = 8.0
MARGIN: Final = 8.0
NOTES_WIDTH: Final = 640.0
LEAST_PART: Final = (340.0, 300.0)
MOST_PART: Final = (520.0, 420.0)
"""Width and height of a part that is read where the whole would be too small."""
NOWHERE: Final = Travelled()


@dataclass(frozen=True, slots=True)
class Plan:
    """A diagram laid out, which takes long; to be drawn for any case, which does not."""

    chart: Chart
    words: Words
    block: Block

    def drawn(self, label: str, current: Sequence[str] = (), travelled: Travelled = NOWHERE, part: bool = False) -> str:
        """The `<svg>` element. `current` are the active leaf states of a case, which are marked, and so is the way that
        it has travelled. `part`: of a large diagram what stands around these states."""
        return _Inlined(self, tuple(current), travelled).element(label, part)


def plan(case_type: CaseType, phrases: Phrases = ENGLISH) -> Plan:
    charted = chart(case_type, phrases)
    worded = words(charted)
    return Plan(charted, worded, laid_out(charted, worded))


class _Inlined:
    def __init__(self, plan: Plan, current: tuple[str, ...], travelled: Travelled) -> None:
        self._chart = plan.chart
        self._block = plan.block
        self._current = current
        self._travelled = travelled
        self._taken = {
            number for number, arrow in enumerate(plan.chart.arrows) if travelled.took(arrow.source, arrow.target)
        }
        self._width = max(plan.block.width, NOTES_WIDTH if plan.words.notes else 0.0) + 2 * MARGIN
        self._notes = [line for note in plan.words.notes for line in wrapped_note(note, self._width - 4 * MARGIN)]
        self._height = plan.block.height + 2 * MARGIN + size_of(self._notes)[1] + (2 * MARGIN if self._notes else 0)

    def element(self, label: str, part: bool = False) -> str:
        x, y, width, height = map(px, self._part() if part else (0.0, 0.0, self._width, self._height))
        return "".join(
            (
                f'<svg class="statechart" role="img" aria-label={quoteattr(one_line(label))} width="{width}" '
                f'height="{height}" viewBox="{x} {y} {width} {height}" font-size="{px(LABEL_SIZE)}" '
                'text-anchor="middle">',
                f'<g transform="translate({px((self._width - self._block.width) / 2)} {px(MARGIN)})">',
                *self._shapes(),
                "</g>",
                *self._note_lines(),
                "</svg>",
            )
        )

    def _part(self) -> tuple[float, float, float, float]:
        """The place and size of what stands around the active states."""
        boxes = [shape for shape in self._block.shapes if isinstance(shape, Box) and shape.path in self._current]
        if not boxes:
            boxes = [shape for shape in self._block.shapes if isinstance(shape, Box)][:1]
        left = (self._width - self._block.width) / 2
        x, width = _span([(left + box.x, box.width) for box in boxes], self._width, 0)
        y, height = _span([(MARGIN + box.y, box.height) for box in boxes], self._height, 1)
        return x, y, width, height

    def _shapes(self) -> Iterator[str]:
        """Boxes lie below arrows, arrows below words; the way that was travelled lies on top of the other arrows."""
        shapes = self._block.shapes
        for box in (shape for shape in shapes if isinstance(shape, Box)):
            yield from self._box(box)
        yield from (_divider(shape) for shape in shapes if isinstance(shape, Divider))
        wires = [shape for shape in shapes if isinstance(shape, Wire)]
        for wire in sorted(wires, key=lambda wire: wire.arrow in self._taken):
            yield from _wire(wire, wire.arrow in self._taken)
        for text in (shape for shape in shapes if isinstance(shape, Text)):
            yield from _lines(text.lines, text.x, text.y)

    def _box(self, box: Box) -> Iterator[str]:
        if box.kind == "dot":
            yield f'<circle class="dot" cx="{px(box.x + box.width / 2)}" cy="{px(box.y + box.height / 2)}" r="6"/>'
            return
        yield f"<g class={quoteattr(' '.join(self._classes(box)))} data-state={quoteattr(box.path)}>"
        yield _rect(box, 0.0, "box")
        if box.path != ANY and self._chart.states[box.path].final:
            yield _rect(box, 4.0, "inner")
        yield from _lines(box.lines, box.x + box.width / 2, box.y + (box.height - size_of(box.lines)[1]) / 2)
        yield "</g>"

    def _classes(self, box: Box) -> list[str]:
        holds = any(active.startswith(f"{box.path}.") for active in self._current)
        marks = [
            ("current", box.path in self._current),
            ("around", holds),
            ("been", self._travelled.been(box.path) and box.path not in self._current),
        ]
        return [box.kind, *(name for name, applies in marks if applies)]

    def _note_lines(self) -> Iterator[str]:
        if self._notes:
            yield '<g text-anchor="start">'
            yield from _lines(self._notes, 2 * MARGIN, self._block.height + 3 * MARGIN)
            yield "</g>"


def _span(places: Sequence[tuple[float, float]], whole: float, axis: int) -> tuple[float, float]:
    """From where, and how far, on one axis: these places in the middle, nothing from beyond the edge."""
    first, last = min(at for at, _ in places), max(at + length for at, length in places)
    size = min(max(last - first + 4 * MARGIN, LEAST_PART[axis]), MOST_PART[axis], whole)
    return min(max((first + last - size) / 2, 0.0), whole - size), size


def _rect(box: Box, inset: float, name: str) -> str:
    x, y, width, height = box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset
    return (
        f'<rect class="{name}" x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}" '
        f'rx="{px(8 - inset / 2)}"/>'
    )


def _divider(divider: Divider) -> str:
    return f'<path class="divider" d="M{px(divider.x)} {px(divider.y)}V{px(divider.y + divider.height)}"/>'


def _wire(wire: Wire, travelled: bool) -> Iterator[str]:
    mark = " travelled" if travelled else ""
    points = list(wire.points)
    path = f"M{point(points[0])}" + "".join(stroke(a, b) for a, b in pairwise(points))
    yield f'<path class="wire{mark}" d="{path}"/>'
    if wire.head:
        tip, down = (points[0], 1) if wire.head == "upper" else (points[-1], -1)
        yield f'<path class="head{mark}" d="{_head(tip, down)}"/>'


def _head(tip: Point, down: int) -> str:
    x, y = tip
    back = y + down * HEAD
    return f"M{point(tip)}L{px(x - 4)} {px(back)}L{px(x + 4)} {px(back)}Z"


def _lines(lines: Iterable[TextLine], x: float, top: float) -> Iterator[str]:
    for line in lines:
        size = "" if line.size == LABEL_SIZE else f' font-size="{px(line.size)}"'
        base = top + line.size * (LINE + 0.7) / 2
        yield f'<text class="{line.kind}" x="{px(x)}" y="{px(base)}"{size}>{escape(one_line(line.text))}</text>'
        top += line.height
