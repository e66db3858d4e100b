"""What templates show is escaped as ever, and what rows of a list show too, though no template makes them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from app.ui.frame.environment import environment
from app.ui.frame.shown import shown
from app.ui.frame.times import Times
from app.ui.frame.words import words
from app.ui.queue.columns import Column
from app.ui.queue.drawn_rows import DrawnRows
from app.ui.queue.due import Due
from app.ui.queue.rows import Row
from tests.ui.serving import reader

NAUGHTY = "<b \"x\" 'y'>&amp;"
AT = datetime(2026, 12, 3, 16, tzinfo=UTC)


@given(st.text())
@example(NAUGHTY)
def test_a_text_is_shown_as_it_is_escaped(text):
    assert shown(text) == escape(text)
    assert shown(Markup(text)) == Markup(text)


class Named(str):
    """A text that says something else of itself."""

    def __html__(self) -> str:
        return "<i>"


@pytest.mark.parametrize("value", [None, 5, 0.5, ["<"], {"<": "'"}, True, Named("<")])
def test_whatever_is_no_text_is_shown_as_it_is_escaped(value):
    assert shown(value) == escape(value)


def test_templates_escape_by_it_and_show_nothing_that_is_not_there():
    template = environment().from_string("{{ a }}{{ a ~ b }}{% set c %}{{ a }}{% endset %}{{ c }}{{ a | upper }}")
    expected = [escape(text) for text in (NAUGHTY, NAUGHTY, "<", NAUGHTY, NAUGHTY.upper())]
    assert template.render(a=NAUGHTY, b="<") == "".join(expected)
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_no_cell_of_a_row_shows_markup_that_somebody_wrote():
    keys = ("reference", "state", "due", "urgency", "assignee", "case_type", "opened_at", "data.x")
    columns = [Column(key=key, title=NAUGHTY, align="end" if key == "data.x" else None) for key in keys]
    row = Row(
        href="/cases/1",
        reference=escape(NAUGHTY),
        title=escape(NAUGHTY),
        states=[NAUGHTY, NAUGHTY],
        closed=False,
        due=Due(tone="late", shape="▲", words=NAUGHTY, moment=AT),
        urgency=NAUGHTY,
        assignee="user:ada",
        cells={**dict.fromkeys(keys, NAUGHTY), "opened_at": AT},
        excerpts=[escape(NAUGHTY)],
    )
    people, times = {"user:ada": NAUGHTY}, Times(words("en"), ZoneInfo("UTC"), AT)
    drawn = DrawnRows(reader=reader(), times=times, people=people, columns=columns).of(row)
    assert "<b" not in drawn
    assert "&amp;amp;" in drawn
    assert drawn.count(escape(NAUGHTY)) == 17  # a title in all but the first cell, and what the cells hold
