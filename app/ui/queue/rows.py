"""The rows of a list of cases, as words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.domain.case.case import Case
from app.domain.case.search_query import Term
from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import in_words, titled_case_type, titled_state
from app.ui.frame.reader import Reader
from app.ui.frame.times import Times
from app.ui.queue.cells import in_line, is_empty, value_at
from app.ui.queue.due import Due
from app.ui.queue.excerpts import excerpts_of
from app.ui.queue.marked import marked

MOMENTS = ("opened_at", "changed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Makes them for one reader."""

    reader: Reader
    times: Times
    declared: Mapping[str, CaseType]
    keys: Sequence[str]
    terms: Sequence[Term] = ()
    _schemas: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    _titles: dict[str, str | None] = field(default_factory=dict)

    def of(self, case: Case, due: Due | None) -> Row:
        case_type = self.declared.get(case.case_type)
        title = self._title(case, case_type)
        reference = case.reference or self.times.words.gettext("No reference")
        return Row(
            href=f"/cases/{case.id}",
            reference=marked(reference, self.terms),
            title=marked(title, self.terms),
            states=states_of(case, case_type, self.reader.language),
            closed=case.closed_at is not None,
            due=due,
            urgency=urgency_of(case, self.times),
            assignee=case.assignee,
            cells={key: self._cell(key, case, case_type) for key in self.keys},
            excerpts=excerpts_of(case, case_type, self.terms, self.reader.language, title) if self.terms else (),
        )

    def _cell(self, key: str, case: Case, case_type: CaseType | None) -> str | datetime | None:
        if key in MOMENTS:
            moment: datetime = getattr(case, key)
            return moment
        if key == "team":
            return in_words(case.team.partition(":")[2]) if case.team else None
        if key == "case_type":
            return titled_case_type(case_type, self.reader.language) if case_type else in_words(case.case_type)
        return self._field(case, case_type, key) if key.startswith("data.") else None

    def _title(self, case: Case, case_type: CaseType | None) -> str:
        """What a case is called beside its reference."""
        if case_type is None:
            return ""
        if case.case_type not in self._titles:
            self._titles[case.case_type] = title_path(case_type)
        path = self._titles[case.case_type]
        return (path and self._field(case, case_type, path)) or ""

    def _field(self, case: Case, case_type: CaseType | None, path: str) -> str | None:
        """What stands in a field, in one line; None where nothing does."""
        value = value_at(case.data, path)
        if is_empty(value):
            return None
        return in_line(self._schema(case_type, path) if case_type else {}, value, case.data, self.times)

    def _schema(self, case_type: CaseType, path: str) -> Mapping[str, Any]:
        """Looked for once for a page, and not for each of its rows."""
        key = case_type.case_type, path
        if key not in self._schemas:
            self._schemas[key] = schema_at(case_type.data, path)
        return self._schemas[key]


def title_path(case_type: CaseType) -> str | None:
    """The field that a case is called by: what its case type names, else the first text of its data."""
    views, properties = case_type.views, case_type.data.get("properties")
    if views is not None and views.title is not None:
        return views.title
    if not isinstance(properties, dict):
        return None
    return next((f"data.{name}" for name, of in properties.items() if _is_text(of)), None)


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
