"""An internal transition does not leave its source, so that the regions beside it go on; the others are warned of."""

import pytest

from app.domain.declaring.reading.load import load_case_type
from app.domain.definition.case_type import CaseType
from app.domain.diagram.chart import chart, event_text
from app.domain.machine.machine import Machine
from tests.declaring import FILE, checked, claim
from tests.machine.test_semantics import fired

STATES = """
checks:
  parallel: true
  on_done: end
  states:
    budget: {initial: open, states: {open: {}, doubt: {}, ok: {final: true}}}
    fraud: {initial: open, states: {open: {}, deep: {initial: one, states: {one: {}, two: {}}}, ok: {final: true}}}
    papers:
      parallel: true
      states:
        visa: {initial: open, states: {open: {}, ok: {final: true}}}
        tax: {initial: open, states: {open: {}, ok: {final: true}}}
end: {final: true}
"""
EVENTS = """
doubt: {from: checks.budget.open, to: checks.budget.doubt}
clear_budget: {from: [checks.budget.open, checks.budget.doubt], to: checks.budget.ok}
dig: {from: checks.fraud.open, to: checks.fraud.deep}
further: {from: checks.fraud.deep.one, to: checks.fraud.deep.two}
clear_fraud: {from: [checks.fraud.open, checks.fraud.deep], to: checks.fraud.ok}
clear_visa: {from: checks.papers.visa.open, to: checks.papers.visa.ok}
clear_tax: {from: checks.papers.tax.open, to: checks.papers.tax.ok}
"""


def of(event: str) -> str:
    return claim(STATES, f"{EVENTS}go: {event}", opening="{start: checks}")


def told(event: str) -> list[str]:
    return [f"{fault.severity}: {fault.message}; {fault.remedy}" for fault in checked(of(event))]


def after(event: str, *events: str) -> list[str]:
    machine = Machine(_loaded(of(event)), "hash", 1)
    here = machine.opened("start")
    for name in events:
        here = fired(machine, here, name) or here
    return [leaf.removeprefix("checks.") for leaf in here.configuration if "papers" not in leaf]


def test_a_move_from_a_region_into_itself_lets_the_others_begin_anew_and_an_internal_one_leaves_them() -> None:
    event = "{from: checks.budget, to: checks.budget.doubt%s}"
    assert after(event % "", "clear_fraud", "go") == ["budget.doubt", "fraud.open"]
    assert after(event % ", internal: true", "clear_fraud", "go") == ["budget.doubt", "fraud.ok"]


def test_budget_and_fraud_that_redo_themselves_come_to_an_end_where_both_are_internal() -> None:
    ways = "{from: checks.budget, to: checks.budget.open, internal: true, when: 'true'}"
    event = f"{{transitions: [{ways}, {{from: checks.fraud, to: checks.fraud.deep.two, internal: true}}]}}"
    assert after(event, "clear_budget", "dig", "go") == ["budget.open", "fraud.deep.two"]


WHERE = "which leaves them where they are"


@pytest.mark.parametrize(
    ("event", "start", "remedy"),
    [
        ("{from: checks.budget, to: checks.budget.open}", "checks.budget", f"write `internal: true`, {WHERE}"),
        ("{from: checks.budget, to: checks.budget.$history}", "checks.budget", f"write `internal: true`, {WHERE}"),
        (
            "{from: checks.budget, to: checks.budget}",
            "checks.budget",
            f"write `to: checks.budget.open` and `internal: true`, {WHERE}",
        ),
        (
            "{from: checks.budget.doubt, to: checks.budget}",
            "checks.budget.doubt",
            f"write `to: checks.budget.open`, {WHERE}",
        ),
        (
            "{from: [end, checks.budget.doubt], to: checks.fraud.deep.two}".replace("end, ", ""),
            "checks.budget.doubt",
            f"write `from: checks.fraud`, `to: checks.fraud.deep.two` and `internal: true`, {WHERE}",
        ),
        (
            "{from: checks, to: checks.fraud}",
            "checks",
            f"write `from: checks.fraud`, `to: checks.fraud.open` and `internal: true`, {WHERE}",
        ),
        (
            "{from: checks.papers, to: checks.papers.visa.open}",
            "checks.papers",
            f"write `from: checks.papers.visa`, `to: checks.papers.visa.open` and `internal: true`, {WHERE}",
        ),
        (
            "{from: checks.papers.visa.ok, to: checks.papers.tax}".replace("visa.ok", "visa.open"),
            "checks.papers.visa.open",
            f"write `from: checks.papers.tax`, `to: checks.papers.tax.open` and `internal: true`, {WHERE}",
        ),
    ],
)
def test_a_move_that_lets_other_regions_begin_anew_is_warned_of_with_what_would_not(
    event: str, start: str, remedy: str
) -> None:
    message = f"`go` from `{start}` leaves all of `checks`: its other regions begin anew"
    assert told(event) == [f"warning: {message}; {remedy}"]
    fixed = dict(part.split(": ") for part in remedy.removeprefix("write ").split("`") if ": " in part)
    declared = {"from": start, "to": event.split("to: ")[1].rstrip("}"), **fixed}
    assert told("{" + ", ".join(f"{key}: {value}" for key, value in declared.items()) + "}") == []


def test_a_completion_of_a_region_into_itself_is_warned_of() -> None:
    states = STATES.replace("budget: {", "budget: {on_done: checks.budget.doubt, ")
    [fault] = checked(claim(states, EVENTS, opening="{start: checks}"))
    assert (fault.line, fault.severity) == (8, "warning")
    assert fault.message == "`on_done` of `checks.budget` leaves all of `checks`, whose other regions begin anew"


@pytest.mark.parametrize(
    "event",
    [
        "{from: checks.budget.doubt, to: checks.budget.open}",
        "{from: checks.budget.doubt, to: checks.budget.$history}",
        "{from: checks.fraud.deep, to: checks.fraud.open}",
        "{from: checks, to: checks}",
        "{from: checks.budget, to: checks}",
        "{from: checks.budget, to: checks.$deep_history}",
        '{from: "*", to: checks.budget.open}',
        "{from: [checks.fraud, checks.fraud.open], to: checks.fraud.deep, internal: true}",
    ],
)
def test_a_move_that_stays_in_its_region_or_names_the_whole_is_told_nothing(event: str) -> None:
    assert told(event) == []


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{from: checks.fraud.open, to: checks.fraud.deep, internal: true}", "`internal` does nothing"),
        ('{from: "*", to: "=", internal: true}', "`internal` means nothing where a case stays"),
        ("{from: checks, to: checks.fraud.deep, internal: true}", "`checks` is parallel, and every transition from it"),
    ],
)
def test_an_internal_that_changes_nothing_is_told(event: str, message: str) -> None:
    [line] = told(event)
    assert line.startswith(f"warning: {message}")


def test_a_diagram_says_which_transition_is_internal() -> None:
    case_type = _loaded(of("{from: checks.budget, to: checks.budget.open, internal: true}"))
    rows = [row for arrow in chart(case_type).arrows for row in arrow.rows if row.event == "go"]
    assert [event_text(case_type, row) for row in rows] == ["Go (internal)"]


def _loaded(text: str) -> CaseType:
    case_type = load_case_type(text, FILE).case_type
    assert case_type is not None
    return case_type
