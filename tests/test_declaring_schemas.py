"""`check` finds schemas that are none, and expressions that read or write what no schema declares."""

import pytest

from tests.declaring import checked, claim, told

STATES = "a: {}\nb: {final: true}"
DATA = """
type: object
properties:
  amount: {type: integer}
  who: {type: object, properties: {name: {type: string}}}
"""


def of_data(data: str) -> list[str]:
    return told(claim(STATES, "go: {from: a, to: b}", data=data))


def of_event(event: str, data: str = DATA) -> list[str]:
    return told(claim(STATES, f"go: {event}", data=data))


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        ("type: objekt", 9, "the schema is wrong"),
        ("type: array", 9, "the root needs `type: object`"),
        (
            "type: object\nproperties:\n  x: {$ref: 'https://example.org/x.json'}",
            11,
            "only references inside the schema",
        ),
        ("type: object\nproperties:\n  x: {type: string, minLength: -1}", 11, "the schema is wrong"),
        ("type: object\nproperties:\n  x: {x-personal: please}", 11, "`x-personal` is neither"),
        ("type: object\nproperties:\n  x: {maxlength: 3}", 11, "`maxlength` means nothing in a schema"),
        ("type: object\nrequired: [amonut]\nproperties:\n  amount: {}", 10, "`amonut` is required and not declared"),
    ],
)
def test_a_schema_that_is_wrong_is_named_on_its_line(data, line, part):
    [told_of] = of_data(data)
    assert told_of.startswith(f"{line} ")
    assert part in told_of


def test_a_payload_schema_is_checked_like_the_data():
    assert "the root needs `type: object`" in of_event("{from: a, to: b, payload: {type: string}}")[0]


def test_a_property_may_be_called_like_anything():
    assert of_data("type: object\nproperties: {titel: {type: string}, requierd: {enum: [a]}}") == []


@pytest.mark.parametrize(
    ("assigned", "message"),
    [
        ("data.amount", None),
        ("data.who.name", None),
        ("data.amuont", "7 error: unknown field `data.amuont`"),
        ("data.who.nmae", "7 error: unknown field `data.who.nmae`"),
        ("data.amount.x", "7 error: `data.amount` is no object and has no `x`"),
    ],
)
def test_set_writes_only_what_is_declared(assigned, message):
    assert of_event(f"{{from: a, to: b, set: {{{assigned}: '1'}}}}") == ([message] if message else [])


@pytest.mark.parametrize(
    "data",
    ["type: object", DATA + "additionalProperties: true", DATA + "allOf: [{properties: {x: {type: integer}}}]"],
)
def test_an_open_schema_takes_any_field(data):
    assert of_event("{from: a, to: b, set: {data.x: '1'}}", data) == []


@pytest.mark.parametrize(
    "event",
    [
        "{from: a, to: b, when: 'data.amount >'}",
        "{from: a, to: b, when: 'data.amuont > 1'}",
        "{from: a, to: b, when: 'data.amount > \"x\"'}",
        "{from: a, to: b, when: 'data.amount'}",
        "{from: a, to: b, when: 'payload.x == 1'}",
        "{from: a, to: b, set: {data.amount: 'data.amuont'}}",
        "{from: a, to: b, when: 'nothing == 1'}",
    ],
)
def test_an_expression_that_cannot_be_right_is_named_on_its_line(event):
    faults = checked(claim(STATES, f"go: {event}", data=DATA))
    assert [(fault.line, fault.severity) for fault in faults] == [(7, "error")], faults


def test_a_guard_over_the_payload_reads_what_the_event_declares():
    payload = "payload: {type: object, properties: {ok: {type: boolean}}, required: [ok]}"
    assert of_event(f"{{from: a, to: b, when: payload.ok, {payload}}}") == []
