"""`check` finds what machine and policy together let nobody do, and lines that undo one another."""

from pathlib import Path
from typing import Any

import pytest

from app.commands.opening.declared import Declared, read_folders
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.together import check_together
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.load import load_case_type
from tests.declaring import FILE, claim

STATES = "a: {}\nb: {initial: x, states: {x: {}, y: {}}}\nc: {final: true}"
EVENTS = "go: {from: a, to: b}\non: {from: b.x, to: b.y}\nend: {from: [a, b], to: c}"
CLOCK = "late: {start: {enters: a}, stop: {enters: c}, target: 1h, steps: [{at: 100%, fire: end}]}"


def told(*rows: PolicyRow, events: str = EVENTS, slas: str = CLOCK) -> list[str]:
    faults = found(*rows, events=events, slas=slas)
    return [f"{fault.file.split('/')[-1]}:{fault.line} {fault.severity}: {fault.message}" for fault in faults]


def found(*rows: PolicyRow, events: str = EVENTS, slas: str = CLOCK) -> list[Fault]:
    loaded = load_case_type(claim(STATES, events, slas), FILE)
    assert loaded.case_type is not None
    assert loaded.source is not None
    return list(check_together({"claim": loaded.case_type}, rows, {"claim": loaded.source}))


def rule(act: str, role: str = "role:boss", line: int = 3, **columns: Any) -> PolicyRow:
    return PolicyRow(file="claim.csv", line=line, kind="p", **{"role": role, "obj": "claim", "act": act, **columns})


def includes(outer: str, inner: str) -> PolicyRow:
    return PolicyRow(file="claim.csv", line=9, kind="g", role=outer, obj=inner)


READS = rule("case:read")
ALL = (READS, rule("open"), rule("go"), rule("on"), rule("end"))


@pytest.mark.parametrize(
    "rows",
    [
        ALL,
        (rule("*"), READS),
        (rule("*", obj="*"), rule("case:read", "*", obj="*")),
        (rule("*", tenant="acme"), READS),
        (rule("*", when="case.urgency > 1"), READS),
        (rule("open", "*"), rule("go", "[creator]"), rule("on", "[creator]"), rule("end", "role:system")),
        (*ALL, rule("end", eft="deny", when="case.urgency > 1")),
        (*ALL, rule("end", eft="deny", tenant="acme")),
        (*ALL, rule("end", "role:clerk", eft="deny")),
        (rule("*", "role:clerk"), READS, includes("role:clerk", "role:boss")),
        (rule("*", "role:admin"),),
    ],
)
def test_where_somebody_may_do_each_thing_nothing_is_told(rows: tuple[PolicyRow, ...]) -> None:
    assert told(*rows) == []


@pytest.mark.parametrize("rows", [(), (READS,), (rule("*", obj="other"),), (rule("*", eft="deny"),)])
def test_a_policy_that_lets_nobody_do_anything_is_told_once(rows: tuple[PolicyRow, ...]) -> None:
    assert told(*rows) == ["claim.yaml:1 warning: no policy line lets anybody do anything with `claim`"]


@pytest.mark.parametrize(
    ("rows", "event", "line"),
    [
        ((READS, rule("open"), rule("go"), rule("end")), "fire `on`", 9),
        ((READS, rule("open"), rule("on"), rule("end"), rule("go", "role:system")), "fire `go`", 8),
        ((READS, rule("go"), rule("on"), rule("end")), "open a case by `open`", 2),
        ((READS, rule("go"), rule("on"), rule("end"), rule("*", "[creator]")), "open a case by `open`", 2),
    ],
)
def test_an_event_that_no_line_allows_to_anybody_is_named(rows: tuple[PolicyRow, ...], event: str, line: int) -> None:
    assert told(*rows) == [f"claim.yaml:{line} warning: no policy line lets anybody {event}"]


def test_a_state_that_the_policy_lets_nobody_leave_is_named_with_what_would_leave_it() -> None:
    events = EVENTS.replace("[a, b]", "b")
    assert told(READS, rule("open"), rule("on"), rule("end"), events=events, slas="") == [
        "claim.yaml:8 warning: no policy line lets anybody fire `go`",
        "claim.yaml:4 warning: nobody may fire what leaves `a`",
    ]
    assert told(READS, rule("open"), rule("go"), rule("on"), slas="") == [
        "claim.yaml:10 warning: no policy line lets anybody fire `end`",
        "claim.yaml:5 warning: nobody may fire what leaves `b.y`",
    ]


