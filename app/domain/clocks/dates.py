"""The times that clocks read in a case's data: how they are written, and which of them a caller may give."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.clocks.rules import ClockRule
from app.domain.values.errors import invalid
from app.domain.values.json import Data, Json
from app.domain.values.rfc3339 import near, parse_date, parse_rfc3339

_DATE = len("2026-11-20")


def check_dates(rules: Mapping[str, ClockRule], before: Data, after: Data) -> None:
    """Raises Invalid for a time that an event has brought and that no clock can read, or that nobody can mean.

    What the case holds already was taken once, perhaps by an older release, and stays readable to it.
    """
    for name, rule in rules.items():
        for path in rule.moments:
            value = rule.data_field(path, after)
            if value is not None and value != rule.data_field(path, before):
                _check(name, path, value)


def read_moment(value: Json, timeline: Timeline, *, ends: bool) -> datetime:
    """A time, or a date: from its local midnight, or until the end of that day. ValueError, OverflowError."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    if not is_date(value):
        return parse_rfc3339(value)
    return timeline.moment(date.fromisoformat(value) + timedelta(days=int(ends)), 0)


def is_date(value: Json) -> bool:
    """Of what can be read as a moment: whether it is a date, rather than a time."""
    return isinstance(value, str) and len(value) <= _DATE


def unreadable(clock: str) -> str:
    return f"must be a date or an RFC 3339 time, because the clock {clock} reads it"


def _check(clock: str, path: str, value: Json) -> None:
    try:
        if is_date(value):
            parse_date(str(value))
        moment = read_moment(value, ALWAYS, ends=False)
    except (ValueError, OverflowError):
        raise invalid(path, unreadable(clock)) from None
    try:
        near(moment)
    except ValueError as error:
        raise invalid(path, f"{error}, because the clock {clock} reads it") from None
