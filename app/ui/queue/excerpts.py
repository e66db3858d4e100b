"""Where in the data of a case the words stand that somebody searched for."""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from app.domain.case.case import Case
from app.domain.case.search_query import Term
from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import in_words, titled_field
from app.domain.values.json import Json
from app.ui.queue.marked import excerpt, has_any, marked

MOST = 2
MOST_READ = 2_000
"""Characters of a case that are looked at: a page has 50 of them."""


def excerpts_of(
    case: Case, case_type: CaseType | None, terms: Sequence[Term], language: str, title: str = ""
) -> Sequence[Markup]:
    """The first fields in which one of the words stands, but for the title, which is shown anyway. What is found in
    comments alone shows none."""
    found: list[Markup] = []
    for path, text in _texts(case.data):
        if text != title and has_any(text, terms):
            label = titled_field(case_type.data, path, language) if case_type else in_words(path)
            found.append(Markup("{}: {}").format(label, marked(excerpt(text, terms), terms)))
        if len(found) == MOST:
            break
    return found


def _texts(data: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Of the fields, each with its path; what is nested belongs to the field that holds it."""
    left = MOST_READ
    for name, value in data.items():
        for text in _strings(value):
            yield f"data.{name}", text[:left]
            left -= len(text)
            if left <= 0:
                return


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
