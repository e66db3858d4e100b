"""A simulated clock answers the published examples, says why time counts, and names what is wrong in its input."""

from itertools import pairwise
from typing import Any

import pytest

from app.domain.clocks.simulate import simulate
from app.domain.values.errors import Invalid
from app.domain.values.rfc3339 import parse_rfc3339

LONDON = {"zone": "Europe/London", "weekly": {"mon-fri": ["09:00-17:00"]}}
EASTER = {**LONDON, "closed": ["2026-04-03", "2026-04-06"]}
XMAS = {**LONDON, "closed": ["2026-12-25", "2026-12-28", "2027-01-01"], "override": {"2026-12-24": ["09:00-13:00"]}}
NIGHTS = {"zone": "Europe/Berlin", "weekly": {"mon-sun": ["22:00-30:00"]}}
STEPS = [{"at": "50%"}, {"at": "75%"}, {"at": "100%"}, {"at": "-1h"}, {"at": "+4h", "every": "4h", "max": 3}]


def lived(calendar: Any, target: str, *moments: tuple[str, str, dict[str, Any]] | tuple[str, str], **more: Any) -> Any:
    told = [{"at": moment[0], "do": moment[1], **(moment[2] if len(moment) > 2 else {})} for moment in moments]
    return simulate({"target": target, "steps": more.get("steps", [])}, calendar, told, more.get("now"))


def same(written: str | None, expected: str) -> bool:
    return written is not None and parse_rfc3339(written) == parse_rfc3339(expected)


# The numbers of the next four tests are the published examples, shared/sla-examples.json.
def test_the_published_holidays_are_left_out() -> None:
    answer = lived(EASTER, "8h", ("2026-04-02T15:30:00+01:00", "start"), steps=STEPS)
    expected = ["07T10:30", "07T12:30", "07T14:30", "07T13:30", "08T10:30", "08T14:30", "09T10:30"]
    assert [step["fires_at"] for step in answer["steps"]] == [f"2026-04-{at}:00.000000Z" for at in expected]
    assert answer["due_at"] == "2026-04-07T14:30:00.000000Z"
    assert answer["state"] == "running"


def test_the_published_pause_in_the_repeated_hour_is_left_out() -> None:
    begin = ("2026-10-24T22:00:00+02:00", "start")
    paused = lived(NIGHTS, "8h", begin, ("2026-10-25T02:30:00+02:00", "pause"))
    assert (paused["elapsed_seconds"], paused["due_at"]) == (4.5 * 3600, None)
    resumed = ("2026-10-25T02:30:00+01:00", "resume")
    answer = lived(NIGHTS, "8h", begin, ("2026-10-25T02:30:00+02:00", "pause"), resumed)
    assert same(answer["due_at"], "2026-10-25T05:00:00Z")
    assert same(lived(NIGHTS, "8h", begin)["due_at"], "2026-10-25T05:00:00+01:00")


def test_the_published_pause_past_closing_excludes_one_hour() -> None:
    moments = ("2026-12-23T14:00:00Z", "start"), ("2026-12-23T16:00:00Z", "pause"), ("2026-12-23T19:00:00Z", "resume")
    assert same(lived(XMAS, "8h", *moments)["due_at"], "2026-12-29T11:00:00Z")


def test_the_published_retargets_and_reopens() -> None:
    begin = ("2026-06-08T10:00:00+01:00", "start")
    assert same(lived(LONDON, "16h", begin)["due_at"], "2026-06-10T10:00:00+01:00")
    shorter = ("2026-06-08T15:00:00+01:00", "retarget", {"target": "8h", "mode": "keep_elapsed"})
    assert same(lived(LONDON, "16h", begin, shorter)["due_at"], "2026-06-09T10:00:00+01:00")
    exceeded = lived(LONDON, "16h", begin, (*shorter[:2], {"target": "4h"}))
    assert same(exceeded["breached_at"], "2026-06-08T15:00:00+01:00")
    assert exceeded["breach_reason"] == "retarget"
    stopped = begin, shorter, ("2026-06-09T09:30:00+01:00", "stop")
    due = {"resume": "2026-06-10T16:30:00+01:00", "restart": "2026-06-11T16:00:00+01:00"}
    for mode, expected in due.items():
        reopened = lived(LONDON, "16h", *stopped, ("2026-06-10T16:00:00+01:00", "reopen", {"mode": mode}))
        assert same(reopened["due_at"], expected)
        assert reopened["breached_at"] is None
    continued = lived(LONDON, "16h", *stopped, ("2026-06-10T16:00:00+01:00", "reopen", {"mode": "continue"}))
    assert same(continued["breached_at"], "2026-06-09T10:00:00+01:00")


