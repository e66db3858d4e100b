"""A value that is put into a form and read back is the same value, whatever its schema."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.schemas.validator import Validator
from app.domain.values.errors import FieldError
from app.domain.values.json import Json
from app.ui.forms.faults import placed
from app.ui.forms.from_schema import form_of
from app.ui.forms.inputs import ABSENT, Inputs, standing
from app.ui.forms.manner import Manner
from app.ui.forms.reading import Entered, entered
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.showing import same, shown
from app.ui.forms.view import Shown
from tests.lengths import length
from tests.ui.random_schemas import ANYTHING, objects

MANNERS = [
    Manner(language, ZoneInfo(zone), datetime(2026, 11, 30, 12, tzinfo=UTC))
    for language in ("en", "de")
    for zone in ("UTC", "Europe/Berlin", "America/New_York")
]


def read_back(schema: dict[str, Any], value: Json, manner: Manner, was: Json = ABSENT) -> Entered:
    form = form_of(schema, "data", manner.language)
    typed = shown(form, ("data",), value, manner, standing({"data": value}))
    sent = {name: tuple(text.replace("\n", "\r\n") for text in texts) for name, texts in typed.texts.items()}
    inputs = Inputs(sent)
    return entered(form, inputs, manner, standing({}, inputs), was)


@settings(max_examples=length(30, 60), deadline=None)
@given(st.data(), st.sampled_from(MANNERS))
def test_what_stands_in_a_form_reads_back_as_the_value_that_it_stands_for(data: st.DataObject, manner: Manner) -> None:
    schema, values = data.draw(objects())
    value = data.draw(values)
    read = read_back(schema, value, manner)
    assert not read.errors
    assert same(read.values, value), (read.values, value)


@settings(max_examples=length(20, 40), deadline=None)
@given(st.data(), st.sampled_from(MANNERS), st.dictionaries(st.text(max_size=3), ANYTHING, max_size=3))
def test_what_nobody_touches_stays_exactly_as_it_was_even_where_no_input_can_show_it(
    data: st.DataObject, manner: Manner, others: dict[str, Json]
) -> None:
    schema, _ = data.draw(objects())
    value = {name: kept for name, kept in others.items() if "\0" not in name}
    value |= {name: data.draw(ANYTHING) for name in schema["required"]}
    read = read_back(schema, value, manner, was=value)
    assert not read.errors
    assert same(read.values, value), (read.values, value)


@settings(max_examples=length(20, 40), deadline=None)
@given(st.data(), st.sampled_from(MANNERS))
def test_what_somebody_changes_is_changed(data: st.DataObject, manner: Manner) -> None:
    schema, values = data.draw(objects())
    was, value = data.draw(values), data.draw(values)
    read = read_back(schema, value, manner, was=was)
    assert same(read.values, value), (read.values, value)


def test_a_choice_of_which_nothing_is_ticked_though_something_must_be_is_shown() -> None:
    tags = {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}
    form = form_of({"type": "object", "properties": {"tags": tags}, "required": ["tags"]}, "data", "en")
    value: dict[str, Json] = {"tags": []}
    inputs = shown(form, ("data",), value, MANNERS[0], standing({"data": value}))
    [part] = Sheet(parts=(Part(form),), inputs=inputs, manner=MANNERS[0]).shown()
    assert names_on(list(part.fields)) == {"data.tags"}


def names_on(shown_fields: list[Shown]) -> set[str]:
    below = [part for one in shown_fields for part in one.parts]
    return {one.name for one in shown_fields} | (names_on(below) if below else set())


@settings(max_examples=length(20, 40), deadline=None)
@given(st.data(), st.dictionaries(st.text(min_size=1, max_size=3), ANYTHING, max_size=3))
def test_each_fault_of_the_service_lands_at_a_field_of_the_page(data: st.DataObject, wrong: dict[str, Json]) -> None:
    schema, values = data.draw(objects())
    value = {**data.draw(values), **wrong, **{name: data.draw(ANYTHING) for name in schema["required"]}}
    form, manner = form_of(schema, "data", "en"), MANNERS[0]
    inputs = shown(form, ("data",), value, manner, standing({"data": value}))
    sheet = Sheet(parts=(Part(form),), inputs=inputs, manner=manner)
    faults = Validator(schema).errors(value, "data")
    read = entered(form, inputs, manner, sheet.lookup, value)
    landed = placed(faults, read.places, form, manner, sheet.lookup)
    [part] = sheet.shown()
    assert landed.keys() <= names_on(list(part.fields)) | {"data"}
    assert bool(landed) == bool(faults)


def test_a_fault_of_a_row_stands_at_the_row_that_it_was_sent_from() -> None:
    """A row left empty is not sent, so that the service counts others."""
    schema = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}},
            }
        },
    }
    form, manner = form_of(schema, "payload", "en"), MANNERS[0]
    inputs = Inputs({"payload.items.rows": ("3",), "payload.items.0.n": ("",), "payload.items.2.n": ("0",)})
    read = entered(form, inputs, manner, standing({}, inputs))
    assert read.values == {"items": [{"n": 0}]}
    faults = (FieldError("payload.items.0.n", "Must be at least 1."),)
    landed = placed(faults, read.places, form, manner, standing({}))
    assert landed == {"payload.items.2.n": "Enter a number of 1 or more"}
