"""A diagram of a case type as large as a court's can be read: few arrows, and in the boxes what is no arrow."""

import re

import pytest

from app.domain.definition.case_type import CaseType
from app.domain.diagram import mermaid, svg, transition_table
from app.domain.diagram.chart import MANY, MOST_ARROWS, chart
from app.domain.diagram.text import shortened, wrapped

STATES, EVENTS = 80, 600


def court(**more: object) -> CaseType:
    events = {
        f"event_{n}": {
            "title": f"Event {n}",
            "from": sorted({f"state_{(n * step) % STATES}" for step in (1, 7, 11)}),
            "to": f"state_{(n * 13 + 1) % STATES}",
        }
        for n in range(EVENTS)
    }
    return CaseType.model_validate(
        {
            "case_type": "court",
            "opening": {"open": "state_0"},
            "data": {"type": "object"},
            "states": {f"state_{n}": {"title": f"State {n}"} for n in range(STATES)},
            "events": events | more,
        }
    )


def test_a_large_chart_has_few_arrows_and_each_row_stands_once() -> None:
    drawn = chart(court())
    rows = [row for row in transition_table(court()) if not row.stays]
    arrows = [arrow for arrow in drawn.arrows if arrow.source in drawn.states]
    assert len(arrows) <= MOST_ARROWS
    told = [row for arrow in arrows for row in arrow.rows] + [row for one in drawn.folded.values() for row in one.lead]
    assert sorted(told, key=repr) == sorted(rows, key=repr)


def test_every_state_that_can_be_come_to_by_an_arrow_is() -> None:
    drawn = chart(court())
    reached = {arrow.target for arrow in drawn.arrows if arrow.source in drawn.states}
    assert reached | {"state_0"} == {row.state for row in transition_table(court())} | {"state_0"}


def test_one_event_from_many_states_into_one_is_told_once_in_its_box() -> None:
    everywhere = [f"state_{n}" for n in range(30)]
    drawn = chart(court(withdraw={"title": "Withdraw", "from": everywhere, "to": "state_79"}))
    assert [(row.event, count) for row, count in drawn.folded["state_79"].come] == [("withdraw", 30)]
    assert not [arrow for arrow in drawn.arrows for row in arrow.rows if row.event == "withdraw"]
    assert "Withdraw from 30 states" in " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg(court(
        withdraw={"title": "Withdraw", "from": everywhere, "to": "state_79"}
    ))))  # fmt: skip


def test_the_text_for_programs_and_those_who_do_not_see_has_all_of_it() -> None:
    rows = [row for row in transition_table(court()) if not row.stays]
    assert len(re.findall(r"-->", mermaid(court()))) >= len({(row.source, row.state) for row in rows})
    [described] = re.findall(r"<desc[^>]*>(.*?)</desc>", svg(court()), re.DOTALL)
    assert all(f"{row.event} from {row.source} to {row.state}" in described for row in rows)


@pytest.mark.parametrize("count", [MANY - 1, MANY + 1])
def test_a_chart_of_few_arrows_folds_nothing(count: int) -> None:
    small = CaseType.model_validate(
        {
            "case_type": "small",
            "opening": {"open": "s0"},
            "data": {"type": "object"},
            "states": {f"s{n}": {} for n in range(count + 1)},
            "events": {"go": {"from": [f"s{n}" for n in range(count)], "to": f"s{count}"}},
        }
    )
    assert not chart(small).folded


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("data.amount <= 500 && data.currency == 'EUR'", 30, "data.amount <= 500 &&…"),
        ("data.amount <= 500", 30, "data.amount <= 500"),
        ("x" * 40, 30, "x" * 29 + "…"),
        ("a " + "x" * 40, 30, "a " + "x" * 27 + "…"),
    ],
)
def test_guards_are_cut_between_words(text: str, length: int, expected: str) -> None:
    assert shortened(text, length) == expected


def test_a_word_that_is_wider_than_a_line_is_cut_behind_a_joint() -> None:
    assert wrapped("data.the_name_of_a_field_that_is_long", 11, 170) == ["data.the_name_of_a_field_", "that_is_long"]
