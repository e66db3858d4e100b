"""What a schema becomes on a form, and what its buttons change."""

from typing import Any

import pytest

from app.ui.forms.asked import patch_of
from app.ui.forms.fields import Choice, Day, Field, Fixed, Group, Moment, Money, Number, Raw, Rows, Text, Truth, leaves
from app.ui.forms.from_schema import form_of
from app.ui.forms.inputs import Inputs
from app.ui.forms.manner import Manner
from app.ui.forms.naming import name_of
from app.ui.forms.rows import added, path_of, removed
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.view import Shown, errors_in_order

REF = {"$defs": {"day": {"type": "string", "format": "date", "title": "A day"}}}


def only(schema: dict[str, Any], **root: Any) -> Field:
    form = form_of({"type": "object", "properties": {"it": schema}, **root}, "data", "en")
    return form.fields[0]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Text),
        ({"type": "string", "format": "date"}, Day),
        ({"type": "string", "format": "date-time"}, Moment),
        ({"type": "string", "format": "email"}, Text),
        ({"type": "string", "format": "uuid"}, Text),
        ({"type": "integer"}, Number),
        ({"type": ["integer", "number"]}, Number),
        ({"minimum": 3}, Number),
        ({"type": "integer", "x-money": "data.currency"}, Money),
        ({"type": "boolean"}, Truth),
        ({"enum": ["a", "b"]}, Choice),
        ({"enum": [1, None]}, Choice),
        ({"const": "a"}, Choice),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, Choice),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, Text),
        ({"anyOf": [{"type": "string", "format": "email"}, {"type": "string", "minLength": 3}]}, Text),
        ({"type": ["string", "null"]}, Text),
        ({"type": ["string", "integer"]}, Raw),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, Raw),
        ({"type": "object"}, Raw),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Raw),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, Group),
        ({"type": "array"}, Raw),
        ({"type": "array", "items": {"type": "string"}}, Rows),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}, Choice),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, Raw),
        ({"type": "array", "items": {"type": ["string", "null"]}}, Raw),
        ({"$ref": "#/$defs/day"}, Day),
        ({"allOf": [{"$ref": "#/$defs/day"}, {"title": "Mine"}]}, Day),
        ({}, Raw),
        (True, Raw),
    ],
)
def test_each_schema_has_its_field(schema: dict[str, Any], kind: type[Field]) -> None:
    assert isinstance(only(schema, **REF), kind)


def test_a_constant_that_has_to_be_there_is_nothing_to_enter() -> None:
    assert isinstance(only({"const": "invoice"}, required=["it"]), Fixed)


def test_titles_descriptions_units_and_examples_are_on_the_form() -> None:
    field = only({"$ref": "#/$defs/day", "description": "When it was"}, **REF)
    assert (field.label, field.hint) == ("A day", "When it was")
    assert only({"type": "string"}).label == "It"
    unit = only({"type": "number", "x-unit": "m²"})
    assert isinstance(unit, Number)
    assert unit.unit == "m²"
    choice = only({"enum": ["EUR", "GBP"], "x-titles": {"EUR": "Euro"}})
    assert isinstance(choice, Choice)
    assert [option.title for option in choice.options] == ["Euro", "GBP"]


def test_fields_stand_in_the_order_of_the_schema() -> None:
    form = form_of({"type": "object", "properties": {"z": {}, "a": {}, "m": {}}}, "data", "en")
    assert [field.key for field in form.fields] == ["z", "a", "m"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"inner": {"$ref": "#"}}},
        {"type": "object", "properties": {"all": {"type": "array", "items": {"$ref": "#"}}}},
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"$ref": "#/$defs/n"}}},
        {
            "type": "object",
            "properties": {name: {"$ref": "#/$defs/n"} for name in "abc"},
            "$defs": {
                "n": {
                    "type": "object",
                    "properties": {name: {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]} for name in "abcdefgh"},
                }
            },
        },
    ],
)
def test_a_schema_that_holds_itself_comes_to_an_end(schema: dict[str, Any]) -> None:
    assert leaves(form_of(schema, "data", "en")) < 100


def test_no_two_paths_share_a_name_and_every_name_is_an_id() -> None:
    paths = [("data", "a.b"), ("data", "a", "b"), ("data", "a b"), ("data", "a~20~b"), ("data", ""), ("data", "ä", 0)]
    names = [name_of(path) for path in paths]
    assert len(set(names)) == len(names)
    assert not any(set(name) & set(" \"'<>#&") for name in names)


LIST = {
    "type": "object",
    "properties": {"l": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}}},
}


def typed(*names: str) -> Inputs:
    rows = {f"data.l.{place}.n": (name,) for place, name in enumerate(names)}
    return Inputs({"data.l.rows": (str(len(names)),), **rows, "data.other": ("kept",)})


