"""The words in a diagram: what stands on arrows and in boxes, and the notes for what would not fit there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.diagram.chart import ANY, Arrow, Chart, Row, event_text, level_of, shown
from app.domain.diagram.text import packed, shortened, width_of, wrapped

TITLE_SIZE = 14.0
LABEL_SIZE = 12.0
SMALL_SIZE = 11.0
LINE = 1.3
TITLE_WIDTH = 190.0
LABEL_WIDTH = 170.0
ROWS_ON_AN_ARROW = 6
LINES_IN_A_BOX = 3


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text; `kind` is title, label or small."""

    text: str
    kind: str

    @property
    def size(self) -> float:
        return {"title": TITLE_SIZE, "label": LABEL_SIZE, "small": SMALL_SIZE}[self.kind]

    @property
    def width(self) -> float:
        return width_of(self.text, self.size)

    @property
    def height(self) -> float:
        return self.size * LINE


@dataclass(frozen=True, slots=True)
class Note:
    """What stands below the picture: a heading and the events that belong to it."""

    heading: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Lines by arrow (in the chart's order) and by state, and the notes."""

    arrows: tuple[tuple[TextLine, ...], ...]
    states: dict[str, tuple[TextLine, ...]]
    notes: tuple[Note, ...]


def size_of(lines: Sequence[TextLine]) -> tuple[float, float]:
    """Width and height of a block of lines."""
    return max((line.width for line in lines), default=0.0), sum(line.height for line in lines)


def words(chart: Chart) -> Words:
    notes: list[Note] = []
    arrows = tuple(_on_arrow(chart, arrow, notes) for arrow in chart.arrows)
    states = {path: _in_state(chart, path, notes) for path in chart.states}
    if ANY in chart.stays:
        notes.append(Note(chart.phrases.stays_anywhere, _events(chart, chart.stays[ANY])))
    notes += [
        Note(_way(chart, arrow), _events(chart, arrow.rows)) for arrow in chart.arrows if between_regions(chart, arrow)
    ]
    return Words(arrows, states, tuple(notes))


def between_regions(chart: Chart, arrow: Arrow) -> bool:
    """Whether an arrow leads from one parallel region to another: it is noted, for it would leave both."""
    level = level_of(arrow)
    return level in chart.states and chart.states[level].parallel and level not in (arrow.source, arrow.target)


def _on_arrow(chart: Chart, arrow: Arrow, notes: list[Note]) -> tuple[TextLine, ...]:
    if between_regions(chart, arrow):
        return ()
    if len(arrow.rows) <= ROWS_ON_AN_ARROW:
        return tuple(line for row in arrow.rows for line in _event_lines(chart, row))
    return _noted(_way(chart, arrow), _events(chart, arrow.rows), chart.phrases.events, notes)


def _way(chart: Chart, arrow: Arrow) -> str:
    return chart.phrases.ways.format(source=_place(chart, arrow.source), target=_place(chart, arrow.target))


def _event_lines(chart: Chart, row: Row) -> Iterable[TextLine]:
    yield from (TextLine(text, "label") for text in _label_lines(event_text(chart.case_type, row, chart.phrases)))
    if row.guard:
        yield from (
            TextLine(text, "small") for text in wrapped(f"[{shortened(row.guard, 48)}]", SMALL_SIZE, LABEL_WIDTH, 2)
        )
    if row.unless_actor_of:
        yield TextLine(chart.phrases.somebody_else, "small")


def _label_lines(text: str) -> list[str]:
    return wrapped(text, LABEL_SIZE, LABEL_WIDTH, 2)


def _in_state(chart: Chart, path: str, notes: list[Note]) -> tuple[TextLine, ...]:
    title = shown(path.rpartition(".")[2], chart.states[path].title)
    lines = tuple(TextLine(text, "title") for text in wrapped(title, TITLE_SIZE, TITLE_WIDTH, 4))
    events = _events(chart, chart.stays.get(path, ()))
    if events:
        heading = chart.phrases.stays_in.format(state=_place(chart, path))
        told = chart.phrases.stays.format(events=", ".join(events))
        lines += _in_box(told, heading, events, chart.phrases.events_stay, notes)
    return lines + _folded(chart, path, notes)


def _folded(chart: Chart, path: str, notes: list[Note]) -> tuple[TextLine, ...]:
    """What is no arrow, because there are too many."""
    folded, say = chart.folded.get(path), chart.phrases
    if folded is None:
        return ()
    lines: tuple[TextLine, ...] = ()
    named = [(event_text(chart.case_type, row, say), number) for row, number in folded.come]
    if come := tuple(dict.fromkeys(say.comes.format(event=event, number=number) for event, number in named)):
        heading = say.comes_to.format(state=_place(chart, path))
        lines += _in_box(", ".join(come), heading, come, say.events_come, notes)
    leading = [(event_text(chart.case_type, row, say), _place(chart, row.state)) for row in folded.lead]
    if lead := tuple(dict.fromkeys(say.leads.format(event=event, state=state) for event, state in leading)):
        heading = say.leads_on.format(state=_place(chart, path))
        lines += _in_box(", ".join(lead), heading, lead, say.events_lead, notes)
    return lines


def _in_box(told: str, heading: str, events: tuple[str, ...], what: str, notes: list[Note]) -> tuple[TextLine, ...]:
    """A few small lines, or how many there are and a note of which."""
    small = wrapped(told, SMALL_SIZE, TITLE_WIDTH)
    if len(small) <= LINES_IN_A_BOX:
        return tuple(TextLine(text, "small") for text in small)
    return _noted(heading, events, what, notes, "small")


def _noted(
    heading: str, events: tuple[str, ...], what: str, notes: list[Note], kind: str = "label"
) -> tuple[TextLine, ...]:
    notes.append(Note(f"({len(notes) + 1}) {heading}", events))
    return (TextLine(what.format(number=len(events), note=len(notes)), kind),)


def _events(chart: Chart, rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event_text(chart.case_type, row, chart.phrases) for row in rows))


def _place(chart: Chart, path: str) -> str:
    """A state with those around it, as people read it."""
    if path not in chart.states:
        return chart.phrases.any_state if path == ANY else chart.phrases.start
    names = path.split(".")
    paths = [".".join(names[: depth + 1]) for depth in range(len(names))]
    return " › ".join(shown(name, chart.states[at].title) for name, at in zip(names, paths, strict=True))


def wrapped_note(note: Note, width: float) -> list[TextLine]:
    """A note as lines: its heading, then its events."""
    events = [*(f"{event}," for event in note.events[:-1]), *note.events[-1:]]
    pieces = [piece for text in (f"{note.heading}:", *events) for piece in wrapped(text, LABEL_SIZE, width)]
    return [TextLine(text, "label") for text in packed(pieces, LABEL_SIZE, width)]
