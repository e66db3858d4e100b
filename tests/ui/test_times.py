"""Moments and durations, as people say them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.ui.frame.numbers import money, number
from app.ui.frame.times import Times
from app.ui.frame.words import words

NOW = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def shown(moment: datetime | str | None, zone: ZoneInfo | None = None) -> str:
    html = Times(words("en"), BERLIN, NOW).when(moment, zone)
    return html.partition('<span class="hidden">')[0].striptags()


def test_what_is_near_says_how_far_first_and_then_the_moment() -> None:
    assert shown(NOW + timedelta(hours=3)) == "in 3 h · Thu 3 Dec, 16:00"
    assert shown(NOW - timedelta(minutes=12)) == "12 min ago · Thu 3 Dec, 12:48"
    assert shown(NOW - timedelta(seconds=5)) == "just now · Thu 3 Dec, 12:59"


def test_what_is_far_says_the_moment_only_and_the_year_where_it_is_another() -> None:
    assert shown(NOW + timedelta(days=3)) == "Sun 6 Dec, 13:00"
    assert shown("2027-01-04T08:00:00Z") == "Mon 4 Jan 2027, 09:00"
    assert shown(None) == ""


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Tokyo"])
def test_the_ends_of_the_calendar_are_told_in_every_zone(zone: str) -> None:
    times = Times(words("en"), ZoneInfo(zone), NOW)
    assert '<time datetime="0001-01-01T00:00:00Z">' in times.when("0001-01-01T00:00:00Z")
    assert '<time datetime="9999-12-31T23:59:59Z">' in times.when("9999-12-31T23:59:59Z")


def test_another_zone_than_the_readers_stands_there() -> None:
    assert shown(NOW + timedelta(days=3), ZoneInfo("Asia/Tokyo")) == "Sun 6 Dec, 21:00 (Asia/Tokyo)"


def test_it_is_a_time_element_with_the_full_form_for_those_who_hear_it() -> None:
    html = Times(words("en"), BERLIN, NOW).when(NOW + timedelta(hours=3))
    assert html.startswith('<time datetime="2026-12-03T15:00:00Z"><span aria-hidden="true">')
    assert '<span class="hidden">in 3 h, Thursday, 3 December 2026, 16:00</span>' in html


@pytest.mark.parametrize(
    ("length", "working", "said"),
    [
        (timedelta(minutes=45), False, "45 min"),
        (timedelta(hours=2, minutes=10), False, "2 h"),
        (timedelta(days=1), False, "24 h"),
        (timedelta(days=3), False, "3 days"),
        (7200, True, "2 working hours"),
        (3600, True, "1 working hour"),
        (60, True, "1 working minute"),
        (0, False, "1 min"),
    ],
)
def test_a_duration_is_said_in_words(length: timedelta | float, working: bool, said: str) -> None:
    assert Times(words("en"), BERLIN, NOW).duration(length, working) == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(285, "4 h 45 min"), (64 * 60, "64 h"), (12, "12 min"), (0, "0 min"), (0.4, "0 min")]
)
def test_what_one_adds_up_is_said_to_the_minute(minutes: float, said: str) -> None:
    assert Times(words("en"), BERLIN, NOW).exactly(timedelta(minutes=minutes)) == said


def test_what_is_due_counts() -> None:
    times = Times(words("en"), BERLIN, NOW)
    assert times.counting(NOW - timedelta(hours=2)).striptags() == "Overdue by 2 h"
    assert times.counting(NOW + timedelta(minutes=30)).striptags() == "Due in 30 min"


def test_amounts_and_numbers() -> None:
    english, german = words("en").locale, words("de").locale
    assert money(50_000, "EUR", english) == "500.00 EUR"
    assert money(1_250_000, "JPY", english) == "1,250,000 JPY"
    assert number(12345.5, english) == "12,345.5"
    assert german is not None
