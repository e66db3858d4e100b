"""Check what a case type says about its look: each field that it names is there, and once."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import field_paths, is_declared, schema_at
from app.domain.definition.views import COLUMNS, MOST_COLUMNS, Group, Views
from app.domain.values.near_names import choose, quoted

HERE: Final[Path] = ("views",)
MOST_NAMED: Final = 1000
"""Fields that a misspelt one is compared with."""


def check_views(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Needs valid schemas."""
    views = case_type.views
    if views is None:
        return
    if not views.model_fields_set:
        yield source.error(HERE, "`views` says nothing", "name `list`, `title` or `groups`, or remove it")
    yield from _list(views, case_type, source)
    if views.title is not None:
        yield from _field(views.title, (*HERE, "title"), case_type, source)
        yield from _title(views.title, case_type, source)
    yield from _groups(views.groups or [], case_type, source)


def check_opening_titles(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """A title is for an opening event, and for one that has none as an event."""
    for event in case_type.opening_titles:
        place = ("opening_titles", event)
        if event not in case_type.opening:
            remedy = choose(event, case_type.opening, "opening events")
            yield source.error(place, f"{quoted(event)} opens no case", remedy)
        elif event in case_type.events and case_type.events[event].title:
            message = f"{quoted(event)} has a title as an event, and this one is not read"
            yield source.warning(place, message, "remove one of the two")


def _list(views: Views, case_type: CaseType, source: Source) -> Iterator[Fault]:
    columns = views.list_ or []
    for index, column in enumerate(columns):
        place = (*HERE, "list", index)
        if column in columns[:index]:
            yield source.error(place, f"the column {quoted(column)} stands here twice", "keep one of the two")
        elif column not in COLUMNS:
            yield from _field(column, place, case_type, source, COLUMNS)
    if len(columns) > MOST_COLUMNS:
        message = f"the list has {len(columns)} columns, and more than {MOST_COLUMNS} are not read"
        yield source.error((*HERE, "list", MOST_COLUMNS), message, "keep those that tell one case from another")


def _field(
    written: str, place: Path, case_type: CaseType, source: Source, others: Sequence[str] = ()
) -> Iterator[Fault]:
    """A fault where there is no such field: a page would show an empty one for ever."""
    if written.startswith("data.") and is_declared(case_type.data, written):
        return
    known = [*others, *_named(case_type)]
    what = f"unknown field {quoted(written)}" if written.startswith("data.") else f"{quoted(written)} is no data field"
    if others and not written.startswith("data."):
        what = f"unknown column {quoted(written)}"
    remedy = choose(written, known, "columns" if others else "declared fields")
    yield source.error(place, what, remedy if known else "declare it in `data`")


def _named(case_type: CaseType) -> list[str]:
    named: list[str] = []
    for path in field_paths(case_type.data):
        named.append(path)
        if len(named) == MOST_NAMED:
            break
    return named


def _title(field: str, case_type: CaseType, source: Source) -> Iterator[Fault]:
    kind = schema_at(case_type.data, field).get("type")
    if is_declared(case_type.data, field) and kind in ("object", "array", "boolean"):
        message = f"{quoted(field)} is of the type {quoted(kind)}, which says nothing of a case"
        yield source.error((*HERE, "title"), message, "name a text, such as its subject")


def _groups(groups: Sequence[Group], case_type: CaseType, source: Source) -> Iterator[Fault]:
    lines: dict[str, tuple[int, int]] = {}
    for number, group in enumerate(groups):
        for index, field in enumerate(group.fields):
            place = (*HERE, "groups", number, "fields", index)
            if field in lines:
                earlier, line = lines[field]
                where = "in this group twice" if earlier == number else f"in a group already (on line {line})"
                yield source.error(place, f"{quoted(field)} stands {where}", "keep one of the two")
            else:
                yield from _field(field, place, case_type, source)
            lines.setdefault(field, (number, source.line(place)))
