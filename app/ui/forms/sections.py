"""A long form in sections: one is open, the others keep what was entered, and where something is wrong is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.ui.forms.fields import Field, Group, Rows
from app.ui.forms.inputs import Inputs
from app.ui.forms.naming import Path, name_of

MOST_SHOWN = 100
"""Inputs on a page, where single fields do not have more."""


@dataclass(frozen=True, slots=True)
class Section:
    """Fields from `first` to `last`, counted from 1, of a form's own."""

    first: int
    last: int
    fields: Sequence[Field]


def sections(form: Group, inputs: Inputs) -> Sequence[Section]:
    """In order, each of about as many inputs as a page bears; a short form is one."""
    found: list[Section] = []
    begun: list[Field] = []
    size = 0
    for place, field in enumerate(form.fields):
        more = _size(field, (form.key, field.key), inputs)
        if begun and size + more > MOST_SHOWN:
            found.append(Section(place - len(begun) + 1, place, tuple(begun)))
            begun, size = [], 0
        begun.append(field)
        size += more
    last = len(form.fields)
    return (*found, Section(last - len(begun) + 1, last, tuple(begun)))


def in_view(form: Group, open_section: Section, errors: Mapping[str, str]) -> Sequence[Field]:
    """Those of the open section, and whatever else has an error, in the order of the form."""
    heads = {".".join(name.split(".")[:2]) for name in errors}
    if not heads:
        return open_section.fields
    open_fields = {field.key for field in open_section.fields}
    return [field for field in form.fields if field.key in open_fields or name_of((form.key, field.key)) in heads]


def _size(field: Field, path: Path, inputs: Inputs) -> int:
    if not isinstance(field, Group | Rows) or inputs.raw(path):
        return 1
    if isinstance(field, Group):
        return sum(_size(inner, (*path, inner.key), inputs) for inner in field.fields)
    return 1 + sum(_size(field.item, (*path, row), inputs) for row in range(inputs.rows(field, path)))
