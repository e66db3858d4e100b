"""A diagram in a page is painted by the page: it carries no style, and marks where a case is and the way it went."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from app.domain.declaring.reading.load import load_case_type
from app.domain.definition.case_type import CaseType
from app.domain.definition.in_language import in_language
from app.domain.diagram.inlined import plan
from app.domain.diagram.phrases import Phrases
from app.domain.diagram.travelled import Travelled
from tests.definitions.test_diagrams_of_any_case_type import case_types
from tests.lengths import length

MACHINES = Path(__file__).resolve().parents[2] / "machines"
PAINT = {"fill", "stroke", "style", "stroke-width", "stroke-dasharray", "color", "font-family", "class-name"}


def shipped(name: str) -> CaseType:
    case_type = load_case_type(
        (MACHINES / f"{name}.yaml").read_text(encoding="utf-8"), f"machines/{name}.yaml"
    ).case_type
    assert case_type is not None
    return case_type


def marked(svg: str, mark: str) -> set[str]:
    """The states that a drawing marks."""
    found = (one for one in ElementTree.fromstring(svg).iter("g") if mark in one.get("class", "").split())
    return {one.get("data-state", "") for one in found}


@settings(max_examples=length(20, 40), deadline=None)
@given(case_types())
def test_no_drawing_of_any_case_type_carries_a_style(case_type: CaseType) -> None:
    svg = plan(case_type).drawn(
        'A "label" <of> it', [next(iter(case_type.states))], Travelled(frozenset({(None, "a")}))
    )
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag in {"svg", "g", "rect", "path", "circle", "text"}
        assert not PAINT & set(element.keys()), element.attrib
    assert not re.search(
        r"style|https?:|href|url\(|<script", re.sub(r"<text.*?</text>|data-state=\S+|aria-label=.*? width", "", svg)
    )


@pytest.mark.parametrize("name", ["expense_claim", "incident", "permit"])
def test_a_shipped_case_type_fits_into_a_page(name: str) -> None:
    assert len(plan(shipped(name)).drawn("State diagram")) < 20_000


def test_titles_cannot_break_out_of_the_element() -> None:
    nasty = '</text></svg><script>alert(1)</script>"&'
    case_type = CaseType.model_validate(
        {
            "case_type": "nasty",
            "initial": "a",
            "states": {"a": {"title": nasty}, "b": {"title": nasty}},
            "events": {"go": {"title": nasty, "from": "a", "to": "b"}},
        }
    )
    svg = plan(case_type).drawn(nasty)
    assert "<script" not in svg
    assert ElementTree.fromstring(svg).get("aria-label") == nasty


def test_a_drawing_speaks_the_language_of_the_reader() -> None:
    phrases = Phrases(somebody_else="durch jemand anderen", finished="wenn fertig")
    svg = plan(in_language(shipped("expense_claim"), "de"), phrases).drawn("Zustände")
    texts = re.findall(r">([^<>]+)</text>", svg)
    assert {"Eingereicht", "wenn fertig", "durch jemand anderen"} <= set(texts)
    assert not {"Submitted", "when finished", "by someone else (four eyes)"} & set(texts)


def test_the_state_of_a_case_and_where_it_has_been_are_marked_by_classes() -> None:
    planned = plan(shipped("expense_claim"))
    checks = "checks.budget.open+checks.fraud.open"
    way = [None, "submitted", "review.first_line", "review.second_line", checks, "checks.budget.ok+checks.fraud.open"]
    svg = planned.drawn("Claim", ["checks.budget.ok", "checks.fraud.open"], gone(*way))
    assert marked(svg, "current") == {"checks.budget.ok", "checks.fraud.open"}
    assert marked(svg, "around") == {"checks", "checks.budget", "checks.fraud"}
    been = marked(svg, "been")
    assert been >= {"submitted", "review", "review.first_line", "review.second_line", "checks.budget.open"}
    assert not been & {"approved", "paid", "rejected", "waiting", "draft", "checks.budget.ok"}
    assert 'class="wire travelled"' in svg
    assert "travelled" not in planned.drawn("Claim")


def gone(*way: str | None) -> Travelled:
    """From one set of active states to the next."""
    return Travelled(frozenset((before, after) for before, after in pairwise(way) if after is not None))


@pytest.mark.parametrize(
    ("before", "after", "ways"),
    [
        ("draft", "submitted", {("draft", "submitted")}),
        ("review.second_line", "rejected", {("review", "rejected")}),
        ("review.first_line", "approved", {("review.first_line", "approved")}),
        ("submitted", "submitted", set()),
        ("draft", "paid", set()),
    ],
)
def test_a_move_went_along_its_own_arrow(before: str, after: str, ways: set[tuple[str, str]]) -> None:
    arrows = plan(shipped("expense_claim")).chart.arrows
    travelled = gone(before, after)
    assert {(arrow.source, arrow.target) for arrow in arrows if travelled.took(arrow.source, arrow.target)} == ways
