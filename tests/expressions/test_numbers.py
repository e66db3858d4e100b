"""How a number was written never matters: whole ones are integers, and what may be a fraction is one to expressions."""

import json

import pytest

from app.domain.case.sealing import canonical
from app.domain.expressions.expression import Types, View, check_expression, compile_expression
from app.domain.expressions.schema_types import type_of_schema
from app.services.assembly import Assembly
from tests.house import ALICE, open_claim

DATA = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "maybe": {"type": ["number", "null"]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        "mixed": {"type": ["integer", "string"]},
        "both": {"allOf": [{"type": "number"}, {"type": "integer"}]},
        "grade": {"enum": [1, 2.0, 3]},
        "rate": {"enum": [0, 0.5, 1]},
        "prices": {"type": "array", "items": {"type": "number"}},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"type": "integer"}, "each": {"$ref": "#/$defs/money"}}},
        },
        "by_name": {"type": "object", "additionalProperties": {"type": "number"}},
        "by_pattern": {"type": "object", "patternProperties": {"^n_": {"type": "integer"}, "^p_": {"type": "number"}}},
        "anything": {},
    },
    "$defs": {"money": {"type": "number"}},
}
TYPES = Types.of(DATA, DATA)


def view(**data: object) -> View:
    return View({"data": data, "payload": data}, {"data": type_of_schema(DATA), "payload": type_of_schema(DATA)})


@pytest.mark.parametrize("root", ["data", "payload"])
@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("{}.price * 1.2 > 100.0", "price", [100, 100.0, 100.5]),
        ("{}.price + 0.5 >= 1.5", "price", [1, 1.0, 1.5]),
        ("{}.maybe != null && {}.maybe * 2.0 == 4.0", "maybe", [2, 2.0]),
        ("{}.either / 2.0 > 1.0", "either", [3, 3.0, 3.5]),
        ("{}.rate * 1.5 >= 0.0", "rate", [0, 0.5, 1, 1.0]),
        ("{}.count % 2 == 0 && {}.count + 1 == 4201", "count", [4200, 4200.0]),
        ("{}.both - 1 == 1", "both", [2, 2.0]),
        ("type({}.mixed) == int && {}.mixed - 1 == 1", "mixed", [2, 2.0]),
        ("{}.grade * 2 == 4", "grade", [2, 2.0]),
        ("{}.anything * 2 == 4", "anything", [2, 2.0]),
        ("{}.prices.all(p, p * 1.5 > 1.0) && {}.prices[0] / 2.0 == 0.5", "prices", [[1, 1.5], [1.0, 2]]),
        (
            "{}.lines.all(l, l.n % 2 == 0 && l.each * 0.5 > 0.0)",
            "lines",
            [[{"n": 2, "each": 1}], [{"n": 2.0, "each": 1.0}, {"n": 4, "each": 1.5}]],
        ),
        ("{}.by_name.x * 1.5 == 3.0", "by_name", [{"x": 2}, {"x": 2.0}]),
        ("{}.by_pattern.n_a % 2 == 0 && {}.by_pattern.p_a * 1.5 == 3.0", "by_pattern", [{"n_a": 2.0, "p_a": 2}]),
        ("{}.by_pattern.x + 1 == 3", "by_pattern", [{"x": 2}, {"x": 2.0}]),
    ],
)
def test_an_expression_takes_a_number_as_its_schema_says(root: str, text: str, name: str, values: list[object]) -> None:
    text = text.replace("{}", root)
    assert check_expression(compile_expression(text), TYPES, wants="bool") == []
    for value in values:
        assert compile_expression(text).holds(view(**{name: value})).error is None
        assert compile_expression(text).is_true(view(**{name: value}))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("data.price * 2 > 1", "`*` cannot take data.price (number) and 2 (integer); write 2.0"),
        ("data.count * 1.2 > 1.0", "`*` cannot take data.count (integer) and 1.2 (number); write double(data.count)"),
        ("data.count + data.price > 1.0", "cannot take data.count (integer) and data.price (number); write double("),
        ("data.prices.exists(p, p + 1 == 2)", "cannot take p (number) and 1 (integer); write 1.0"),
        ("data.lines.exists(l, l.each - 1 == 2)", "l.each (number) and 1 (integer); write 1.0"),
        ("data.either % 2 == 0", "`%` cannot take data.either (number)"),
        ("data.maybe > 1.0", "`>` cannot take data.maybe where it is null; ask `data.maybe != null` before"),
        ("data.mixed + 1 > 1", "`+` cannot take data.mixed where it is string; ask `type(data.mixed) == ...` before"),
        ("data.by_pattern.p_x + 1 > 1", "data.by_pattern.p_x (number) and 1 (integer); write 1.0"),
    ],
)
def test_what_could_meet_the_wrong_type_is_a_fault(text: str, fault: str) -> None:
    found = check_expression(compile_expression(text), TYPES, wants="bool")
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        "data.maybe != null && data.maybe > 1.0",
        "data.maybe == null || data.maybe * 2.0 > 1.0",
        "type(data.mixed) == int && data.mixed + 1 > 1",
        "data.mixed == 'none' || data.mixed > 5",
        "data.price > 1 && data.count < 1.5 && data.price == 100 && data.count == 4200.0",
        "data.price in [1, 2.5] && data.count in [1, 2]",
        "{1: true, 2: false}[data.count]",
        "{1: true, 2: false}[data.price]",
        "{1: {'a': true}}[data.count].a",
        "data.count in {1: true} && {true: 1}[data.count == 1] == 1",
        "{1: 'a', 'b': 'c'}[data.mixed] == 'a'",
        "{1: 2, 3: 4}.exists(k, k + 1 == 2)",
    ],
)
def test_what_can_be_right_is_no_fault(text: str) -> None:
    assert check_expression(compile_expression(text), TYPES, wants="bool") == []


@pytest.mark.parametrize("text", ["{1: true, 'a': false}[data.lines]", "{1: [], 'a': 1}[data.prices] == 1"])
def test_a_key_that_no_map_has_is_a_fault(text: str) -> None:
    assert check_expression(compile_expression(text), TYPES, wants="bool")


@pytest.mark.parametrize("priority", [1, 1.0])
def test_a_map_is_read_by_a_number(priority: float) -> None:
    assert compile_expression("{1: true, 2: false}[data.count]").is_true(view(count=priority))
    assert compile_expression("{1: true, 2: false}[data.price]").is_true(view(price=priority))


@pytest.mark.parametrize("amount", [4200, 4200.0])
async def test_a_whole_number_is_kept_as_an_integer(house: Assembly, amount: float) -> None:
    case_id = await open_claim(house, data={"amount_cents": amount, "currency": "EUR"})
    kept = (await house.cases.read(ALICE, case_id)).data["amount_cents"]
    assert (type(kept), json.dumps(kept)) == (int, canonical(amount).decode())
