"""What a schema becomes on a form: a tree of fields, of which the leaves are inputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.values.json import Json

MOST_ROWS: Final = 100
"""Rows of one list on a page; a longer list is edited as JSON."""

MOST_IN_ROWS: Final = 2_000
"""Inputs in the rows of all lists of a page: a list that would have more is edited as JSON, or takes no row more."""
MOST_VALUES: Final = 4_000
"""Values that a form may give an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`key` is its name in the object that holds it, empty for the rows of a list. `required`: it has to be there;
    `nullable`: null may stand for it."""

    key: str
    label: str
    hint: str = ""
    required: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """`format` is `email`, `uri` or empty; `example` shows the form that a pattern wants."""

    multiline: bool = False
    format: str = ""
    unit: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A number, or a `whole` one; the limits are told together where there are both."""

    whole: bool = False
    unit: str = ""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Field):
    """An amount in minor units of a `currency`: a code, or the path where the code stands, such as `data.currency`."""

    currency: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Field):
    """A date and a time, kept in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Field):
    """Yes or no."""


@dataclass(frozen=True, slots=True)
class Option:
    """`code` is what the form sends for `value`."""

    code: str
    value: Json
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of some values, or with `several` any number of them, each once."""

    options: tuple[Option, ...]
    several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Field):
    """A value that can only be this one: nobody has to enter it."""

    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw(Field):
    """Anything else, written as JSON; `example` is some of the right kind."""

    example: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Field):
    """Fields that belong together; the form itself is one."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Field):
    """A list: a field per row, each like `item`."""

    item: Field
    least: int = 0
    most: int = MOST_ROWS


def leaves(field: Field) -> int:
    """How many inputs a field is, of a list those of one row."""
    return sum(1 for _ in each_leaf(field))


def each_leaf(field: Field) -> Iterator[Field]:
    """Its inputs, of a list those of one row."""
    if isinstance(field, Group):
        for inner in field.fields:
            yield from each_leaf(inner)
    elif isinstance(field, Rows):
        yield from each_leaf(field.item)
    else:
        yield field


def of_row(item: Field) -> int:
    """What a row of a list takes of MOST_IN_ROWS, besides the rows of lists in it: ten options weigh as an input."""
    if isinstance(item, Group):
        return 1 + sum(of_row(inner) for inner in item.fields)
    return 1 + len(item.options) // 10 if isinstance(item, Choice) else 1
