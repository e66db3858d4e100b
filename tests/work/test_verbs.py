"""Every built-in verb stands in the registry, and each row that one makes has a table that both databases write."""

import pkgutil
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest

from app.db.tables.work import MADE
from app.domain import verbs
from app.domain.case.attachment import AttachmentRow
from app.domain.case.made_by_verbs import Row
from app.domain.deciding.verb import Verb
from app.domain.verbs.registry import ACTS, VERBS


def declared(kind: type) -> set[type[Any]]:
    modules = [import_module(f"{verbs.__name__}.{found.name}") for found in pkgutil.iter_modules(verbs.__path__)]
    here = [(module, of) for module in modules for of in vars(module).values() if isinstance(of, type)]
    return {of for module, of in here if issubclass(of, kind) and of.__module__ == module.__name__}


def test_every_verb_stands_in_the_registry() -> None:
    assert set(VERBS) == declared(Verb)


def test_the_words_of_an_act_are_those_of_its_first_verb() -> None:
    assert [verb for verb in VERBS if not verb.doing.endswith(" this case")] == []
    assert {verb.act for verb in VERBS} <= ACTS.keys()
    assert (ACTS["case:comment"], ACTS["case:claim"]) == ("comment on", "claim")


def test_every_row_of_a_verb_has_a_table() -> None:
    """That of a file is made by events too, and so declared below the verbs."""
    assert {made.kind for made in MADE} == declared(Row) | {AttachmentRow}


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.table.name)
def test_its_columns_are_the_fields_of_the_row(made: Any) -> None:
    assert {column.name for column in made.table.columns} == {field.name for field in fields(made.kind)}
