"""What a diagram of a case type must show, and that nothing in a declaration can break it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from app.domain.definition.case_type import CaseType
from app.domain.diagram import mermaid, svg, transition_table
from app.domain.diagram.style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"

CLAIM = """
case_type: expense_claim
title: Expense claim
opening: {save: draft, submit: submitted}
states:
  draft: {}
  submitted: {title: Submitted}
  review:
    initial: first_line
    states: {first_line: {}, second_line: {}}
  checks:
    parallel: true
    on_done: approved
    states:
      budget: {initial: open, states: {open: {}, ok: {final: true}}}
      fraud: {initial: open, states: {open: {}, ok: {final: true}}}
  waiting: {title: Waiting for the claimant}
  approved: {}
  paid: {final: true}
  rejected: {final: true}
events:
  submit: {from: draft, to: submitted}
  triage: {from: submitted, to: review}
  approve:
    transitions:
      - {from: review.first_line, to: approved, when: "data.amount_cents <= 50000"}
      - {from: review.first_line, to: review.second_line}
      - {from: review.second_line, to: checks, unless_actor_of: [submit]}
  clear_budget: {from: checks.budget.open, to: checks.budget.ok}
  clear_fraud: {from: checks.fraud.open, to: checks.fraud.ok}
  ask: {from: checks, to: waiting}
  answer: {from: waiting, to: "checks.$deep_history"}
  reject: {from: [submitted, review, checks], to: rejected, reason: required}
  pay: {from: approved, to: paid}
  escalate_late: {from: [submitted, review, checks], to: "="}
  withdraw: {from: "*", to: rejected}
  add_note: {from: "*", to: "="}
