"""Expressions against schemas: what is refused when a definition is loaded."""

import pytest

from app.domain.expressions.expression import Types, check_expression, compile_expression

DATA = {
    "type": "object",
    "properties": {
        "amount_cents": {"type": "integer"},
        "rate": {"type": "number"},
        "name": {"type": "string"},
        "note": {"type": ["string", "null"]},
        "currency": {"enum": ["EUR", "GBP"]},
        "late": {"type": "boolean"},
        "anything": {},
        "open": {"type": "object"},
        "more": {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": {"type": "integer"},
        },
        "loose": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
        "closed": {"type": "object", "additionalProperties": False},
        "patterned": {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"price": {"type": "integer"}, "sku": {"type": "string"}}},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "tree": {"$ref": "#/$defs/tree"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "maybe": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {"b": {"type": "string"}}}]},
        "a b": {"type": "string"},
    },
    "allOf": [{"properties": {"inherited": {"type": "string"}}}],
    "if": {"properties": {"late": {"const": True}}},
    "then": {"properties": {"excuse": {"type": "string"}}},
    "$defs": {
        "tree": {"type": "object", "properties": {"size": {"type": "integer"}, "child": {"$ref": "#/$defs/tree"}}}
    },
}
PAYLOAD = {"type": "object", "properties": {"note": {"type": "string"}}}
TYPES = Types.of(DATA, PAYLOAD)


def faults(text, types=TYPES, wants="bool"):
    return check_expression(compile_expression(text), types, wants=wants)


