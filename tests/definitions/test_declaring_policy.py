"""`check` finds policy lines that name what is not there, or that can never decide."""

from typing import Any

import pytest

from app.domain.declaring.checks.policy import check_policy
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.reading.load import load_case_type
from tests.declaring import FILE, claim

LOADED = load_case_type(
    claim(
        "a: {}\nb: {final: true}",
        "go: {from: a, to: b}",
        "d: {start: {enters: a}, target: 1h, stop: {enters: b}, steps: [{at: 50%, notify: role:boss}]}",
        data="type: object\nproperties: {amount: {type: integer}}",
    ),
    FILE,
)


def told(*rows: PolicyRow) -> list[str]:
    assert LOADED.case_type is not None
    assert LOADED.source is not None
    faults = check_policy({"claim": LOADED.case_type}, rows, sources={"claim": LOADED.source})
    return [f"{fault.file}:{fault.line} {fault.severity}: {fault.message}" for fault in faults]


def rule(**columns: Any) -> PolicyRow:
    base = {"role": "role:boss", "obj": "claim", "act": "go"}
    return PolicyRow(file="claim.csv", line=3, kind="p", **(base | columns))


def grant(role: str, obj: str) -> PolicyRow:
    return PolicyRow(file="claim.csv", line=4, kind="g", role=role, obj=obj)


WATCHED = load_case_type(
    claim("a: {}\nb: {final: true}", "go: {from: a, to: b, unless_actor_of: [open]}"),
    FILE,
)


@pytest.mark.parametrize("obj", ["claim", "*"])
def test_who_may_act_for_others_where_four_eyes_are_asked_for_is_told_who_counts(obj):
    faults = check_policy({"claim": WATCHED.case_type}, [rule(act="case:admin", obj=obj), rule(act="go")])
    assert [(fault.line, fault.severity, fault.message) for fault in faults] == [
        (
            3,
            "warning",
            "`role:boss` may act for others, and of a service four eyes of `claim` counts only whom it acts for",
        )
    ]
    denied = rule(act="case:admin", obj=obj, eft="deny")
    assert list(check_policy({"claim": WATCHED.case_type}, [denied, rule(act="go")])) == []


@pytest.mark.parametrize("act", ["go", "open", "*", "case:read", "case:admin"])
def test_a_line_for_what_there_is_is_told_nothing(act):
    assert told(rule(act=act)) == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"obj": "claims"}, "error: unknown case type `claims`"),
        ({"act": "goo"}, "error: `goo` is no event of `claim`"),
        ({"act": "goo", "obj": "*"}, "error: `goo` is no event of any case type"),
        (
            {"role": "[creator]", "act": "open"},
            "warning: `open` only opens cases, and no case role holds while opening",
        ),
    ],
)
def test_a_line_that_cannot_decide_is_named(columns, message):
    assert told(rule(), rule(**columns)) == [f"claim.csv:3 {message}"]


@pytest.mark.parametrize("when", ["data.amuont > 1", "data.amount >", "data.amount"])
def test_a_condition_is_checked_against_the_data(when):
    assert len(told(rule(when=when))) == 1
    assert told(rule(when="data.amount > 1")) == []


def test_a_role_that_a_clock_notifies_and_no_line_names_is_told_where_the_clock_stands():
    assert told(rule(role="role:bos")) == [f"{FILE}:9 warning: no policy line names the role `role:boss`"]


def test_the_role_of_the_clocks_and_that_of_administrators_are_built_in():
    text = claim(
        "a: {}\nb: {final: true}",
        "go: {from: a, to: b}",
        "d: {start: {enters: a}, target: 1h, stop: {enters: b}, steps: [{at: 50%, notify: role:admin}]}",
    )
    case_type = load_case_type(text, FILE).case_type
    assert case_type is not None
    assert check_policy({"claim": case_type}, []) == ()


def test_a_grant_of_a_role_that_may_do_nothing_is_told():
    assert told(rule(), grant("user:alice", "role:boss")) == []
    idle = "claim.csv:4 warning: no line lets `role:chef` do anything"
    assert told(rule(), grant("user:alice", "role:chef")) == [idle]


FIRES = load_case_type(
    claim(
        "a: {}\nb: {final: true}",
        "go: {from: a, to: b}",
        "d: {start: {enters: a}, target: 1h, stop: {enters: b}, steps: [{at: 100%, fire: go}]}",
    ),
    FILE,
)


def of_the_clock(*rows: PolicyRow) -> list[str]:
    assert FIRES.case_type is not None
    assert FIRES.source is not None
    faults = check_policy({"claim": FIRES.case_type}, rows, sources={"claim": FIRES.source})
    told = (f"{fault.line} {fault.severity}: {fault.message}; {fault.remedy}" for fault in faults if fault.line == 9)
    return list(told)


OTHERS = rule(role="role:boss")
REMEDY = "add the line `p, role:system, *, claim, go, , allow`"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [rule(role="role:system")],
        [rule(role="role:system", act="*", obj="*")],
        [rule(role="*")],
        [rule(role="role:system", tenant="acme")],
        [OTHERS, grant("role:system", "role:boss")],
        [OTHERS, grant("role:system", "role:clerk"), grant("role:clerk", "role:boss")],
        [rule(role="role:system"), rule(role="role:boss", eft="deny")],
        [rule(role="role:system"), rule(role="*", eft="deny", tenant="acme")],
        [rule(role="role:system"), rule(role="*", eft="deny", act="case:admin")],
        [rule(role="role:system"), rule(role="*", when="case.urgency > 1")],
    ],
)
def test_a_step_that_the_policy_lets_clocks_fire_is_told_nothing(rows):
    assert of_the_clock(*rows) == []


@pytest.mark.parametrize(
    "rows",
    [
        [OTHERS],
        [rule(role="[creator]")],
        [rule(role="role:system", act="open")],
        [rule(role="role:system", act="case:admin")],
        [OTHERS, grant("role:boss", "role:system")],
        [OTHERS, grant("user:ann", "role:boss")],
    ],
)
def test_a_step_that_no_line_lets_clocks_fire_is_told_with_the_line_to_add(rows):
    assert of_the_clock(*rows) == [
        f"9 warning: clocks fire `go` as `role:system`, and no policy line allows it; {REMEDY}"
    ]


def test_a_step_that_a_line_denies_to_clocks_is_told_with_that_line():
    message = "9 warning: clocks fire `go` as `role:system`, and claim.csv:3 denies it; let that line leave clocks out"
    assert of_the_clock(rule(role="role:system"), rule(role="*", eft="deny")) == [message]


@pytest.mark.parametrize(
    ("rows", "remedy"),
    [
        ([rule(role="role:system", when="case.urgency > 1")], REMEDY),
        (
            [rule(role="role:system"), rule(role="*", when="case.urgency > 1", eft="deny")],
            "let that line leave clocks out",
        ),
    ],
)
def test_a_step_that_clocks_may_fire_sometimes_is_told_with_the_condition(rows, remedy):
    message = "9 warning: whether clocks may fire `go` depends on the condition on claim.csv:3"
    assert of_the_clock(*rows) == [f"{message}; {remedy}"]
