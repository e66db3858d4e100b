"""Dates and times as people type them, on 30 November 2026 in Berlin."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.values.rfc3339 import parse_rfc3339
from app.ui.forms.days import read_day, told_day
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.moments import kept_moment, read_moment, shown_moment, told_moment

BERLIN = ZoneInfo("Europe/Berlin")
EN = Manner("en", BERLIN, datetime(2026, 11, 30, 12, tzinfo=UTC))
DE = Manner("de", BERLIN, datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-03", "2026-12-03"),
        ("3.12.", "2026-12-03"),
        ("3.12", "2026-12-03"),
        ("03.12.2026", "2026-12-03"),
        ("3. 12. 26", "2026-12-03"),
        ("3.1.", "2027-01-03"),
        ("3 Dec", "2026-12-03"),
        ("3 December 2025", "2025-12-03"),
        ("3. Dezember", "2026-12-03"),
        ("3rd dec", "2026-12-03"),
        ("Dec 3, 2026", "2026-12-03"),
        ("Thu 3 Dec 2026", "2026-12-03"),
        ("Do., 3. Dez. 2026", "2026-12-03"),
        ("5. März", "2027-03-05"),
        ("today", "2026-11-30"),
        ("Heute", "2026-11-30"),
        ("tomorrow", "2026-12-01"),
        ("morgen", "2026-12-01"),
        ("yesterday", "2026-11-29"),
        ("übermorgen", "2026-12-02"),
        ("friday", "2026-12-04"),
        ("Monday", "2026-12-07"),
        ("Freitag", "2026-12-04"),
        ("+3", "2026-12-03"),
        ("in 3 days", "2026-12-03"),
        ("in 3 Tagen", "2026-12-03"),
        ("29.2.", "2028-02-29"),
    ],
)
def test_a_day_is_read_in_both_languages(text: str, day: str) -> None:
    assert read_day(text, EN) == read_day(text, DE) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["3/12", "31.2.", "2026-02-30", "Thursday 3", "soon", "3.12.2026.", "0.0.", "+99999", "13.13.", "۳.۱۲."]
)
def test_what_is_no_day_or_could_be_two_is_not_guessed(text: str) -> None:
    with pytest.raises(Unreadable, match="such as 3 Dec 2026"):
        read_day(text, EN)
    with pytest.raises(Unreadable, match=r"such as 3\.12\.2026"):
        read_day(text, DE)


def test_today_is_the_day_of_the_readers_zone() -> None:
    late = Manner("en", ZoneInfo("Pacific/Auckland"), datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert read_day("today", late) == date(2026, 12, 1)


def test_what_was_understood_is_said_with_its_weekday() -> None:
    assert told_day(date(2026, 12, 3), EN) == "Thu 3 Dec 2026"
    assert told_day(date(2026, 12, 3), DE) == "Do. 3. Dez. 2026"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-03 14:00", "2026-12-03T13:00:00Z"),
        ("2026-12-03T14:00", "2026-12-03T13:00:00Z"),
        ("3.12. 14:00", "2026-12-03T13:00:00Z"),
        ("3 Dec 2026, 14:00", "2026-12-03T13:00:00Z"),
        ("tomorrow 9:30", "2026-12-01T08:30:00Z"),
        ("morgen 9 Uhr", "2026-12-01T08:00:00Z"),
        ("morgen um 9:15 Uhr", "2026-12-01T08:15:00Z"),
        ("tomorrow at 2:30 pm", "2026-12-01T13:30:00Z"),
        ("12am", "2026-11-29T23:00:00Z"),
        ("now", "2026-11-30T12:00:00Z"),
        ("jetzt", "2026-11-30T12:00:00Z"),
        ("friday noon", "2026-12-04T11:00:00Z"),
        ("2026-12-03T14:00:00-05:00", "2026-12-03T19:00:00Z"),
        ("1.7.2026 14:00:05", "2026-07-01T12:00:05Z"),
    ],
)
def test_a_moment_is_read_in_the_readers_zone(text: str, moment: str) -> None:
    assert kept_moment(read_moment(text, EN)) == moment


@pytest.mark.parametrize("text", ["3.12.", "tomorrow", "25:00", "13pm", "tomorrow 9", "14:60", "x 14:00"])
def test_a_moment_without_a_time_asks_for_one(text: str) -> None:
    with pytest.raises(Unreadable):
        read_moment(text, EN)


def test_a_time_that_the_clocks_pass_over_is_not_moved_in_silence() -> None:
    with pytest.raises(Unreadable, match="put forward"):
        read_moment("29.3.2026 2:30", EN)


def test_of_a_time_that_is_there_twice_the_zone_tells_which_was_understood() -> None:
    assert told_moment(read_moment("25.10.2026 2:30", EN), EN) == "Sun 25 Oct 2026, 02:30 CEST"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_moment_at_the_end_of_the_calendar_stands_in_its_input_and_reads_back(zone: str, text: str) -> None:
    manner = Manner("en", ZoneInfo(zone), EN.now)
    moment = parse_rfc3339(text)
    assert kept_moment(read_moment(shown_moment(moment, manner), manner)) == text
    assert told_moment(moment, manner)
