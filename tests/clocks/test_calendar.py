"""Business time on a calendar: the published examples, clock changes, and what is refused."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.domain.calendars.business_time import ROUND_THE_CLOCK, Calendar
from app.domain.calendars.timeline import Timeline
from app.domain.definition.calendar_file import CalendarFile
from tests.lengths import part

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFICE = {"zone": "Europe/London", "weekly": {"mon-fri": ["09:00-17:00"]}}
EASTER = {**OFFICE, "closed": ["2026-04-03", "2026-04-06"]}
NIGHTS = {"mon-sun": ["22:00-30:00"]}


def calendar(declared: dict[str, Any], **extra: Any) -> Calendar:
    return Calendar.compiled(CalendarFile.model_validate(declared), **extra)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# The numbers of this table are the published examples, shared/sla-examples.json.
@pytest.mark.parametrize(
    ("declared", "start", "hours", "due"),
    [
        (EASTER, "2026-04-02T15:30+01:00", 4, "2026-04-07T11:30+01:00"),
        (EASTER, "2026-04-02T15:30+01:00", 6, "2026-04-07T13:30+01:00"),
        (EASTER, "2026-04-02T15:30+01:00", 8, "2026-04-07T14:30:00Z"),
        (
            {"zone": "America/New_York", "weekly": {"mon-sun": ["00:00-24:00"]}},
            "2026-03-07T20:00-05:00",
            24,
            "2026-03-09T01:00:00Z",
        ),
        ({"zone": "America/New_York", "weekly": NIGHTS}, "2026-03-07T22:00-05:00", 8, "2026-03-09T03:00:00Z"),
        (
            {"zone": "America/New_York", "weekly": {"sun": ["02:30-06:00"], "mon": ["02:30-06:00"]}},
            "2026-03-08T00:00-05:00",
            1,
            "2026-03-08T08:00:00Z",
        ),
        ({"zone": "Europe/Berlin", "weekly": NIGHTS}, "2026-10-24T22:00+02:00", 8, "2026-10-25T05:00+01:00"),
    ],
)
def test_the_published_examples_are_due_to_the_second(
    declared: dict[str, Any], start: str, hours: int, due: str
) -> None:
    assert calendar(declared).advance(at(start), hours * HOUR) == at(due)
    assert calendar(declared).worked(at(start), at(due)) == hours * HOUR


def test_an_opening_time_that_does_not_exist_is_the_moment_of_the_change() -> None:
    nights = calendar({"zone": "America/New_York", "weekly": {"sun": ["02:30-06:00"], "mon": ["02:30-06:00"]}})
    assert nights.opens(at("2026-03-08T00:00-05:00")) == at("2026-03-08T03:00-04:00")


def test_a_closing_time_that_does_not_exist_is_the_moment_of_the_change() -> None:
    nights = calendar({"zone": "America/New_York", "weekly": {"mon-sun": ["01:00-02:30"]}})
    assert nights.worked(at("2026-03-08T00:00-05:00"), at("2026-03-08T12:00-04:00")) == HOUR


def test_hours_that_lie_in_the_lost_hour_are_lost() -> None:
    nights = calendar({"zone": "America/New_York", "weekly": {"mon-sun": ["02:00-03:00"]}})
    assert nights.advance(at("2026-03-07T12:00-05:00"), HOUR) == at("2026-03-09T03:00-04:00")


def test_an_ambiguous_start_takes_the_first_pass_and_an_ambiguous_end_the_second() -> None:
    nights = calendar({"zone": "Europe/Berlin", "weekly": {"mon-sun": ["02:15-02:45"]}})
    day = at("2026-10-25T00:00+02:00")
    assert nights.opens(day) == at("2026-10-25T02:15+02:00")
    assert nights.worked(day, day + DAY) == timedelta(minutes=90)


def test_the_repeated_hour_counts_once_between_two_intervals_that_meet_in_it() -> None:
    nights = calendar({"zone": "Europe/Berlin", "weekly": {"mon-sun": ["00:00-02:30", "02:30-06:00"]}})
    day = at("2026-10-25T00:00+02:00")
    assert nights.worked(day, day + 12 * HOUR) == 7 * HOUR


def test_the_repeated_midnight_counts_once() -> None:
    havana = calendar({"zone": "America/Havana", "weekly": {"mon-sun": ["00:00-24:00"]}, "closed": ["2020-01-01"]})
    assert havana.worked(at("2026-10-31T00:00Z"), at("2026-11-03T00:00Z")) == 72 * HOUR


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    apia = calendar({"zone": "Pacific/Apia", "weekly": {"mon-sun": ["09:00-17:00"]}})
    opened = at("2011-12-29T09:00-10:00")
    assert apia.advance(opened, 9 * HOUR) == at("2011-12-31T10:00+14:00")


def test_a_night_shift_belongs_to_the_day_it_starts() -> None:
    nights = calendar({"zone": "Europe/Berlin", "weekly": NIGHTS, "closed": ["2026-06-10"]})
    assert nights.worked(at("2026-06-09T20:00+02:00"), at("2026-06-11T20:00+02:00")) == 8 * HOUR
    assert nights.opens(at("2026-06-10T07:00+02:00")) == at("2026-06-11T22:00+02:00")


def test_due_is_the_end_of_today_and_not_the_start_of_tomorrow() -> None:
    office = calendar(OFFICE)
    assert office.advance(at("2026-06-08T09:00+01:00"), 8 * HOUR) == at("2026-06-08T17:00+01:00")
    assert office.retreat(at("2026-06-09T10:00+01:00"), HOUR) == at("2026-06-08T17:00+01:00")
    assert office.advance(at("2026-06-13T12:00+01:00"), timedelta()) == at("2026-06-13T12:00+01:00")


def test_an_override_wins_over_a_closed_date_and_over_the_week() -> None:
    declared = {**OFFICE, "closed": ["2026-12-24"], "override": {"2026-12-24": ["09:00-13:00"], "2026-12-23": []}}
    office = calendar(declared, closed=[date(2026, 12, 28)])
    start = at("2026-12-22T16:00Z")
    assert office.advance(start, 5 * HOUR) == at("2026-12-24T13:00Z")
    assert office.advance(start, 13 * HOUR) == at("2026-12-25T17:00Z")
    assert office.advance(start, 14 * HOUR) == at("2026-12-29T10:00Z")


def test_every_stretch_of_time_says_why_it_counts_or_not() -> None:
    told = [
        (str(segment.since)[5:16], segment.counted, segment.why)
        for segment in calendar(EASTER).segments(at("2026-04-02T15:30+01:00"), at("2026-04-07T10:00+01:00"))
    ]
    assert told == [
        ("04-02 14:30", True, "working hours"),
        ("04-02 16:00", False, "outside of working hours"),
        ("04-02 23:00", False, "closed on 2026-04-03"),
        ("04-03 23:00", False, "outside of working hours"),
        ("04-05 23:00", False, "closed on 2026-04-06"),
        ("04-06 23:00", False, "outside of working hours"),
        ("04-07 08:00", True, "working hours"),
    ]


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"zone": "Mars/Base", "weekly": OFFICE["weekly"]}, "no time zone `Mars/Base`"),
        ({"zone": "../etc/passwd", "weekly": OFFICE["weekly"]}, "no time zone"),
        ({"zone": "UTC"}, "no working time"),
        ({"zone": "UTC", "weekly": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "mon: the hours overlap at 11:00"),
        ({"zone": "UTC", "weekly": {"mon-fri": ["09:00-12:00"], "wed": ["11:00-13:00"]}}, "wed: the hours overlap"),
        ({"zone": "UTC", "weekly": {"sun": ["22:00-30:00"], "mon": ["05:00-06:00"]}}, "night shift of sun overlaps"),
        (
            {"zone": "UTC", "weekly": {"tue": ["22:00-30:00"]}, "override": {"2026-06-10": ["05:00-06:00"]}},
            "night shift of 2026-06-09 overlaps the hours of 2026-06-10 at 05:00",
        ),
        (
            {"zone": "UTC", "weekly": {"wed": ["05:00-06:00"]}, "override": {"2026-06-09": ["22:00-30:00"]}},
            "night shift of 2026-06-09 overlaps",
        ),
        ({"zone": "UTC", "weekly": {"mon": ["22:00-06:00"]}}, "write a night shift as `22:00-30:00`"),
        ({"zone": "UTC", "weekly": {"mon": ["09:00-09:00"]}}, "ends before it starts"),
        ({"zone": "UTC", "weekly": {"mon": ["22:00-48:01"]}}, "end by 48:00"),
        ({"zone": "UTC", "weekly": {"mon": ["24:00-25:00"]}}, "start before 24:00"),
        ({"zone": "UTC", "weekly": {"mon": ["09:60-17:00"]}}, "are no hours"),
        ({"zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}, "closed": ["2026-02-30"]}, "is no date"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(declared: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        calendar(declared)


def test_a_calendar_that_rests_for_more_than_400_days_is_refused() -> None:
    days = [date(2026, 1, 1) + count * DAY for count in range(420)]
    with pytest.raises(ValueError, match="no working time within 400 days from 2026-01-01"):
        calendar(OFFICE, closed=days)
    calendar(OFFICE, closed=days[:390])


def test_a_calendar_of_single_dates_is_refused_once_they_are_over() -> None:
    fair = {"zone": "UTC", "override": {"2026-06-09": ["09:00-17:00"]}}
    calendar(fair, since=date(2026, 1, 1))
    with pytest.raises(ValueError, match="400 days from 2027-01-01"):
        calendar(fair, since=date(2027, 1, 1))
    with pytest.raises(ValueError, match="no working time within 400 days"):
        calendar(fair).advance(at("2026-06-09T12:00Z"), 6 * HOUR)


@pytest.mark.parametrize("declared", [OFFICE, {"zone": "UTC", "weekly": {"mon-sun": ["00:00-24:00"]}}])
def test_nothing_lies_beyond_the_year_9999(declared: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="beyond the year 9999"):
        calendar(declared).advance(at("9999-12-01T00:00Z"), 24 * 365 * HOUR)


def test_nothing_was_worked_backwards() -> None:
    office = calendar(OFFICE)
    assert office.worked(at("2026-06-08T12:00Z"), at("2026-06-08T10:00Z")) == timedelta()
    assert list(office.segments(at("2026-06-08T12:00Z"), at("2026-06-08T10:00Z"))) == []


def test_round_the_clock_counts_every_hour() -> None:
    start = at("2026-06-13T12:00Z")
    assert ROUND_THE_CLOCK.advance(start, 100 * HOUR) == start + 100 * HOUR
    assert ROUND_THE_CLOCK.retreat(start, 100 * HOUR) == start - 100 * HOUR
    assert ROUND_THE_CLOCK.worked(start, start - HOUR) == timedelta()


def test_a_new_version_counts_from_the_moment_it_applies() -> None:
    short = calendar({**OFFICE, "weekly": {"mon-fri": ["09:00-11:00"]}})
    change = at("2026-06-10T00:00+01:00")
    versions = Timeline([(at("2026-01-01T00:00Z"), calendar(OFFICE)), (change, short)])
    start = at("2026-06-09T13:00+01:00")
    assert versions.advance(start, 4 * HOUR) == at("2026-06-09T17:00+01:00")
    assert versions.advance(start, 5 * HOUR) == at("2026-06-10T10:00+01:00")
    assert versions.worked(start, at("2026-06-12T09:00+01:00")) == 8 * HOUR
    assert versions.retreat(at("2026-06-11T10:00+01:00"), 5 * HOUR) == at("2026-06-09T15:00+01:00")
    assert versions.opens(at("2026-06-10T11:00+01:00")) == at("2026-06-11T09:00+01:00")
    assert versions.worked(at("2020-06-08T00:00Z"), at("2020-06-09T00:00Z")) == 8 * HOUR
    segments = list(versions.segments(start, at("2026-06-11T12:00+01:00")))
    assert sum((s.until - s.since for s in segments if s.counted), timedelta()) == 8 * HOUR
    assert all(first.until == second.since for first, second in pairwise(segments))


def test_hours_repeated_across_midnight_count_once() -> None:
    """St John's went back at 00:01 to 23:01 of the day before."""
    nights = {"mon-sun": ["00:00-06:00", "20:00-23:30"]}
    johns = calendar({"zone": "America/St_Johns", "weekly": nights})
    day = at("2011-11-05T12:00-02:30")
    assert johns.worked(day, day + DAY) == timedelta(hours=10, minutes=30)