@pytest.mark.parametrize(
    "text",
    [
        "data.amount_cents <= 50000 && has(data.note)",
        "data.amount_cents <= 1.5",
        "data.amount_cents + 1 > 3",
        "double(data.amount_cents) + data.rate > 3.0",
        "data.rate * 2.0 > 1.0 && data.rate > 1",
        "data.note == null || data.note == 'x' || data.note < 'x'",
        "data.currency == 'EUR' && data.currency in ['EUR', 'GBP']",
        "data.name == data.currency",
        "data.late",
        "data.anything",
        "data.anything.b.c > 3 && data.open.b.c > 'x'",
        "data.more.a == 'x' && data.more.b == 1",
        "data.loose.b == 1",
        "data.patterned.x == 'a'",
        "has(data.address.city)",
        "data.items.exists(item, item.price > 3 && item.sku == 'a')",
        "data.items.filter(item, item.price > 3).size() > 2",
        "data.items.map(item, item.price) == [1]",
        "data.items.exists_one(item, item.price == data.amount_cents)",
        "data.items[0].price == 1",
        "data.tags.all(tag, tag.startsWith('a'))",
        "data.pair[0] == 'x' && data.pair[1] == 1",
        "size(data.name) + size(data.tags) + size(data.open) > 1",
        'case.files.count("passport") > 0',
        "case.files.count(data.name) == 1",
        "string(data.amount_cents) == 'x' && int(data.name) == 1",
        "timestamp(data.name) < now && duration(data.name) < duration('1h')",
        "now - case.opened_at > duration('1h') && case.opened_at.getHours() > 8",
        "data.tree.child.child.size == 1",
        "data.either == 'x' || data.either == 1 || data.either < 3",
        "data.maybe == null || data.maybe.b == 'x'",
        "data['a b'] == 'x'",
        "data[data.name] == 3",
        "data.inherited == 'x' && data.excuse == 'x'",
        "data.exists(key, key == 'x')",
        "'clerk' in actor.roles && actor.id == case.assignee && case.assignee != null && 'a' in case.states",
        "payload.note == data.name",
        "[].exists(x, x > 1) || ([] + data.tags).exists(x, x == 'a')",
        "dyn(data.name) == 3",
        "(data.late ? data.name : data.note) == 'x'",
        "[1].exists(data, data == 1)",
    ],
)
def test_an_expression_that_can_work_has_no_faults(text):
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("data.amout_cents < 3", "data.amout_cents is not declared; did you mean data.amount_cents?"),
        ("has(data.addres.city)", "data.addres is not declared; did you mean data.address?"),
        ("data.address.zzz == 'x'", "data.address.zzz is not declared"),
        ("data['addres'] == 'x'", "data.addres is not declared; did you mean data.address?"),
        ("data.closed.x == 1", "data.closed.x is not declared"),
        ("case.stat == 'x'", "case.stat is not declared; did you mean case.state?"),
        ("actor.role == 'x'", "actor.role is not declared; did you mean actor.roles?"),
        ("payload.notes == 'x'", "payload.notes is not declared; did you mean payload.note?"),
        ("data.name.x == 1", "data.name is string, which has no fields"),
        ("data.name < 3", "`<` cannot take data.name (string) and 3 (integer)"),
        ("data.amount_cents + 'x' == 'y'", "`+` cannot take data.amount_cents (integer) and 'x' (string)"),
        (
            "data.amount_cents + 1.5 > 3.0",
            "`+` cannot take data.amount_cents (integer) and 1.5 (number); write double(data.amount_cents)",
        ),
        ("data.name > now", "`>` cannot take data.name (string) and now (timestamp)"),
        ("-data.name == 3", "`-` cannot take data.name (string)"),
        ("case.files.count(data.late) > 1", "`count` needs the name of a category; data.late is boolean"),
        ("case.files.passport > 0", "case.files.passport is not declared"),
        (
            "data.open.count('x') > 0",
            "`count` counts the files of a case: write case.files.count(...), and size(data.open) of a list",
        ),
        ("case.files.count('passport')", "the result is integer, not true or false"),
        ("size(data.amount_cents) > 1", "`size` cannot take data.amount_cents (integer)"),
        ("data.rate.startsWith('a')", "`startsWith` cannot take data.rate (number) and 'a' (string)"),
        ("data.name == 3", "data.name == 3 is never true: data.name is string and 3 is integer"),
        ("data.name != 3", "data.name != 3 is always true: data.name is string and 3 is integer"),
        (
            "data.either == true",
            "data.either == true is never true: data.either is integer or string and true is boolean",
        ),
        ("data.more.b == 'x'", "data.more.b == 'x' is never true: data.more.b is integer and 'x' is string"),
        (
            "data.name == null",
            "data.name == null is never true: it is never null; has(data.name) says whether it is there",
        ),
        ("data.currency == 'USD'", "data.currency == 'USD' is never true: data.currency is one of EUR, GBP"),
        ("'USD' != data.currency", "'USD' != data.currency is always true: data.currency is one of EUR, GBP"),
        ("data.currency in ['EUR', 'USD']", "data.currency is never 'USD': data.currency is one of EUR, GBP"),
        ("'x' in data.name", "`in` needs a list or an object; data.name is string"),
        ("3 in data.tags", "3 in data.tags is never true: 3 is integer and the elements are string"),
        ("data.name && data.late", "`&&` needs true or false; data.name is string"),
        ("data.late || data.amount_cents", "`||` needs true or false; data.amount_cents is integer"),
        ("!data.name", "`!` needs true or false; data.name is string"),
        ("data.name ? true : false", "`? :` needs true or false; data.name is string"),
        ("data.late ? data.late : data.name < 3", "`<` cannot take data.name (string) and 3 (integer)"),
        ("data.items.exists(x, x.cost > 3)", "x.cost is not declared"),
        ("data.items.exists(x, x.sku > 3)", "`>` cannot take x.sku (string) and 3 (integer)"),
        ("data.items.all(x, x.sku)", "`&&` needs true or false; x.sku is string"),
        ("data.items.filter(x, x.price > 3).exists(y, y.cost)", "y.cost is not declared"),
        ("data.items.map(x, x.price).exists(y, y == 'a')", "y == 'a' is never true: y is integer and 'a' is string"),
        ("data.name.exists(x, true)", "only a list or an object has elements; data.name is string"),
        ("data.items[0].cost == 1", "data.items[0].cost is not declared"),
        ("data.tags['a'] == 'x'", "data.tags (list) cannot be indexed by 'a' (string)"),
        ("data.tree.child.child.size == 'a'", None),
        ("data.name", "the result is string, not true or false"),
        ("data.tags.contains('x')", "`contains` cannot take data.tags (list) and 'x' (string); write 'x' in data.tags"),
        ("data.tags.size", "data.tags is list, which has no fields; write size(data.tags)"),
        ("now", "the result is timestamp, not true or false"),
        ("data.rate + 1.0", "the result is number, not true or false"),
    ],
)
def test_what_cannot_be_right_is_said(text, fault):
    found = faults(text)
    assert len(found) == 1
    assert fault in {found[0], None}


def test_an_event_without_a_payload_schema_has_no_payload():
    types = Types.of(DATA, None)
    for text in ("payload.note == 'x'", "has(payload.note)", "size(payload) > 0"):
        assert faults(text, types) == ["the event declares no payload"]


def test_an_expression_for_set_may_have_any_type():
    assert faults("data.name", wants="any") == []


def test_a_schema_without_properties_allows_anything():
    assert faults("data.a.b == 1 && payload.c", Types.of({"type": "object"}, {"type": "object"})) == []


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"$ref": "#"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#anchor"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}}},
    ],
)
def test_a_schema_that_turns_in_circles_has_an_end(schema):
    assert faults("data.a.b.c == data.a", Types.of(schema, None)) == []


def test_the_deepest_expression_that_compiles_can_be_checked():
    text = "".join(f"data.items.all(v{depth}, " for depth in range(29)) + "v0.cost == 1" + ")" * 29
    assert faults(text) == ["v0.cost is not declared"]