"""


def declared(text: str) -> CaseType:
    return CaseType.model_validate(yaml.safe_load(text))


@pytest.fixture
def claim() -> CaseType:
    return declared(CLAIM)


def drawn(case_type: CaseType, *current: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg(case_type, current))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def group(picture: ElementTree.Element, state: str) -> ElementTree.Element:
    return next(found for found in picture.iter(f"{SVG}g") if found.get("data-state") == state)


def test_only_the_current_states_are_marked_as_current_and_those_around_them_as_around(claim: CaseType) -> None:
    picture = drawn(claim, "checks.budget.open", "checks.fraud.ok")
    marked = {box.get("data-state"): box.get("class") for box in picture.iter(f"{SVG}g") if box.get("data-state")}
    assert [state for state, kind in marked.items() if "current" in kind] == ["checks.budget.open", "checks.fraud.ok"]
    assert [state for state, kind in marked.items() if "around" in kind] == ["checks", "checks.budget", "checks.fraud"]


def test_the_current_state_is_told_in_words_too(claim: CaseType) -> None:
    assert "Current state: approved." in (drawn(claim, "approved").findtext(f"{SVG}desc") or "")


def test_a_final_state_has_a_double_border_and_others_have_not(claim: CaseType) -> None:
    picture = drawn(claim)
    assert len(group(picture, "paid").findall(f"{SVG}rect")) == 2
    assert len(group(picture, "approved").findall(f"{SVG}rect")) == 1


def test_regions_stand_side_by_side_with_a_dashed_line_between_them(claim: CaseType) -> None:
    picture = drawn(claim)
    (divider,) = (path for path in picture.iter(f"{SVG}path") if path.get("class") == "divider")
    middle = float(re.match(r"M([\d.]+)", divider.get("d", ""))[1])
    budget, fraud = (group(picture, f"checks.{region}").find(f"{SVG}rect") for region in ("budget", "fraud"))
    assert float(budget.get("x")) + float(budget.get("width")) < middle < float(fraud.get("x"))
    assert budget.get("y") == fraud.get("y")


def test_the_picture_names_itself_and_lists_its_transitions_for_those_who_do_not_see_it(claim: CaseType) -> None:
    picture = drawn(claim)
    description = picture.findtext(f"{SVG}desc") or ""
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title") == "State diagram: Expense claim"
    assert "approve from review.first_line to approved if data.amount_cents <= 50000" in description
    assert "answer from waiting to checks (deep history)" in description
    assert "approve from review.second_line to checks unless the actor of submit" in description


def test_the_picture_needs_nothing_from_outside_and_runs_nothing(claim: CaseType) -> None:
    text = svg(claim).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|href|url\(|<script|@import|\son\w+=", text)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_has_enough_contrast_on_everything_it_may_stand_on(colours: str) -> None:
    named = dict(colour.removeprefix("--").split(":") for colour in colours.split(";"))
    grounds = ("page", "box", "inside")
    pairs = [("ink", "mark"), *((text, ground) for text in ("ink", "soft") for ground in grounds)]
    for text, ground in pairs:
        lighter, darker = sorted((luminance(named[text]), luminance(named[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_titles_cannot_break_out_of_the_picture() -> None:
    nasty = declared("""
        case_type: nasty
        title: "</title><script>alert(1)</script>"
        initial: end
        states: {end: {title: "\\"><script>\\x07&\\ud83d \\uffff"}, state: {final: true}}
        events: {class: {title: "]]><g onload='x'>", from: end, to: state, when: "data.a < 3 && \\"<b>\\" == data.b"}}
    """)
    picture = drawn(nasty)
    assert not [tag for tag in picture.iter() if tag.tag.endswith("script") or tag.get("onload")]


def test_the_same_case_type_is_drawn_the_same_in_every_process(claim: CaseType) -> None:
    code = "import sys, yaml; from app.domain.definition.case_type import CaseType\n"
    code += "from app.domain.diagram import mermaid, svg\n"
    code += "case_type = CaseType.model_validate(yaml.safe_load(sys.stdin)); print(svg(case_type) + mermaid(case_type))"
    seeds = ("1", "2")
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=CLAIM,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in seeds
    ]
    assert runs[0] == runs[1] == svg(claim) + mermaid(claim) + "\n"


def test_many_events_that_stay_are_a_note_and_no_monster() -> None:
    events = {f"update_part_{number}_of_the_file": {"from": "*", "to": "="} for number in range(137)}
    moves = {f"go_{number}": {"from": f"s{number}", "to": f"s{number + 1}"} for number in range(7)}
    states = {f"s{number}": {} for number in range(8)}
    large = CaseType.model_validate({"case_type": "et", "initial": "s0", "states": states, "events": events | moves})
    picture = drawn(large)
    assert float(picture.get("width")) < 900
    assert float(picture.get("height")) < 2200
    assert sum("of the file" in (text.text or "") for text in picture.iter(f"{SVG}text")) > 10


def test_the_table_has_one_row_per_source_and_the_joins(claim: CaseType) -> None:
    rows = [(row.source, row.event, row.target) for row in transition_table(claim)]
    assert [row for row in rows if row[1] == "reject"] == [
        ("submitted", "reject", "rejected"),
        ("review", "reject", "rejected"),
        ("checks", "reject", "rejected"),
    ]
    assert rows[-1] == ("checks", None, "approved")
    (second,) = [row for row in transition_table(claim) if row.source == "review.second_line"]
    assert second.unless_actor_of == ("submit",)


def test_mermaid_shows_nesting_regions_joins_guards_history_and_any_state(claim: CaseType) -> None:
    lines = [line.strip() for line in mermaid(claim).splitlines()]
    for line in (
        "stateDiagram-v2",
        'state "Any state" as any',
        "state s_review {",
        "[*] --> s_review.first_line",
        "--",
        "s_checks.budget.ok --> [*]",
        "s_review.first_line --> s_approved: Approve [data.amount_cents #60;= 50000]",
        "s_checks --> s_approved: when finished",
        "s_waiting --> s_checks: Answer (deep history)",
        "any --> s_rejected: Withdraw",
        "[*] --> s_draft: Save",
        "stays: Add note",
    ):
        assert line in lines


def test_a_mermaid_id_is_never_a_keyword_and_a_text_never_ends_its_line() -> None:
    keywords = declared("""
        case_type: keywords
        title: 'a "b": c'
        initial: end
        states: {end: {title: "x\\ny: \\"z\\"; end note"}, state: {}, note: {}, class: {final: true}}
        events:
          to_end: {from: [state, note, class, end], to: end, when: "data.a == ':;--'"}
          end: {from: end, to: state}
    """)
    text = mermaid(keywords)
    assert "s_state --> s_end: To end [data.a == '#58;#59;#45;#45;']" in text
    assert 'state "x y#58; #34;z#34;#59; #101;#110;#100; note" as s_end' in text
    assert not re.search(r"^\s*(end|state|note|class) -->", text, re.MULTILINE)