ZONES = ["Europe/Berlin", "America/Sao_Paulo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
WEEKS: list[dict[str, list[str]]] = [
    {"mon-fri": ["09:00-17:00"]},
    {"mon-sun": ["22:00-30:00"]},
    {"mon-sun": ["00:00-03:30", "12:00-24:00"]},
    {"wed": ["01:00-02:30"]},
    {"tue": ["20:00-48:00"], "fri": ["00:00-01:00"]},
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("week", part(range(len(WEEKS)), 2))
def test_whole_years_add_up_to_the_sum_of_their_days(zone: str, week: int) -> None:
    dice = random.Random(f"{zone} {week}")
    closed = [f"{dice.randint(1990, 2030)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}" for _ in range(40)]
    override = {"2024-12-24": ["09:00-12:00"], "1999-06-06": ["10:00-11:00"]}
    on = calendar({"zone": zone, "weekly": WEEKS[week], "closed": closed, "override": override})
    since = at(f"{dice.randint(1985, 2000)}-03-0{dice.randint(1, 9)}T13:07Z")
    until = since + timedelta(days=dice.randint(800, 9000), minutes=dice.randint(0, 1440))
    halves = [since + (until - since) * part / 60 for part in range(61)]  # of less than a year, so counted by days
    worked = on.worked(since, until)
    assert worked == sum((on.worked(*pair) for pair in pairwise(halves)), timedelta(0))
    reached = on.advance(since, worked)
    assert on.worked(since, reached) == worked
    assert on.worked(reached - timedelta(microseconds=1), until) == timedelta(microseconds=1)


def test_a_century_costs_about_as_many_days_as_changes_of_the_clocks() -> None:
    on = calendar({"zone": "Europe/Berlin", "weekly": {"mon-fri": ["09:00-17:00"]}})
    on.worked(at("1900-01-01T00:00Z"), at("2026-11-30T00:00Z"))
    assert on._slots.cache_info().misses < 2000  # of 46,000
    looked = on._slots.cache_info()
    on.advance(at("2000-01-03T00:00Z"), timedelta(days=3000))
    after = on._slots.cache_info()
    assert after.hits + after.misses - looked.hits - looked.misses < 1200  # of 14,600
