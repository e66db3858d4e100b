"""What an expression builds, compares and searches is bounded before it runs, whoever wrote it."""

import pytest
from pydantic import ValidationError

from app.domain.expressions.expression import EvaluationFault, GuardFault, Truth, View, compile_expression, most_steps
from app.domain.expressions.patterns import weight
from app.domain.values.errors import Invalid
from app.http.policy.requests import ChangePolicy
from app.services.assembly import Assembly
from app.services.policy.checks import MOST_STEPS
from tests.house import ADMIN
from tests.rulebook import add, rule

MANY = list(range(4000))
LONG = "a" * 200_000
TOO_MANY = Truth(False, "it looks at too many values")
DOUBLED = ".map(a, a + a)" * 22


@pytest.mark.parametrize(
    "text",
    [
        f"[[1, 1]]{DOUBLED}.size() > 0",
        f"['ab']{DOUBLED}.size() > 0",
        f"[data.name]{DOUBLED}.size() > 0",
        f"[data.items]{DOUBLED}.size() > 0",
        f"[[1, 1]].map(a, [a, a]){'.map(a, [a, a])' * 20}",
        "data.a.map(x, data.a.map(y, data.a.map(z, data.a + data.a))).size() > 0",
        "data.a.all(x, " + " + ".join(["data.name"] * 28) + " == '')",
        "'x'.matches('((a{1,30}){1,30}b){1,2}')",
        "data.name.matches('(a{1,1000}){1,900}b')",
        "data.items.all(x, x.matches('^[a-z]{1,900}$'))",
    ],
)
def test_what_is_too_much_work_even_on_little_data_does_not_compile(text):
    with pytest.raises(GuardFault, match="too much work"):
        compile_expression(text)


@pytest.mark.parametrize("pattern", ["data.pattern", "payload.pattern", "'^' + data.name", "[data.a][0]"])
def test_a_pattern_is_written_in_the_expression(pattern):
    with pytest.raises(GuardFault, match="pattern in quotes"):
        compile_expression(f"data.name.matches({pattern})")


@pytest.mark.parametrize(
    "text",
    [
        "data.many.map(x, data.many).size() > 0",
        "data.many.map(x, data.many + data.many).size() > 0",
        "data.many.map(x, data.long + data.long).size() > 0",
        "data.many.map(x, x).size() > 0",
        "data.many.filter(x, x > 0).size() > 0",
        "data.many.all(x, x in data.many)",
        "data.many.all(x, data.many == data.many)",
        "data.many.all(x, !data.long.contains('b'))",
        "data.many.all(x, !data.long.matches('(a*)*b'))",
        "data.many.all(x, string(x).matches('^[0-9]{1,20}$'))",
        "!data.long.contains(data.other)",
        "data['many'].exists(x, data.many.size() == 1 && data['many'] + [x] == [])",
        "payload.rows.map(r, r.cells.map(c, c)).size() > 0",
    ],
)
def test_what_would_look_at_too_many_values_fails_closed(text):
    rows = [{"cells": list(range(60))} for _ in range(400)]
    view = View({"data": {"many": MANY, "long": LONG, "other": LONG[:50_000] + "b"}, "payload": {"rows": rows}})
    assert compile_expression(text).holds(view) == TOO_MANY
    assert not compile_expression(text).is_true(view)
    with pytest.raises(EvaluationFault, match="too many values"):
        compile_expression(text).value(view)


@pytest.mark.parametrize(
    "text",
    [
        "data.many.all(x, x >= 0)",
        "data.many.exists(x, x == 3999)",
        "data.few.map(x, x * 2).exists(x, x == 398)",
        "data.few.filter(x, x > 3).size() == 196",
        "data.few.all(x, x in data.few)",
        "data.names.all(x, data.names.exists_one(y, y == x))",
        "3999 in data.many && data.many == data.many && size(data.many) == 4000",
        "data.many + data.many != data.many",
        "data.long.matches('^[a]+$') && data.long.startsWith('a') && data.long.contains('aa')",
        "data.names.exists(n, n == actor.id)",
        "actor.roles.exists(r, r in data.names)",
        "data.names.all(n, n.matches('^[a-z]{1,9}[0-9]*$'))",
        "data.iban.matches('^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$')",
        "[1, 2, 3].map(x, [x, x]).map(x, x + x).map(x, x + x).size() == 3",
    ],
)
def test_what_is_asked_of_real_cases_holds(text):
    data = {"many": MANY, "few": MANY[:200], "long": LONG, "iban": "DE00210501700012345678"}
    names = [f"user{number}" for number in range(90)]
    view = View({"data": {**data, "names": names}, "actor": {"id": "user7", "roles": ["role:a", "user3"]}})
    assert compile_expression(text).holds(view) == Truth(True)


@pytest.mark.parametrize(
    ("pattern", "signs"),
    [
        ("", 0),
        ("abc", 3),
        ("a{3}", 3),
        ("(a{3}b){2}", 8),
        ("[a-z{]{2,}", 2),
        (r"\d{2,4}\.x", 6),
        ("((a|b){9}){9}", 243),
    ],
)
def test_a_pattern_weighs_what_it_has_when_its_repetitions_are_written_out(pattern, signs):
    assert weight(pattern) == signs


async def test_a_policy_line_that_would_build_without_end_is_refused(house: Assembly) -> None:
    with pytest.raises(Invalid) as refused:
        await add(house, ADMIN, rule("role:helper", "triage", when=f"[[1, 1]]{DOUBLED}.size() > 0"))
    assert "too much work" in refused.value.errors[0].message


async def test_the_conditions_on_one_act_are_bounded_together(house: Assembly) -> None:
    def looping(number: int) -> str:
        return f"case.states.map(x, x).exists(x, x == 's{number}')"

    one = most_steps(looping(0))
    fitting = int(MOST_STEPS // one)
    lines = [rule("role:helper", "triage", when=looping(number)) for number in range(fitting + 1)]
    with pytest.raises(Invalid) as refused:
        await add(house, ADMIN, *lines)
    assert [fault.field for fault in refused.value.errors] == ["lines.0.when"]
    assert "together" in refused.value.errors[0].message


def test_a_change_by_api_holds_so_many_characters_of_conditions() -> None:
    line = {"role": "role:a", "case_type": "claim", "act": "pay", "effect": "allow", "when": "x" * 2000}
    ChangePolicy.model_validate({"lines": [line] * 10})
    with pytest.raises(ValidationError, match="20000 characters"):
        ChangePolicy.model_validate({"lines": [line] * 10 + [{**line, "when": "x"}]})
