"""Schemas: what a form is told, and which schemas are refused."""

import json
import math

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.schemas.validator import Validator, schema_faults
from app.domain.values.writable import writable

CLAIM = {
    "type": "object",
    "required": ["amount_cents"],
    "additionalProperties": False,
    "properties": {
        "amount_cents": {"type": "integer", "minimum": 1},
        "currency": {"enum": ["EUR", "GBP"]},
        "iban": {"type": "string", "maxLength": 5, "pattern": "^[A-Z]+$", "x-personal": True},
        "address": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}},
        "items": {"type": "array", "items": {"type": "object", "properties": {"amount": {"type": "integer"}}}},
        "on": {"format": "date"},
        "at": {"format": "date-time"},
        "mail": {"format": "email"},
        "link": {"format": "uri"},
        "key": {"format": "uuid"},
    },
}


def faults(value, prefix="data"):
    return {error.field: error.message for error in Validator(CLAIM).errors(value, prefix)}


def test_valid_data_has_no_errors():
    assert faults({"amount_cents": 1, "currency": "EUR", "on": "2026-01-31"}) == {}


def test_a_missing_field_is_named_itself():
    assert faults({"address": {}}) == {
        "data.amount_cents": "This field is required.",
        "data.address.city": "This field is required.",
    }


def test_a_field_inside_a_list_has_its_place_in_the_path():
    value = {"amount_cents": 1, "items": [{"amount": "x"}]}
    assert faults(value, "payload") == {"payload.items.0.amount": "Must be a whole number."}


ALTERNATIVES = {
    "type": "object",
    "properties": {
        "pay": {
            "title": "Payment",
            "anyOf": [
                {"type": "object", "properties": {"by": {"const": "card"}, "number": {"title": "Number"}}}
                | {"required": ["by", "number"]},
                {"type": "object", "properties": {"by": {"const": "iban"}, "iban": {"minLength": 5}}}
                | {"required": ["by", "iban"]},
            ],
        },
        "size": {"oneOf": [{"type": "integer", "maximum": 9}, {"enum": ["s", "m"]}]},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "both": {"oneOf": [{"minimum": 1}, {"minimum": 2}]},
        "mail": {"title": "E-mail"},
        "phone": {"title": "Telephone"},
    },
    "anyOf": [{"required": ["mail"]}, {"required": ["phone"]}],
}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"phone": "1", "pay": {"by": "card"}}, {"data.pay.number": "This field is required."}),
        ({"phone": "1", "pay": {"by": "iban", "iban": "x"}}, {"data.pay.iban": "Must have at least 5 characters."}),
        ({"phone": "1", "size": 12}, {"data.size": "Must be at most 9."}),
        ({"phone": "1", "size": "xl"}, {"data.size": "Must be one of s, m."}),
        ({"phone": "1", "either": []}, {"data.either": "Must be text or a whole number."}),
        ({"phone": "1", "both": 3}, {"data.both": "Must have exactly one of the allowed forms."}),
        ({}, {"data": "Must have E-mail or Telephone."}),
        ({"phone": "1", "pay": {"by": "iban", "iban": "xxxxx"}, "size": "m", "either": 1, "both": 1}, {}),
    ],
)
def test_of_several_alternatives_the_nearest_says_what_it_wants(data, expected):
    found = Validator(ALTERNATIVES).errors(data, "data")
    assert {error.field: error.message for error in found} == expected


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "date"}, "`date` is no type: write `type: string` and `format: date`"),
        ({"type": "int"}, "`int` is no type: did you mean `integer`?"),
        ({"type": ["string", "nul"]}, "`nul` is no type: did you mean `null`?"),
        (
            {"type": "colour"},
            "`colour` is no type: the types are string, integer, number, boolean, object, array, null",
        ),
        ({"required": True}, "`required` is a list of names beside `properties`, such as `required: [amount]`"),
        ({"minLength": "3"}, "`minLength` must be a whole number"),
        ({"minLength": -1}, "`minLength` must be at least 0"),
        ({"items": [{}]}, "`items` must be a schema, such as `{type: string}`; older drafts took a list, which is"),
        ({"exclusiveMinimum": True}, "`exclusiveMinimum` is the limit itself, such as `exclusiveMinimum: 0`"),
        ("string", "`x` must be a schema, such as `{type: string}`"),
    ],
)
def test_a_wrong_schema_is_told_in_the_words_of_whoever_writes_it(schema, message):
    faults = schema_faults({"type": "object", "properties": {"x": schema}})
    assert faults[0][1].startswith(message)


def test_a_property_that_is_called_like_a_keyword_is_no_keyword_where_it_is_wrong():
    for name in ("type", "required", "items"):
        [(path, message), *_] = schema_faults({"type": "object", "properties": {name: "string"}})
        assert (path, message) == (("properties", name), f"`{name}` must be a schema, such as `{{type: string}}`")


def test_an_unknown_field_is_named_itself():
    assert faults({"amount_cents": 1, "amout": 2}) == {"data.amout": "This field is not known."}


def test_an_enum_says_what_is_allowed():
    assert faults({"amount_cents": 1, "currency": "USD"}) == {"data.currency": "Must be one of EUR, GBP."}