def test_of_states_that_nobody_may_leave_those_alone_are_named_to_which_cases_come() -> None:
    stuck = [line for line in told(READS, rule("open"), slas="") if "leaves" in line]
    assert stuck == ["claim.yaml:4 warning: nobody may fire what leaves `a`"]


def test_a_state_that_no_event_leaves_is_not_said_to_be_left_by_what_nobody_may_fire() -> None:
    events = EVENTS.replace("[a, b]", "a")
    assert not [line for line in told(READS, rule("open"), rule("go"), rule("on"), events=events) if "leaves" in line]


def test_what_would_leave_a_state_is_named_and_nothing_that_stays_or_leaves_another() -> None:
    stays = "stay: {from: b, to: '='}\nback: {from: a, to: a}\nany: {from: '*', to: c}"
    faults = found(READS, rule("open"), rule("go"), rule("on"), events=f"{EVENTS}\n{stays}", slas="")
    [fault] = [fault for fault in faults if "leaves" in fault.message]
    assert (fault.message, fault.remedy) == ("nobody may fire what leaves `b.y`", "let somebody fire `end` or `any`")


def test_a_role_that_fires_what_it_may_not_read_is_told_once_with_the_line_to_add() -> None:
    blind = "claim.csv:5 warning: `role:clerk` may fire `on` of `claim`, and may not read its cases"
    assert told(*ALL, rule("on", "role:clerk", 5), rule("end", "role:clerk", 6)) == [blind]
    assert told(*ALL, rule("open", "role:clerk")) == []
    assert told(*ALL, rule("on", "role:clerk"), includes("role:clerk", "role:boss")) == []


@pytest.mark.parametrize(
    ("deny", "what"),
    [
        (rule("on", line=7, eft="deny"), "the same"),
        (rule("on", line=7, eft="deny", obj="*"), "the same"),
        (rule("on", "*", line=7, eft="deny"), "all of it"),
        (rule("*", line=7, eft="deny", tenant="*"), "all of it"),
        (rule("on", line=7, eft="deny", when="case.urgency > 1"), "the same"),
    ],
)
def test_a_line_that_another_one_undoes_is_told_with_that_line(deny: PolicyRow, what: str) -> None:
    allow = rule("on", when=deny.when)
    message = f"claim.csv:3 warning: this allows `on` to `role:boss`, and claim.csv:7 denies {what}"
    assert message in told(READS, rule("*", "role:chef"), rule("case:read", "role:chef"), allow, deny)


def test_a_line_that_denies_all_events_denies_no_reading() -> None:
    lines = told(*ALL, rule("*", line=7, eft="deny"))
    assert lines
    assert not [line for line in lines if "`case:read`" in line]


def test_an_allowed_reading_that_is_denied_too_is_told() -> None:
    assert "claim.csv:3 warning: this allows `case:read` to `role:boss`, and claim.csv:7 denies the same" in told(
        *ALL, rule("case:read", line=7, eft="deny")
    )


def test_one_mistake_on_many_lines_is_told_once_with_their_number(tmp_path: Path) -> None:
    lines = [f"p, role:r{number}, *, clam, go, , allow\n" for number in range(25)]
    found = _read(tmp_path, "".join(lines) + "p, *, *, claim, *, , allow\np, *, *, claim, case:read, , allow\n")
    [fault] = found.errors
    assert (fault.line, fault.remedy) == (1, "did you mean `claim`?")
    assert fault.message == "unknown case type `clam` (and on 24 more lines: 2, 3 and 22 more)"
    few = _read(tmp_path, "".join(lines[:3]))
    assert [fault.line for fault in few.errors] == [1, 2, 3]


def test_an_empty_policy_file_is_told(tmp_path: Path) -> None:
    found = _read(tmp_path, "")
    assert [fault.message for fault in found.faults] == ["no policy line lets anybody do anything with `claim`"]


def _read(folder: Path, policy: str) -> Declared:
    for name in ("machines", "policies"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "machines" / "claim.yaml").write_text(claim(STATES, EVENTS))
    (folder / "policies" / "claim.csv").write_text(policy)
    return read_folders(folder / "machines", folder / "policies")
