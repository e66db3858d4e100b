"""`check` finds schemas that are none, and expressions that read or write what no schema declares."""

import pytest

from tests.declaring import checked, claim, told

STATES = "a: {}\nb: {final: true}"
DATA = """
type: object
properties:
  amount: {type: integer}
  who: {type: object, properties: {name: {type: string}}, additionalProperties: false}
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


def test_a_required_field_that_another_part_of_the_schema_declares_is_told_nothing():
    for part in ("allOf: [{properties: {b: {}}}]", "patternProperties: {'^b': {}}", "$ref: '#/$defs/d'"):
        inside = "\n$defs: {d: {properties: {b: {}}}}" if part.startswith("$ref") else ""
        data = f"type: object\nrequired: [b]\nproperties: {{a: {{}}}}\nunevaluatedProperties: false\n{part}{inside}"
        assert of_data(data) == []


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
    [
        "{type: object, additionalProperties: true}",
        DATA + "additionalProperties: true",
        DATA + "allOf: [{properties: {x: {type: integer}}}]\nunevaluatedProperties: false",
    ],
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


@pytest.mark.parametrize(
    ("word", "message", "remedy"),
    [
        ("readOnly: true", "`readOnly` keeps nobody from writing", "leave the field out of payloads and `set`"),
        ("nullable: true", "`nullable` is OpenAPI's, and lets no null pass", "write `type: [string, 'null']`"),
        ("definitions: {a: {}}", "`definitions` is what older drafts call `$defs`", "write `$defs`"),
        ("dependencies: {a: [b]}", "`dependencies` is of older drafts", "write `dependentRequired`"),
        ("hint: here", "`hint` means nothing in a schema", "remove it; words of your own begin with `x-`"),
        ("titel: here", "`titel` means nothing in a schema", "did you mean `title`?"),
        ("contentEncoding: base64", "`contentEncoding` is not checked", "say what a text looks like by `pattern`"),
        (
            "{type: string, format: datetime}",
            "the format `datetime` is not known, so that nothing is checked",
            "did you mean `date-time`?",
        ),
        (
            "{type: string, format: timestamp}",
            "the format `timestamp` is not known, so that nothing is checked",
            "did you mean `date-time`?",
        ),
        (
            "{type: integer, format: int32}",
            "the format `int32` is not known, so that nothing is checked",
            "say what a text looks like by `pattern`, or remove it",
        ),
        ("{type: integer, maxLength: 3}", "`maxLength` does nothing to the type `integer`", "remove it"),
        ("{type: [string, 'null'], minimum: 3}", "`minimum` does nothing to the type `string`, `null`", "remove it"),
        ("{type: string, properties: {a: {}}}", "`properties` does nothing to the type `string`", "remove it"),
        ("then: {type: string}", "`then` does nothing without `if`", "add `if`, or remove it"),
        ("minContains: 2", "`minContains` does nothing without `contains`", "add `contains`, or remove it"),
        ("{minLength: 9, maxLength: 3}", "`minLength` is more than `maxLength`, so that no value is right", "exchange"),
        ("{type: integer, enum: ['1', 2]}", "`1` is not of the type `integer` and never right", "correct it"),
        ("{type: string, const: null}", "`null` is not of the type `string` and never right", "correct it"),
    ],
)
def test_a_word_that_does_nothing_is_told_with_what_would(word, message, remedy):
    field = word if word.startswith("{") else "{" + word + "}"
    for schema in (field, f"{{anyOf: [{field}]}}", f"{{type: array, items: {field}}}"):
        [fault] = checked(claim(STATES, "go: {from: a, to: b}", data=f"type: object\nproperties:\n  x: {schema}"))
        assert (fault.line, fault.severity, fault.message) == (11, "warning", message)
        assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    "field",
    [
        "{type: string, format: date-time, title: T, description: D, examples: [a], deprecated: true, x-order: 1}",
        "{type: [integer, 'null'], enum: [1, 2.0, null], minimum: 0}",
        "{type: number, const: 1, maximum: 1}",
        "{minLength: 3}",
        "{if: {minLength: 3}, then: {maxLength: 9}}",
        "{type: array, contains: {}, minContains: 2}",
        "{type: object, properties: {default: {}, definitions: {}, id: {type: string}}, additionalProperties: false}",
        "{const: {default: 1, nullable: true}}",
    ],
)
def test_words_that_do_something_are_told_nothing(field):
    assert of_data(f"type: object\nproperties:\n  x: {field}") == []


def test_properties_that_are_declared_elsewhere_are_refused_by_those_beside():
    data = "type: object\nproperties: {a: {}}\n%s: false\n%s"
    for parts, key in (("allOf: [{properties: {b: {}}}]", "allOf"), ("$ref: '#/$defs/d'", "$ref")):
        inside = "\n$defs: {d: {properties: {b: {}}}}" if key == "$ref" else ""
        message = f"11 warning: `additionalProperties: false` refuses `b`, which `{key}` declares"
        assert of_data(data % ("additionalProperties", parts + inside)) == [message]
        assert of_data(data % ("unevaluatedProperties", parts + inside)) == []


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ("{type: object}", ["8 note: `data` takes fields that nothing declares"]),
        ("{type: object, properties: {a: {}}}", []),
        ("{type: object, additionalProperties: true}", []),
        ("{type: object, patternProperties: {'^n': {}}}", []),
        ("{type: object, allOf: [{properties: {a: {}}}], unevaluatedProperties: false}", []),
    ],
)
def test_data_that_take_undeclared_fields_without_saying_so_are_told(data, messages):
    assert of_data(data) == messages


@pytest.mark.parametrize(
    ("field", "messages"),
    [
        ("{type: integer, default: 1}", []),
        ("{type: integer, minimum: 2, default: 1}", ["Must be at least 2"]),
        ("{$ref: '#/$defs/n', default: x}", ["Must be a whole number"]),
    ],
)
def test_a_default_that_no_case_could_be_opened_with_is_refused(field, messages):
    found = of_data(f"type: object\n$defs: {{n: {{type: integer}}}}\nproperties:\n  x: {field}")
    assert found == [f"12 error: `default` is refused by the schema around it: {message}" for message in messages]


def test_a_default_of_a_payload_fills_nothing_in():
    payload = "{type: object, properties: {x: {default: 1}}}"
    assert told(claim(STATES, f"go: {{from: a, to: b, payload: {payload}}}")) == [
        "7 warning: `default` fills nothing in here"
    ]


@pytest.mark.parametrize(
    ("items", "messages"),
    [
        ("{type: object, x-key: id, properties: {id: {type: string}}}", []),
        ("{type: object, x-key: no, properties: {id: {type: string}}}", ["error: `x-key` names no field of the items"]),
        ("{type: object, x-key: ids, properties: {id: {}}}", ["error: `x-key` names no field of the items: `ids`"]),
    ],
)
def test_the_key_of_items_is_one_of_their_fields(items, messages):
    found = of_data(f"type: object\nproperties:\n  x: {{type: array, items: {items}}}")
    assert len(found) == len(messages)
    assert all(message in said for message, said in zip(messages, found, strict=True))


def test_data_that_are_not_declared_at_all_are_told_nothing():
    assert told(claim(STATES, "go: {from: a, to: b}")) == []
