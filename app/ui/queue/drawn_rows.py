"""The rows of a list as markup: made by a template, its four hundred cells took half of a page.

Whatever people wrote is escaped here, and tests hold it to that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from app.ui.frame.called import called
from app.ui.frame.reader import Reader
from app.ui.frame.shown import shown
from app.ui.frame.times import Times
from app.ui.queue.columns import Column
from app.ui.queue.rows import MOMENTS, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRows:
    """Draws them for one reader; `people` are the names that are known, by subject."""

    reader: Reader
    times: Times
    people: Mapping[str, str]
    columns: Sequence[Column]
    _cells: list[Callable[[Row], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cells.extend(map(self._cell_of, self.columns))

    def of(self, row: Row) -> Markup:
        cells = "".join([cell(row) for cell in self._cells])
        return Markup(f"<tr>{cells}</tr>\n")  # noqa: S704  (each cell escapes what it shows)

    def _cell_of(self, column: Column) -> Callable[[Row], str]:
        """What draws a column, with all that is the same in each of its rows."""
        title = f'data-title="{shown(column.title)}"'
        match column.key:
            case "reference":
                return _reference
            case "state":
                return lambda row: f"<td {title}>{_states(row.states)}</td>\n"
            case "due":
                return lambda row: f"<td {title}>{self._due(row)}</td>\n"
            case "urgency":
                return lambda row: _urgency(title, row)
            case "assignee":
                return lambda row: f"<td {title}>{self._person(row.assignee)}</td>\n"
        key, kind = column.key, f"optional-column{' end' if column.align else ''}"
        return lambda row: f'<td {title} class="{kind}">{self._value(key, row.cells[key])}</td>\n'

    def _due(self, row: Row) -> str:
        due = row.due
        if due is None:
            return ""
        counts = due.moment is not None and due.counts
        words = self.times.counting(due.moment) if due.moment is not None and counts else shown(due.words)
        said = f'<span class="due {due.tone}"><span aria-hidden="true">{due.shape}</span> {words}</span>\n'
        if due.moment is None:
            return said
        return f'{said}<span class="due-moment">{self.times.when(due.moment, relative=False)}</span>'

    def _person(self, subject: str | None) -> str:
        name = called(subject, self.people, self.reader, self.times.words)
        return f'<span class="person{"" if subject else " none"}">{shown(name)}</span>'

    def _value(self, key: str, value: str | datetime | None) -> str:
        if key in MOMENTS:
            return self.times.when(value)
        return "" if value is None else f'<span class="value">{shown(value)}</span>'


def tag(text: str, tone: str = "neutral") -> str:
    """As in app/ui/templates/components/marks.html."""
    return f'<span class="tag {tone}">{shown(text)}</span>'


def _states(states: Sequence[str]) -> str:
    """On one line: of a case that rests in several, each is cut where they do not fit."""
    return f'<span class="states">{" ".join(map(tag, states))}</span>'


def _reference(row: Row) -> str:
    title = f' <span class="under">{shown(row.title)}</span>' if row.title else ""
    excerpts = "".join(f' <span class="excerpt">{shown(text)}</span>' for text in row.excerpts)
    link = f'<a class="reference" href="{shown(row.href)}">{shown(row.reference)}</a>'
    return f'<td class="first">{link}{title}{excerpts}</td>\n'


def _urgency(title: str, row: Row) -> str:
    if not row.urgency:
        return f'<td {title} class="optional-column"></td>\n'
    return f"<td {title}>{tag(row.urgency, 'soon')}</td>\n"
