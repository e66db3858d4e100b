"""The data of a case as its page shows them: groups as declared, else the order of the schema, empty fields folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.case.sealing import pointer
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import titled
from app.domain.definition.views import Views
from app.ui.case.telling import Telling
from app.ui.case.values import Value, is_empty, ordered, properties, shown

MOST_FIELDS = 60
MOST_EMPTY = 30
EVERY_FIELD = 10_000
"""On the page of a case; all of them have a page of their own."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is filled in; `path` is that of the log, of which it is asked who gave it its value."""

    label: str
    value: Value
    path: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """`rest` are fields that no declared group names; `empty` the labels of those without a value; `left_out` is how
    many more there are than the page has room for."""

    groups: tuple[Group, ...]
    rest: tuple[Field, ...]
    empty: tuple[str, ...]
    left_out: int


def summary(told: Telling, views: Views | None, most: int = MOST_FIELDS) -> Summary:
    everything = list(names(told))
    declared = _declared(told, views)
    grouped = {path for _, paths in declared for path in paths}
    rest = [path for path in everything if path not in grouped and not _holds(path, grouped)]
    room = _Room(told, most)
    groups = [Group(title, room.fields(paths)) for title, paths in declared]
    others = room.fields(rest)
    shown_groups = tuple(group for group in groups if group.fields)
    return Summary(shown_groups, others, tuple(room.empty), room.left_out)


def names(told: Telling) -> Iterator[str]:
    """The fields at the top of the data: those of the schema, then those that the case has besides."""
    schema = told.declared.data
    yield from (f"data.{name}" for name in dict.fromkeys([*properties(schema), *ordered(schema, told.data)]))


def field_of(told: Telling, path: str) -> Field:
    schema = schema_at(told.declared.data, path)
    label, hint = told.field(path), titled(schema.get("description"), told.language)
    return Field(label, shown(told, schema, told.value_at(path)), pointer("data", path.split(".")[1]), hint)


def _declared(told: Telling, views: Views | None) -> Sequence[tuple[str, Sequence[str]]]:
    groups = views.groups if views else None
    return [(titled(group.title, told.language), group.fields) for group in groups or ()]


def _holds(path: str, grouped: set[str]) -> bool:
    """Whether a group shows something below this field: it is not told twice."""
    return any(one.startswith(f"{path}.") for one in grouped)


class _Room:
    def __init__(self, told: Telling, most: int) -> None:
        self._told = told
        self._left = most
        self.empty: list[str] = []
        self.left_out = 0

    def fields(self, paths: Sequence[str]) -> tuple[Field, ...]:
        return tuple(self._some(paths))

    def _some(self, paths: Sequence[str]) -> Iterator[Field]:
        for path in paths:
            if is_empty(self._told.value_at(path)):
                if len(self.empty) < MOST_EMPTY:
                    self.empty.append(self._told.field(path))
                else:
                    self.left_out += 1
            elif self._left:
                self._left -= 1
                yield field_of(self._told, path)
            else:
                self.left_out += 1