@pytest.mark.parametrize("mode", ["resume", "continue", "restart"])
def test_the_segments_are_adjacent_and_add_up_to_the_elapsed_time(mode: str) -> None:
    answer = lived(
        EASTER,
        "8h",
        ("2026-04-01T09:30:00Z", "pause"),
        ("2026-04-01T09:45:00Z", "resume"),
        ("2026-04-02T15:30:00+01:00", "start", {"start_at": "2026-04-01T09:00:00Z"}),
        ("2026-04-02T16:30:00+01:00", "pause", {"reason": "waiting", "max": "3d"}),
        ("2026-04-07T10:00:00+01:00", "handover", {"calendar": NIGHTS}),
        ("2026-04-07T23:30:00Z", "stop"),
        ("2026-04-08T23:00:00Z", "reopen", {"mode": mode}),
        now="2026-04-09T12:00:00Z",
    )
    segments = answer["segments"]
    assert all(first["to"] == second["from"] for first, second in pairwise(segments))
    lengths = [(parse_rfc3339(s["to"]) - parse_rfc3339(s["from"])).total_seconds() for s in segments if s["counted"]]
    assert sum(lengths) == answer["elapsed_seconds"] > 0
    assert segments[-1]["to"] == "2026-04-09T12:00:00.000000Z"
    if mode == "resume":
        assert {"paused", "paused: waiting", "stopped", "closed on 2026-04-06"} <= {s["why"] for s in segments}


def test_a_stop_ends_the_segments() -> None:
    answer = lived(
        LONDON,
        "8h",
        ("2026-06-08T10:00:00Z", "start"),
        ("2026-06-08T12:00:00Z", "stop"),
        now="2026-06-09T12:00:00Z",
    )
    assert [segment["to"] for segment in answer["segments"]] == ["2026-06-08T12:00:00.000000Z"]
    assert (answer["state"], answer["elapsed_seconds"]) == ("met", 7200)


def test_a_start_in_the_past_skips_all_past_steps_but_the_last() -> None:
    begin = ("2026-06-09T12:30:00Z", "start", {"start_at": "2026-06-08T08:00:00Z"})
    answer = lived(LONDON, "8h", begin, steps=STEPS)
    assert [step["skipped"] for step in answer["steps"]] == [True, True, True, True, False, False, False]
    assert answer["breached_at"] == "2026-06-08T16:00:00.000000Z"


def test_nothing_at_all_is_pending() -> None:
    assert lived(None, "8h")["state"] == "pending"


START = {"at": "2026-06-08T10:00:00Z", "do": "start"}


@pytest.mark.parametrize(
    ("clock", "calendar", "moments", "now", "field"),
    [
        ([], None, [], None, "clock"),
        ({}, None, [], None, "clock.target"),
        ({"target": "8h", "due_at": "2026-06-08T10:00:00Z"}, None, [], None, "clock.target"),
        ({"target": "8 h"}, None, [], None, "clock.target"),
        ({"target": "9999999d"}, None, [], None, "clock.target"),
        ({"target": "8h", "steps": [{"at": "often"}]}, None, [], None, "clock.steps.0.at"),
        ({"target": "8h", "steps": [{"at": "+0h"}]}, None, [], None, "clock.steps.0.at"),
        ({"target": "8h"}, {"zone": "Mars/Base"}, [], None, "calendar"),
        ({"target": "8h"}, {"zone": "UTC", "weekly": {"noday": []}}, [], None, "calendar.weekly.noday.[key]"),
        ({"target": "8h"}, None, {}, None, "moments"),
        ({"target": "8h"}, None, [{"at": "today", "do": "start"}], None, "moments.0.at"),
        ({"target": "8h"}, None, [{**START, "do": "fly"}], None, "moments.0.do"),
        ({"target": "8h"}, None, [START, {**START, "do": "retarget"}], None, "moments.1.target"),
        ({"target": "8h"}, None, [START, {**START, "do": "handover"}], None, "moments.1.calendar"),
        ({"target": "8h"}, None, [START, {**START, "do": "reopen", "mode": "keep_elapsed"}], None, "moments.1.mode"),
        ({"target": "8h"}, None, [START, {"at": "2026-06-08T09:00:00Z", "do": "stop"}], None, "moments.1.at"),
        ({"target": "8h"}, None, [{**START, "start_at": "2027-06-08T09:00:00Z"}], None, "moments.0.start_at"),
        ({"target": "8h"}, None, [START], "2026-06-08T09:00:00Z", "now"),
        ({"target": "8h"}, None, [START], "9026-06-08T09:00:00Z", "now"),
        ({"target": "8h"}, None, [START], 5, "now"),
        (
            {"target": "8h", "steps": [{"at": "+1s", "every": "1s"}]},
            None,
            [START],
            "2026-07-08T09:00:00Z",
            "clock.steps",
        ),
    ],
)
def test_what_is_wrong_is_named(clock: Any, calendar: Any, moments: Any, now: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        simulate(clock, calendar, moments, now)
    assert field in [error.field for error in refused.value.errors]