@pytest.mark.parametrize("field", ["on", "at", "mail", "link", "key"])
def test_formats_are_checked(field):
    assert f"data.{field}" in faults({"amount_cents": 1, field: "not it"})


def test_messages_repeat_no_value():
    value = {"amount_cents": "SECRET", "iban": "SECRET9", "currency": "SECRET", "items": "SECRET", "on": "SECRET"}
    found = faults(value)
    assert set(found) == {f"data.{name}" for name in value}
    assert "SECRET" not in " ".join(found.values())


def test_at_most_twenty_errors_are_given():
    assert len(Validator(CLAIM).errors({str(number): 1 for number in range(100)}, "data")) == 20


def test_data_that_is_no_text_at_all_is_an_error_and_not_a_crash():
    assert faults({"amount_cents": 1, "iban": "\ud800"}) == {"data": "This cannot be read."}


KEYWORDS = {
    "multipleOf": (5, 3),
    "exclusiveMinimum": (5, 5),
    "exclusiveMaximum": (5, 5),
    "maximum": (5, 6),
    "const": (5, 6),
    "minLength": (2, "a"),
    "minItems": (1, []),
    "maxItems": (1, [1, 2]),
    "uniqueItems": (True, [1, 1]),
    "contains": ({"type": "string"}, [1]),
    "minProperties": (1, {}),
    "maxProperties": (1, {"a": 1, "b": 2}),
    "propertyNames": ({"maxLength": 1}, {"abc": 1}),
    "not": ({"type": "string"}, "a"),
    "anyOf": ([{"type": "string"}, {"type": "null"}], 1),
    "oneOf": ([{"type": "number"}, {"type": "integer"}], 1),
    "dependentRequired": ({"a": ["b"]}, {"a": 1}),
    "unevaluatedProperties": (False, {"a": 1}),
    "dependentSchemas": ({"a": False}, {"a": 1}),
}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_keyword_has_a_sentence(keyword):
    rule, value = KEYWORDS[keyword]
    [error] = Validator({"properties": {"x": {keyword: rule}}}).errors({"x": value}, "data")
    assert error.field.startswith("data.x")
    assert error.message.endswith(".")
    assert error.message != "This is not valid."


def test_a_good_schema_has_no_faults():
    assert schema_faults(CLAIM) == []


def test_a_local_reference_is_followed():
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "integer"}}}
    assert schema_faults(schema) == []
    assert Validator(schema).errors({"a": "x"}, "data")


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "object", "properties": {"a": {"type": "int"}}}, ("properties", "a", "type")),
        ({"type": "object", "properties": {"a": {"minimum": "x"}}}, ("properties", "a", "minimum")),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, ("properties", "a", "pattern")),
        ({"type": "object", "$ref": "https://example.org/a"}, ("$ref",)),
        ({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}, ("properties", "a", "$ref")),
        ({"type": "object", "allOf": [{"$ref": "other.json"}]}, ("allOf", 0, "$ref")),
        ({"type": "object", "$ref": "#/$defs/nowhere"}, ()),
        ({"type": "array"}, ("type",)),
        ({}, ()),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, ("$schema",)),
    ],
)
def test_a_bad_schema_is_refused_with_the_place(schema, path):
    assert path in [found for found, _ in schema_faults(schema)]


def test_a_property_may_be_called_like_a_keyword():
    properties = {"$ref": {"type": "string"}, "default": {"type": "string"}, "enum": {"const": {"$ref": "x"}}}
    assert schema_faults({"type": "object", "properties": properties}) == []


def test_a_remote_reference_below_a_property_called_default_is_found():
    schema = {"type": "object", "properties": {"default": {"$ref": "https://example.org/a"}}}
    assert [path for path, _ in schema_faults(schema)] == [("properties", "default", "$ref")]


def test_a_schema_without_end_is_refused():
    schema = {}
    for _ in range(5000):
        schema = {"type": "object", "properties": {"a": schema}}
    assert schema_faults(schema)


@pytest.mark.parametrize("value", [2**53, -(2**53), 1e20, math.nan, math.inf, "\ud800", b"x", {1: 2}, {"\ud800": 1}])
def test_what_rfc_8785_cannot_write_is_found_with_its_path(value):
    assert writable({"fine": [1.5, "x", None, True], "a": [{"b": 1}, {"b": value}]}) == "a.1.b"


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 1e300, 0.1, -0.0, "😀", "", [], {}])
def test_what_rfc_8785_can_write_is_fine(value):
    assert writable({"a": value}) is None


def test_nesting_has_an_end():
    value = []
    for _ in range(100_000):
        value = [value]
    assert writable({"a": value}) is not None
    assert len(Validator(CLAIM).errors({"items": value}, "data")) >= 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_what_is_writable_reads_back_to_the_same_text(value):
    if writable(value) is None:
        text = rfc8785.dumps(value)
        assert rfc8785.dumps(json.loads(text)) == text


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_no_value_makes_validation_raise(value):
    assert all(error.field.startswith("data") for error in Validator(CLAIM).errors(value, "data"))
