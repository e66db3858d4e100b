"""A long form in sections: one is open, the others keep what was entered, and where something is wrong is shown."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.ui.forms.fields import Field, Group, Rows
from app.ui.forms.inputs import Inputs
from app.ui.forms.naming import Path, name_of

MOST_SHOWN = 100
"""Inputs on a page, where what is shown as one does not have more."""
MOST_WRONG = 100
"""Fields with an error that a page shows at a time, wherever they stand in the form."""


@dataclass(frozen=True, slots=True)
class Section:
    """Inputs from `first` to `last`, counted from 1, of a form's own; `names` are those that it shows as one."""

    first: int
    last: int
    names: Sequence[str]


def sections(form: Group, inputs: Inputs) -> Sequence[Section]:
    """In order, each of about as many inputs as a page bears; a short form is one."""
    found: list[Section] = []
    begun: list[str] = []
    first, size = 1, 0
    for name, more in _units(form, (form.key,), inputs):
        if begun and size + more > MOST_SHOWN:
            found.append(Section(first, first + size - 1, tuple(begun)))
            begun, first, size = [], first + size, 0
        begun.append(name)
        size += more
    return (*found, Section(first, first + size - 1, tuple(begun)))


def in_view(form: Group, open_section: Section, errors: Mapping[str, str], inputs: Inputs) -> tuple[Group, set[str]]:
    """The form with the fields of the open section alone, and whatever else has an error, in its own order; and the
    names of what is shown as one."""
    names = set(open_section.names)
    if errors:
        wrong = {part for name in errors for part in _and_above(name)}
        others = (name for name, _ in _units(form, (form.key,), inputs) if name in wrong and name not in names)
        names.update(islice(others, MOST_WRONG))
    return replace(form, fields=_within(form, (form.key,), names, errors)), names


def is_shown(name: str, shown: Collection[str]) -> bool:
    """Whether an input is, or belongs to what is."""
    return any(part in shown for part in _and_above(name))


def _within(form: Group, path: Path, names: set[str], errors: Mapping[str, str]) -> tuple[Field, ...]:
    kept: list[Field] = []
    for field in form.fields:
        below = (*path, field.key)
        name = name_of(below)
        if name in names:
            kept.append(field)
        elif isinstance(field, Group) and (inner := _within(field, below, names, errors)):
            kept.append(replace(field, fields=inner))
        elif isinstance(field, Group) and name in errors:
            kept.append(replace(field, fields=()))
    return tuple(kept)


def _units(form: Group, path: Path, inputs: Inputs) -> Iterator[tuple[str, int]]:
    """What is shown as one, with how many inputs it has: a field, a list, a group that is no longer than a page."""
    for field in form.fields:
        below = (*path, field.key)
        size = _size(field, below, inputs)
        if isinstance(field, Group) and size > MOST_SHOWN:
            yield from _units(field, below, inputs)
        else:
            yield name_of(below), size


def _size(field: Field, path: Path, inputs: Inputs) -> int:
    if not isinstance(field, Group | Rows) or inputs.raw(path):
        return 1
    if isinstance(field, Group):
        return sum(_size(inner, (*path, inner.key), inputs) for inner in field.fields) or 1
    return 1 + sum(_size(field.item, (*path, row), inputs) for row in range(inputs.rows(field, path)))


def _and_above(name: str) -> Iterator[str]:
    """A name, and those of what holds it."""
    while name:
        yield name
        name = name.rpartition(".")[0]
