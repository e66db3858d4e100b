"""Guards: a run-time error is never a yes, and a fault says which field."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.expressions.expression import EvaluationFault, GuardFault, Truth, View, compile_expression
from app.domain.values.writable import writable
from tests.lengths import length

OPENED = datetime(2026, 1, 1, 8, tzinfo=UTC)
NOW = OPENED + timedelta(hours=2)

VIEW = View(
    {
        "data": {
            "amount": 3,
            "rate": 2.5,
            "name": "SECRET",
            "nothing": None,
            "late": True,
            "items": [{"price": 3}, {"price": 4}],
            "address": {},
            "a b": {"c": 1},
        },
        "actor": {"id": "user:alice", "roles": frozenset({"clerk", "*"}), "on_behalf_of": None},
        "case": {"id": "c1", "states": ("a", "b"), "opened_at": OPENED, "changed_at": NOW, "assignee": None},
        "now": NOW,
    }
)


def holds(text, view=VIEW):
    return compile_expression(text).holds(view)


@pytest.mark.parametrize(
    "text",
    [
        "data.amount <= 3",
        "data.amount < data.rate + 1.0",
        "data.late",
        "has(data.name) && !has(data.note)",
        "data.nothing == null",
        "data['a b'].c == 1",
        "data.items.exists(item, item.price == 4)",
        "'clerk' in actor.roles",
        "actor.on_behalf_of == null && case.assignee == null",
        "'b' in case.states",
        "now - case.opened_at == duration('2h')",
        "case.changed_at == now",
        "has(data.note) && data.note == 'x' || data.late",
        "size(payload) == 0",
    ],
)
def test_a_true_guard_holds(text):
    assert holds(text) == Truth(True, None)


ERRORS = {
    "data.note == 'x'": "data.note is missing",
    "data.note != 'x'": "data.note is missing",
    "!(data.note == 'x')": "data.note is missing",
    "has(data.note) || data.other == 1": "data.other is missing",
    "has(data.address.city.zip)": "data.address.city is missing",
    "payload.note == 'x'": "payload.note is missing",
    "data['a b'].d == 1": "data.a b.d is missing",
    "data.items.exists(item, item.cost == actor.limit)": "a field is missing",
    "data.nothing < 1": "`<` cannot take null and integer",
    "data.name < 1": "`<` cannot take string and integer",
    "data.amount + data.rate > 1.0": "`+` cannot take integer and number",
    "data.name && data.late": "a condition is neither true nor false",
    "data.name ? true : false": "a condition is neither true nor false",
    "!data.name": "a condition is neither true nor false",
    "data.items[5].price == 1": "a list has no such element",
    "data.items[data.name].price == 1": "a list can only be indexed by an integer",
    "data.amount.x == 1": "a value that is not an object has no fields",
    "data.amount / 0 == 1": "it divides by zero",
    "data.amount % 0 == 1": "it divides by zero",
    "timestamp(data.name) < now": "a text is not a timestamp",
    "duration(data.name) < duration('1h')": "a text is not a duration",
    "int(data.name) == 1": "a text is not a number",
    "'a'.matches('[')": "a regular expression is not valid",
    "data.amount + 9223372036854775807 > 0": "a number or a time is out of range",
    "now + duration('80000000h') > now": "a number or a time is out of range",
    "size(data.amount) > 0": "`size` cannot take integer",
    "data.items.contains('x')": "`contains` cannot take list and string; write `VALUE in LIST`",
    "data.amount.startsWith('x')": "`startsWith` cannot take integer and string",
    "data.name.endsWith(data.amount)": "`endsWith` cannot take string and integer",
    "data.amount.getFullYear() == 1": "`getFullYear` cannot take integer",
    "data[data.name] == 1": "a field is missing",
}


@pytest.mark.parametrize("text", ERRORS)
def test_a_guard_that_cannot_be_evaluated_does_not_hold_and_says_why(text):
    assert holds(text) == Truth(False, ERRORS[text])


@pytest.mark.parametrize("text", [*ERRORS, "data.name", "data"])
def test_no_reason_repeats_a_value(text):
    assert "SECRET" not in (holds(text).error or "")


@pytest.mark.parametrize("text", ["data.name", "data.amount", "data.items", "data", "null", "now", "type(1)", "b'x'"])
def test_only_true_is_true(text):
    assert holds(text) == Truth(False, "it is neither true nor false")


def test_a_loop_without_end_does_not_hold():
    view = View({"data": {"many": list(range(20_000))}})
    assert holds("data.many.all(x, data.many.all(y, y >= 0))", view) == Truth(False, "it looks at too many values")


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "data", [{"x": 2**64}, {"x": -(2**64)}, {"x": "\ud800"}, {"x": object()}, {1: 2}, nested(100), nested(100_000)]
)
def test_data_that_cannot_be_read_makes_no_guard_true(data):
    truth = holds("size(data) > 0", View({"data": data}))
    assert not truth.value
    assert truth.error


def test_data_nests_64_deep_and_no_deeper():
    assert holds("size(data) > 0", View({"data": nested(64)})).value
    assert holds("size(data) > 0", View({"data": nested(65)})) == Truth(False, "a value nests too deeply")


def test_a_time_of_the_case_that_is_not_there_makes_no_guard_true():
    assert holds("case.opened_at < now", View({"now": NOW})) == Truth(False, "case.opened_at is missing")


def test_a_view_of_nothing_has_empty_maps_and_the_epoch():
    assert holds("size(data) + size(payload) + size(actor) + size(case) == 0 && now == timestamp(0)", View({})).value


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("data.amount <= 3 && payload.note == actor.id", {"data.amount", "payload.note", "actor.id"}),
        ("has(data.address.city)", {"data.address.city"}),
        ("data['a b'].c == 1", {"data.a b.c"}),
        ("case.opened_at < now", {"case.opened_at", "now"}),
        ("size(data) > 1", {"data"}),
        ("data.items.exists(x, x.price > data.limit)", {"data.items", "data.limit"}),
        ("data.items.map(x, x.price)[0] == 1", {"data.items"}),
        ("data.items[0].price == 1", {"data.items"}),
        ("data[payload.key] == 1", {"data", "payload.key"}),
        ("[1].exists(payload, payload == data.x)", {"data.x"}),
        ("{data.a: [data.b]} == data.c", {"data.a", "data.b", "data.c"}),
        ("data.a ? data.b : data.c.startsWith(data.d)", {"data.a", "data.b", "data.c", "data.d"}),
        ("1 == 1", set()),
    ],
)
def test_an_expression_knows_what_it_reads(text, reads):
    assert compile_expression(text).reads == reads


def test_the_view_tells_what_was_seen_where_it_was_there():
    assert VIEW.saw(["data.amount", "data.none", "data.name.x", "case.opened_at", "actor.roles", "payload.x"]) == {
        "data.amount": 3,
        "case.opened_at": "2026-01-01T08:00:00.000000Z",
        "actor.roles": ["*", "clerk"],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("actor.id", "user:alice"),
        ("true", True),
        ("data.amount + 1", 4),
        ("data.rate", 2.5),
        ("null", None),
        ("now", "2026-01-01T10:00:00.000000Z"),
        ("[now, case.opened_at][1]", "2026-01-01T08:00:00.000000Z"),
        ("duration('3.5s')", "3.5s"),
        ("duration('-500ms')", "-0.5s"),
        ("now - case.opened_at", "7200s"),
        ("data.items.map(x, {'price': x.price})", [{"price": 3}, {"price": 4}]),
        ("9007199254740991", 2**53 - 1),
    ],
)
def test_a_value_is_json(text, value):
    assert compile_expression(text).value(VIEW) == value


@pytest.mark.parametrize(
    "text",
    [
        "b'x'",
        "type(1)",
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615u",
        "double('nan')",
        "1e308 * 10.0",
        "{1: 2}",
        "[[b'x']]",
        "{'a': [9007199254740993]}",
        "data.note",
        "data.amount / 0",
    ],
)
def test_what_cannot_be_kept_as_json_has_no_value(text):
    with pytest.raises(EvaluationFault):
        compile_expression(text).value(VIEW)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("data.a ==", "column 10: it ends too early"),
        ("(data.a", r"column 8: '\)' is missing"),
        ("1 2", "column 3: '2' is not expected here"),
        ("cond", "column 1: cond is not known; an expression sees data, payload, actor, case and now"),
        ("1 == 1 &&\n foo", "line 2, column 2: foo is not known; .*"),
        ("'😀' + 1", "column 5: `\\+` cannot take string and integer"),
        ("now > 3", "column 5: `>` cannot take timestamp and integer"),
        ("true ? 1 : 'a'", "column 6: `\\? :` takes a condition and two values of one type"),
        ("case['opened_at'] < now", "write case.opened_at"),
        ("data.a and data.b", "column 8: write `&&` for `and`"),
        ("data.a > 1 OR data.b", r"column 12: write `\|\|` for `OR`"),
        ("not data.a", "column 1: write `!` for `not`"),
        ("true && not (data.a)", "column 9: write `!` for `not`"),
        ("data.a == 'x and y' and data.b", "column 21: write `&&` for `and`"),
        ("data.a == 1 &&\n data.b and true", "line 2, column 9: write `&&` for `and`"),
        ("data.a = 1", "column 8: write `==` for `=`"),
        ("data.a <> 1", "column 8: write `!=` for `<>`"),
        ("data.a == 1 & data.b", "column 13: write `&&` for `&`"),
        ("data.a is null", "column 8: write `==` for `is`"),
        ("data.a == None", "column 11: write `null` for `None`"),
        ("data.a == “x”", "column 11: write straight quotes for `“`"),
        ("len(data.a) > 1", "column 1: write `size` for `len`"),
        ("data.a.includes('x')", "column 8: write `VALUE in LIST` for `includes`"),
        ("data.a.lower() == 'x'", "column 13: `lower` is no function; there are all, bool, "),
        ("[1, 2].contains(1)", "column 16: `contains` cannot take list and integer; write `VALUE in LIST`"),
        ("case.state.startsWith(1)", "column 22: `startsWith` cannot take a value and integer"),
        ("has(data)", r"column 5: `has` takes a field, such as `has\(data.x\)`"),
        ("while == 1", r"column 1: `while` is a word that CEL keeps for itself; write `data\['while'\]` for a field"),
        ("data.a == 'x", "column 11: the text that begins here has no end"),
        ("data.count data.b", "column 12: 'd' is not expected here"),
        ("google.protobuf.Timestamp{seconds: 1} < now", "protobuf message"),
    ],
)
def test_what_does_not_compile_says_where_and_why(text, fault):
    with pytest.raises(GuardFault, match=fault) as raised:
        compile_expression(text)
    assert "INVALID_ARGUMENT" not in str(raised.value)
    assert "\n" not in str(raised.value)


LOOPS = "".join(f"data.items.all(v{depth}, " for depth in range(30)) + "true" + ")" * 30


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000,
        "(" * 900 + "1" + ")" * 900,
        "[" * 1000,
        "{1:" * 600,
        "1" + "+1" * 900,
        "data" + ".a" * 900,
        "true ? " * 200 + "1" + " : 1" * 200,
        "x" * 2001,
        "'" + "a" * 2000 + "'",
        "",
        " ",
        "\0",
        "'\0'",
        "\x1b[31m",
        "\ud800",
        "'\ud800'",
        "data.ä == 1",
        "\u202e",
        "data.\u200bx",
        "//",
        "'",
        "data..a",
        "\\",
    ],
)
def test_pathological_text_is_a_fault_and_nothing_worse(text):
    with pytest.raises(GuardFault) as raised:
        compile_expression(text)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "text", ["!" * 1999 + "1", "!" * 1996 + "true", "true" + "&&true" * 300, "data" + ".a" * 30, LOOPS]
)
def test_long_text_that_is_fine_compiles_or_is_a_fault(text):
    try:
        compile_expression(text).holds(VIEW)
    except GuardFault:
        assert "1" in text


TOKENS = (
    "data payload actor case now . [ ] ( ) { } , : ? && || ! == != < + - * / % in 1 2.5 0u 'a' b'x' null true a id "
    "opened_at has( size( .exists(x, .map(x, x timestamp( duration( string( .matches( dyn( type("
)
TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(TOKENS),
    max_size=12,
).map(" ".join)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "id", "x"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=length(150, 300), deadline=None)
@given(TEXTS)
def test_any_text_compiles_or_is_a_fault(text):
    fault = ""
    try:
        compile_expression(text).holds(VIEW)
    except GuardFault as refused:
        fault = str(refused)
    assert "\n" not in fault


EXPRESSIONS = [
    *ERRORS,
    "data.a == data.id",
    "data.a < data.id",
    "data.a.exists(x, x == data.id)",
    "case.opened_at < now",
]


@settings(max_examples=length(150, 300), deadline=None)
@given(
    st.sampled_from(EXPRESSIONS),
    st.dictionaries(st.sampled_from(["data", "payload", "actor", "case", "now", "other"]), VALUES),
)
def test_no_variables_make_a_guard_raise(text, variables):
    truth = holds(text, View(variables))
    assert truth.value in {True, False}
    assert not (truth.value and truth.error)


@settings(max_examples=length(75, 150), deadline=None)
@given(VALUES)
def test_the_value_of_a_field_is_the_field_or_a_fault(value):
    assume(writable(value) is None)  # nothing else gets as far as an expression
    try:
        found = compile_expression("data.a").value(View({"data": {"a": value}}))
    except EvaluationFault:
        return
    assert found == View({"data": {"a": value}}).saw(["data.a"])["data.a"]
