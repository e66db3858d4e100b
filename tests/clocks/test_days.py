"""Days as the law counts them: dates that move off a closed day, days before a date, business days from a weekend, and
steps so many business days before due."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.calendars.business_time import Calendar
from app.domain.calendars.timeline import Timeline
from app.domain.clocks.due_moment import due_by_field, due_moment
from app.domain.clocks.simulate import simulate
from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import Due
from tests.lengths import length

OFFICE: dict[str, Any] = {
    "zone": "Europe/Berlin",
    "weekly": {"mon-thu": ["09:00-17:00"], "fri": ["09:00-15:00"]},
    "closed": ["2026-05-14", "12-24"],
}
BERLIN = Timeline.of(Calendar.compiled(CalendarFile.model_validate(OFFICE)))
DAY = timedelta(days=1)
# 2026-05-14 is a Thursday, 2026-12-24 one too.


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("due", "start", "expected"),
    [
        # a date that has no hours moves to the next business day, or to the one before; the time of day stays
        ({"calendar_days": 30, "if_closed": "next"}, "2026-04-14T10:30+02:00", "2026-05-15T10:30+02:00"),
        ({"calendar_days": 30, "if_closed": "previous"}, "2026-04-14T10:30+02:00", "2026-05-13T10:30+02:00"),
        ({"calendar_days": 5, "if_closed": "next", "at": "24:00"}, "2026-05-04T10:30+02:00", "2026-05-12T00:00+02:00"),
        ({"calendar_days": 4, "if_closed": "next"}, "2026-05-04T10:30+02:00", "2026-05-08T10:30+02:00"),
        # never before the start
        ({"calendar_days": 0, "if_closed": "previous"}, "2026-05-09T10:30+02:00", "2026-05-11T10:30+02:00"),
        # business days that keep the time of day
        ({"business_days": 2, "at": "start"}, "2026-05-04T10:30+02:00", "2026-05-06T10:30+02:00"),
        ({"business_days": 1, "at": "start"}, "2026-05-07T20:15+02:00", "2026-05-08T20:15+02:00"),
        ({"business_days": 1, "at": "start"}, "2026-03-27T02:30+01:00", "2026-03-30T02:30+02:00"),
        # from a Saturday: it counts as the Monday, or as the Friday
        ({"business_days": 1}, "2026-05-09T12:00+02:00", "2026-05-12T17:00+02:00"),
        ({"business_days": 1, "from_closed": "previous"}, "2026-05-09T12:00+02:00", "2026-05-11T17:00+02:00"),
        ({"business_days": 0, "from_closed": "previous"}, "2026-05-09T12:00+02:00", "2026-05-11T17:00+02:00"),
        ({"business_days": 1, "cutoff": "12:00"}, "2026-05-09T13:00+02:00", "2026-05-12T17:00+02:00"),
        # over a day that is closed every year
        ({"business_days": 1}, "2026-12-23T12:00+01:00", "2026-12-25T15:00+01:00"),
        ({"business_days": 1}, "2027-12-23T12:00+01:00", "2027-12-27T17:00+01:00"),
    ],
)
def test_a_clock_is_due_so_many_days_after_its_start(due: dict[str, Any], start: str, expected: str) -> None:
    assert due_moment(Due.model_validate(due), at(start), BERLIN) == at(expected)


@pytest.mark.parametrize(
    ("due", "value", "expected"),
    [
        # a date lasts until its end, a business day until its hours end
        ({"calendar_days": -14}, "2026-05-29", "2026-05-16T00:00+02:00"),
        ({"calendar_days": -15, "if_closed": "previous"}, "2026-05-29", "2026-05-14T00:00+02:00"),
        ({"calendar_days": -14, "at": "12:00"}, "2026-05-29", "2026-05-15T12:00+02:00"),
        ({"calendar_days": -14}, "2026-05-29T09:00:00+02:00", "2026-05-15T09:00+02:00"),
        ({"business_days": -2}, "2026-05-18", "2026-05-13T17:00+02:00"),
        ({"business_days": -2, "at": "start"}, "2026-05-18T08:00:00+02:00", "2026-05-13T08:00+02:00"),
        ({"business_days": 3}, "2026-05-13", "2026-05-19T17:00+02:00"),
        # before a Sunday: it counts as the Monday, or as the Friday
        ({"business_days": -1}, "2026-05-10", "2026-05-08T15:00+02:00"),
        ({"business_days": -1, "from_closed": "previous"}, "2026-05-10", "2026-05-07T17:00+02:00"),
        ({"if_closed": "previous"}, "2026-05-14", "2026-05-14T00:00+02:00"),
        ({"if_closed": "next"}, "2026-05-14", "2026-05-16T00:00+02:00"),
        ({}, "2026-05-14", "2026-05-15T00:00+02:00"),
    ],
)
def test_a_clock_is_due_so_many_days_before_or_after_a_moment_of_the_data(
    due: dict[str, Any], value: str, expected: str
) -> None:
    assert due_by_field(Due.model_validate({"field": "data.hearing", **due}), value, BERLIN) == at(expected)


def test_business_days_agree_with_a_walk_through_the_dates() -> None:
    dice = random.Random(17)
    for _ in range(length(300, 30_000)):
        day = date(2026, 1, 1) + dice.randint(0, 700) * DAY
        count, back = dice.randint(-12, 12), dice.choice(["next", "previous"])
        found = due_by_field(Due(field="data.d", business_days=count, at="12:00", from_closed=back), str(day), BERLIN)
        assert found == datetime.combine(walked(day, count, back), datetime.min.time()).replace(
            tzinfo=BERLIN.local(at("2026-01-01T00:00Z")).tzinfo, hour=12
        )


def walked(day: date, count: int, from_closed: str) -> date:
    """Worked out by hand: the dates one by one."""

    def works(each: date) -> bool:
        return each.weekday() < 5 and each != date(2026, 5, 14) and (each.month, each.day) != (12, 24)

    while not works(day):
        day += DAY if from_closed == "next" else -DAY
    while count:
        day += DAY if count > 0 else -DAY
        if works(day):
            count -= 1 if count > 0 else -1
    return day


def fires(steps: list[str], clock: dict[str, Any], *moments: tuple[str, str]) -> dict[str, str | None]:
    answer = simulate(
        {**clock, "steps": [{"at": each} for each in steps]},
        OFFICE,
        [{"at": when, "do": do} for when, do in moments],
        "2026-07-01T00:00:00Z",
    )
    return {step["at"]: step["fires_at"] for step in answer["steps"]}


def test_a_step_fires_so_many_business_days_before_and_after_due() -> None:
    clock = {"due": {"business_days": 4}}
    found = fires(["-2bd", "-1bd", "100%", "+1bd"], clock, ("2026-05-08T10:00:00Z", "start"))
    assert found == {
        "-2bd": "2026-05-12T13:00:00.000000Z",
        "-1bd": "2026-05-13T13:00:00.000000Z",
        "100%": "2026-05-15T13:00:00.000000Z",
        "+1bd": "2026-05-18T13:00:00.000000Z",
    }


def test_a_step_before_due_moves_with_it_where_a_pause_puts_it_off() -> None:
    clock = {"target": "16h"}
    start = ("2026-05-18T07:00:00Z", "start")
    assert fires(["-1bd"], clock, start) == {"-1bd": "2026-05-18T15:00:00.000000Z"}
    moved = fires(["-1bd"], clock, start, ("2026-05-18T08:00:00Z", "pause"), ("2026-05-20T08:00:00Z", "resume"))
    assert moved == {"-1bd": "2026-05-20T15:00:00.000000Z"}


def test_business_hours_may_be_said() -> None:
    assert fires(["-4bh", "100%"], {"target": "8bh"}, ("2026-05-18T07:00:00Z", "start")) == {
        "-4bh": "2026-05-18T11:00:00.000000Z",
        "100%": "2026-05-18T15:00:00.000000Z",
    }


def test_days_before_a_moment_of_the_data_are_simulated_with_the_data() -> None:
    clock = {"due": {"field": "data.hearing", "business_days": -2}, "data": {"hearing": "2026-05-18"}}
    answer = simulate(clock, OFFICE, [{"at": "2026-05-01T08:00:00Z", "do": "start"}])
    assert answer["due_at"] == "2026-05-13T15:00:00.000000Z"


def test_a_day_of_every_year_has_hours_of_its_own_and_a_date_wins_over_it() -> None:
    declared = {
        "zone": "UTC",
        "weekly": {"mon-sun": ["09:00-17:00"]},
        "closed": ["12-25", "02-29", "2027-12-24"],
        "override": {"12-24": ["09:00-12:00"], "2028-12-25": ["10:00-11:00"]},
    }
    compiled = Calendar.compiled(CalendarFile.model_validate(declared))
    hours = {day: compiled.hours.of(date.fromisoformat(day)) for day in (
        "2026-12-24", "2027-12-24", "2026-12-25", "2028-12-25", "2028-02-29", "2027-02-28"
    )}  # fmt: skip
    assert hours == {
        "2026-12-24": ((540, 720),),
        "2027-12-24": (),
        "2026-12-25": (),
        "2028-12-25": ((600, 660),),
        "2028-02-29": (),
        "2027-02-28": ((540, 1020),),
    }
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    by_day = sum(compiled.worked(year[0] + n * DAY, year[0] + (n + 1) * DAY) / timedelta(hours=1) for n in range(3652))
    assert compiled.worked(*year) / timedelta(hours=1) == by_day
