"""All that a client needs to draw a form: its part of the schema, its pages, and what its fields hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from app.domain.definition.fields import narrowed
from app.domain.definition.form import FormField, FormPage, asked
from app.domain.machine.form import Tree
from app.domain.machine.machine import Machine
from app.domain.schemas.defaults import defaults_alone
from app.domain.values.json import Data, Json

MOST_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Page:
    """Fields that stand together; those between pages have no title and no condition of their own."""

    title: str | None
    show: str | None
    fields: Sequence[FormField]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAsked:
    """`values` are what the fields of the form hold now, inside one another as the data are."""

    event: str
    schema: Mapping[str, Any]
    values: Data
    pages: Sequence[Page]


def form_asked(machine: Machine, event: str, data: Data | None) -> FormAsked:
    """`data` is None where a case is about to be opened: then the fields hold their defaults."""
    values = defaults_alone(machine.defaults) if data is None else data
    schema, pages = form_schema(machine, event), pages_of(machine, event)
    return FormAsked(event=event, schema=schema, values=values_of(values, machine.forms[event].tree), pages=pages)


@lru_cache(MOST_KEPT)
def form_schema(machine: Machine, event: str) -> dict[str, Any]:
    """The part of the data's schema that an event asks for. Required is what is always shown and has to be there."""
    form = machine.forms[event]
    always = frozenset(line.path for line in form.lines if line.required and not line.shows)
    return narrowed(machine.case_type.data, form.tree, always)


@lru_cache(MOST_KEPT)
def pages_of(machine: Machine, event: str) -> Sequence[Page]:
    found: list[tuple[FormPage | None, list[FormField]]] = []
    for _, field, page in asked(machine.case_type.events[event].form or ()):
        if not found or found[-1][0] is not page:
            found.append((page, []))
        found[-1][1].append(field)
    return tuple(Page(page.page if page else None, page.show if page else None, fields) for page, fields in found)


def values_of(data: Data, tree: Tree) -> dict[str, Json]:
    """Of the data what a form asks for."""
    kept: dict[str, Json] = {}
    for name, below in tree.items():
        value = data.get(name)
        if name in data and not below:
            kept[name] = value
        elif isinstance(value, Mapping):
            kept[name] = values_of(value, below)
    return kept
