"""Write a laid out chart as SVG: light and dark, without scripts or outside references."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from app.domain.diagram.chart import ANY, Chart, Row, shown, transition_table
from app.domain.diagram.numbers import point, px, stroke
from app.domain.diagram.shapes import Block, Box, Divider, Point, Text, Wire
from app.domain.diagram.style import STYLE
from app.domain.diagram.text import one_line
from app.domain.diagram.words import LINE, TextLine, Words, size_of, wrapped_note

HEAD = 8.0
MARGIN = 8.0
NOTES_WIDTH = 640.0


def drawn(chart: Chart, words: Words, block: Block, current: tuple[str, ...]) -> str:
    """The SVG document. `current` are active leaf states; they and the states around them are marked."""
    return _Drawing(chart, words, block, current).document()


class _Drawing:
    def __init__(self, chart: Chart, words: Words, block: Block, current: tuple[str, ...]) -> None:
        self._chart = chart
        self._block = block
        self._current = current
        self._width = max(block.width, NOTES_WIDTH if words.notes else 0.0) + 2 * MARGIN
        self._notes = [line for note in words.notes for line in wrapped_note(note, self._width - 4 * MARGIN)]
        self._height = block.height + 2 * MARGIN + size_of(self._notes)[1] + (2 * MARGIN if self._notes else 0)

    def document(self) -> str:
        declared = self._chart.case_type
        title = f"State diagram: {shown(declared.case_type, declared.title)}"
        size = (
            f'width="{px(self._width)}" height="{px(self._height)}" viewBox="0 0 {px(self._width)} {px(self._height)}"'
        )
        ids = f"diagram-{declared.case_type}-title", f"diagram-{declared.case_type}-desc"
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="statechart" role="img" {size} '
            f'aria-labelledby="{ids[0]}" aria-describedby="{ids[1]}" font-family="system-ui, sans-serif">',
            f'<title id="{ids[0]}">{_t(title)}</title>',
            f'<desc id="{ids[1]}">{_t(self._description())}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="page" width="{px(self._width)}" height="{px(self._height)}" fill="#fff"/>',
            f'<g transform="translate({px((self._width - self._block.width) / 2)} {px(MARGIN)})">',
            *self._shapes(),
            "</g>",
            *self._note_lines(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _shapes(self) -> Iterator[str]:
        """Boxes lie below arrows, arrows below words."""
        shapes = self._block.shapes
        for box in (shape for shape in shapes if isinstance(shape, Box)):
            yield from self._box(box)
        yield from (_divider(shape) for shape in shapes if isinstance(shape, Divider))
        yield from (line for shape in shapes if isinstance(shape, Wire) for line in _wire(shape))
        for text in (shape for shape in shapes if isinstance(shape, Text)):
            yield from self._text(text)

    def _box(self, box: Box) -> Iterator[str]:
        if box.kind == "dot":
            yield f'<circle class="dot" cx="{px(box.x + box.width / 2)}" cy="{px(box.y + box.height / 2)}" r="6"/>'
            return
        yield f"<g class={quoteattr(' '.join(self._classes(box)))} data-state={quoteattr(box.path)}>"
        yield _rect(box, 0.0, "box")
        if box.path != ANY and self._chart.states[box.path].final:
            yield _rect(box, 4.0, "inner")
        height = size_of(box.lines)[1]
        yield from _lines(box.lines, box.x + box.width / 2, box.y + (box.height - height) / 2)
        yield "</g>"

    def _classes(self, box: Box) -> list[str]:
        holds = any(active.startswith(f"{box.path}.") for active in self._current)
        marks = [("current", box.path in self._current), ("around", holds)]
        return [box.kind, *(name for name, applies in marks if applies)]

    def _text(self, text: Text) -> Iterator[str]:
        if text.arrow is None:
            yield from _lines(text.lines, text.x, text.y)
            return
        names = " ".join(row.event for row in self._chart.arrows[text.arrow].rows if row.event)
        yield f"<g data-event={quoteattr(names)}>"
        yield from _lines(text.lines, text.x, text.y)
        yield "</g>"

    def _note_lines(self) -> Iterator[str]:
        if self._notes:
            top = self._block.height + 3 * MARGIN
            yield from _lines(self._notes, 2 * MARGIN, top, "start")

    def _description(self) -> str:
        """All that the picture says, for those who do not see it, in the declaration's own names."""
        marked = f"Current state: {', '.join(self._current)}. " if self._current else ""
        states = f"States: {', '.join(self._chart.states)}. "
        declared = self._chart.case_type
        opening = "; ".join(f"{name} opens in {state}" for name, state in declared.opening.items())
        transitions = "; ".join(_transition_text(row) for row in transition_table(declared))
        events = f"Events: {', '.join(declared.events)}. " if declared.events else ""
        return f"{marked}{states}{events}Opening: {opening}. Transitions: {transitions or 'none'}."


def _transition_text(row: Row) -> str:
    source = "any state" if row.source == ANY else row.source
    way = f"stays in {source}" if row.stays else f"from {source} to {row.state}"
    history = f" ({row.history})" if row.history else ""
    inside = " without leaving it" if row.internal else ""
    guard = f" if {row.guard}" if row.guard else ""
    eyes = f" unless the actor of {', '.join(row.unless_actor_of)}" if row.unless_actor_of else ""
    return f"{row.event or 'when finished'} {way}{history}{inside}{guard}{eyes}"


def _rect(box: Box, inset: float, name: str) -> str:
    x, y, width, height = box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset
    place = f'x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}" rx="{px(8 - inset / 2)}"'
    paint = 'fill="none"' if name == "inner" or box.kind == "region" else 'fill="#fff"'
    edge = "" if box.kind == "region" else ' stroke="#4a5568"'
    return f'<rect class="{name}" {place} {paint}{edge}/>'


def _divider(divider: Divider) -> str:
    x, top, bottom = px(divider.x), px(divider.y), px(divider.y + divider.height)
    return f'<path class="divider" d="M{x} {top}V{bottom}" fill="none" stroke="#4a5568" stroke-dasharray="5 4"/>'


def _wire(wire: Wire) -> Iterator[str]:
    points = list(wire.points)
    heads = []
    if wire.head == "upper":
        heads.append(_head(points[0], 1))
    if wire.head == "lower":
        heads.append(_head(points[-1], -1))
    path = f"M{point(points[0])}" + "".join(stroke(a, b) for a, b in pairwise(points))
    yield f'<path class="wire" d="{path}" fill="none" stroke="#4a5568"/>'
    yield from heads


def _head(tip: Point, down: int) -> str:
    x, y = tip
    back = y + down * HEAD
    return f'<path class="head" d="M{point(tip)}L{px(x - 4)} {px(back)}L{px(x + 4)} {px(back)}Z" fill="#4a5568"/>'


def _lines(lines: Iterable[TextLine], x: float, top: float, anchor: str = "middle") -> Iterator[str]:
    for line in lines:
        base = top + line.size * (LINE + 0.7) / 2
        yield (
            f'<text class="{line.kind}" x="{px(x)}" y="{px(base)}" text-anchor="{anchor}" '
            f'font-size="{px(line.size)}" fill="#1a202c">{_t(line.text)}</text>'
        )
        top += line.height


def _t(text: str) -> str:
    return escape(one_line(text))