def test_a_row_is_added_and_taken_out_and_all_that_was_typed_stays() -> None:
    more = added(typed("one", "two"), "data.l", 5)
    assert (more.one("data.l.rows"), more.one("data.l.1.n"), more.one("data.l.2.n")) == ("3", "two", "")
    fewer = removed(typed("one", "two", "three"), "data.l.1")
    assert (fewer.one("data.l.rows"), fewer.one("data.l.0.n"), fewer.one("data.l.1.n")) == ("2", "one", "three")
    assert "data.l.2.n" not in fewer.texts
    assert fewer.one("data.other") == "kept"
    assert removed(typed("one"), "data.l.7") == typed("one")


@pytest.mark.parametrize("name", ["data.l.0.n", "data.nothing", "payload.l", "data", "data.l.x", "", "data.l.0"])
def test_a_button_that_names_no_list_changes_nothing(name: str) -> None:
    form = form_of(LIST, "data", "en")
    inputs = typed("one").with_({"add": (name,)})
    pressed = Sheet(parts=(Part(form),), inputs=inputs, manner=Manner()).pressed()
    assert pressed is None or pressed.inputs.one("data.l.rows") == "1"
    assert path_of(form, "data.l.3.n") == ("data", "l", 3, "n")


def test_an_error_in_the_summary_names_its_field_once() -> None:
    amount = Shown(kind="money", name="data.amount", label="Amount", error="Enter an amount of 1 or more")
    place = Shown(kind="text", name="data.place", label="Place", error="Fill this in")
    hotel = Shown(kind="group", name="data.hotel", label="Hotel", parts=(amount, place))
    assert [said for _, said in errors_in_order([amount, place, hotel])] == [
        "Enter an amount of 1 or more",
        "Place: Fill this in",
        "Hotel: Enter an amount of 1 or more",
        "Hotel, Place: Fill this in",
    ]


def test_a_form_of_four_thousand_fields_shows_a_hundred_and_keeps_the_others() -> None:
    schema = {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(4_000)}}
    form = form_of(schema, "data", "en")
    sheet = Sheet(parts=(Part(form),), inputs=Inputs({"data.f7": ("here",), "data.f3999": ("there",)}), manner=Manner())
    [part] = sheet.shown()
    assert len(part.fields) == 100
    assert len(part.later) == 39
    assert sheet.carried([part]) == [("data.f3999", "there")]
    wrong = Sheet(parts=sheet.parts, inputs=sheet.inputs, manner=sheet.manner, errors={"data.f2500": "Fill this in"})
    assert len(wrong.shown()[0].fields) == 101
    assert wrong.summary(wrong.shown()) == [("data.f2500", "F2500: Fill this in")]
    _, values = sheet.read()
    assert values == {"data": {"f7": "here", "f3999": "there"}}


def test_a_group_of_four_thousand_fields_is_divided_as_a_form_is() -> None:
    inner = {f"f{n}": {"type": "string"} for n in range(4_000)}
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "g": {"type": "object", "properties": inner}}}
    texts = {"data.g.f7": ("here",), "data.g.f3999": ("there",)}
    sheet = Sheet(parts=(Part(form_of(schema, "data", "en")),), inputs=Inputs(texts), manner=Manner())
    assert not sheet.small
    [part] = sheet.shown()
    assert [len(one.parts) for one in part.fields] == [0, 99]
    assert (part.first, part.last, part.total, len(part.later)) == (1, 100, 4_001, 40)
    assert sheet.carried([part]) == [("data.g.f3999", "there")]
    [following] = Sheet(parts=sheet.parts, inputs=sheet.inputs.with_({"section.data": ("1",)}), manner=Manner()).shown()
    assert [one.parts[0].name for one in following.fields] == ["data.g.f99"]
    wrong = Sheet(parts=sheet.parts, inputs=sheet.inputs, manner=Manner(), errors={"data.g.f2500": "Fill this in"})
    [shown] = wrong.shown()
    assert [one.name for one in shown.fields[-1].parts][-1] == "data.g.f2500"
    assert wrong.summary([shown]) == [("data.g.f2500", "G, F2500: Fill this in")]


def test_a_page_shows_no_more_errors_than_it_bears() -> None:
    schema = {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(4_000)}}
    errors = {f"data.f{n}": "Fill this in" for n in range(4_000)}
    sheet = Sheet(parts=(Part(form_of(schema, "data", "en")),), inputs=Inputs(), manner=Manner(), errors=errors)
    shown = sheet.shown()
    assert len(shown[0].fields) == 200
    told = sheet.summary(shown)
    assert len(told) == 201
    assert told[-1] == ("", "More is wrong than is shown here: it is shown once this is mended")


def test_what_is_sent_is_what_became_another_value() -> None:
    tree = {"a": {}, "b": {"c": {}, "d": {}}, "e": {}, "f": {}}
    before = {"a": 1, "b": {"c": 1, "x": 1}, "e": {"k": 1, "l": [1]}, "f": True}
    after = {"a": 1, "b": {"d": 2}, "e": {"k": 2, "l": [1]}, "f": 1}
    assert patch_of(before, after, tree) == {"b": {"c": None, "d": 2}, "e": {"k": 2}, "f": 1}
    assert patch_of(before, {}, tree) == {"a": None, "b": {"c": None}, "e": None, "f": None}
    assert patch_of(before, before, tree) == {}
