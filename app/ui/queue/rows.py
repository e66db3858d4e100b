"""The rows of a list of cases, as words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app.domain.case.case import Case
from app.domain.case.search_query import Term
from app.domain.clocks.after_event import Clocks
from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import in_words, titled_case_type, titled_state
from app.ui.frame.reader import Reader
from app.ui.frame.times import Times
from app.ui.queue.cells import in_line, is_empty, value_at
from app.ui.queue.due import Due, due_of
from app.ui.queue.excerpts import excerpts_of
from app.ui.queue.marked import marked

MOMENTS = ("opened_at", "changed_at")


@dataclass(frozen=True, slots=True)
class Row:
    """`cells` are what stands in the columns that not every list has: a text, or a moment."""

    href: str
    reference: Markup
    title: Markup
    states: Sequence[str]
    closed: bool
    due: Due | None
    urgency: str | None
    assignee: str | None
    cells: Mapping[str, str | datetime | None]
    excerpts: Sequence[Markup] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes them for one reader."""

    reader: Reader
    times: Times
    declared: Mapping[str, CaseType]
    keys: Sequence[str]
    terms: Sequence[Term] = ()

    def of(self, case: Case, clocks: Clocks) -> Row:
        case_type = self.declared.get(case.case_type)
        title = title_of(case, case_type, self.times)
        reference = case.reference or self.times.words.gettext("No reference")
        return Row(
            f"/cases/{case.id}",
            marked(reference, self.terms),
            marked(title, self.terms),
            states_of(case, case_type, self.reader.language),
            case.closed_at is not None,
            due_of(case, clocks, self.times),
            urgency_of(case, self.times),
            case.assignee,
            {key: self._cell(key, case, case_type) for key in self.keys},
            excerpts_of(case, case_type, self.terms, self.reader.language, title) if self.terms else (),
        )

    def _cell(self, key: str, case: Case, case_type: CaseType | None) -> str | datetime | None:
        if key in MOMENTS:
            moment: datetime = getattr(case, key)
            return moment
        if key == "team":
            return in_words(case.team.partition(":")[2]) if case.team else None
        if key == "case_type":
            return titled_case_type(case_type, self.reader.language) if case_type else in_words(case.case_type)
        return field_of(case, case_type, key, self.times) if key.startswith("data.") else None


def field_of(case: Case, case_type: CaseType | None, path: str, times: Times) -> str | None:
    """What stands in a field, in one line; None where nothing does."""
    value = value_at(case.data, path)
    if is_empty(value):
        return None
    return in_line(schema_at(case_type.data, path) if case_type else {}, value, case.data, times)


def title_of(case: Case, case_type: CaseType | None, times: Times) -> str:
    """What a case is called beside its reference: what its case type names, else the first text of its data."""
    if case_type is None:
        return ""
    views, properties = case_type.views, case_type.data.get("properties")
    path = views.title if views is not None else None
    if path is None and isinstance(properties, dict):
        path = next((f"data.{name}" for name, of in properties.items() if _is_text(of)), None)
    return (path and field_of(case, case_type, path, times)) or ""


def states_of(case: Case, case_type: CaseType | None, language: str) -> Sequence[str]:
    if case_type is None:
        return [in_words(path.rpartition(".")[2]) for path in case.states]
    return [titled_state(case_type, path, language) for path in case.states]


def urgency_of(case: Case, times: Times) -> str | None:
    """A word where it is above normal."""
    if case.urgency <= 0:
        return None
    return times.words.gettext("Very urgent") if case.urgency >= 50 else times.words.gettext("Urgent")


def _is_text(of: object) -> bool:
    words = ("enum", "format", "x-personal", "const")
    return isinstance(of, dict) and of.get("type") == "string" and not any(word in of for word in words)
