"""Check the units of lengths: on a business calendar `1d` is 24 hours of work, and hardly what was meant; round the
clock there is no working time to be told from other time."""

import re
from collections.abc import Iterator

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import Clock, FollowTeam
from app.domain.definition.durations import in_working_hours
from app.domain.values.near_names import quoted

ROUND_THE_CLOCK = "always"
DAYS = re.compile(r"[+-]?(\d{1,4})d", re.ASCII)
A_DAY = 8
"""Hours that most people work on a day."""


def check_days(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    """Warnings: a target, a cycle or a step may mean days of 24 working hours, which are three of eight.

    Errors: `bh` and `bd` round the clock.
    """
    if clock.pause_max is not None and in_working_hours(clock.pause_max):
        remedy = f"write {quoted(clock.pause_max.replace('bh', 'h'))}"
        yield source.error((*here, "pause_max"), "a pause ends after hours that pass, worked or not", remedy)
    for place, written, calendar in _lengths(clock, here):
        if calendar is None and (in_working_hours(written) or written.endswith("bd")):
            yield _round_the_clock(written, place, source)
        found = DAYS.match(written)
        if found and calendar is not None:
            days = int(found[1])
            message = f"{quoted(written)} is {24 * days} hours of working time on {calendar}, which are"
            message += f" {24 * days // A_DAY} days of {A_DAY} hours"
            remedy = f"write {quoted(_in_hours(written, days))} for {_days(days)} of {A_DAY} hours"
            yield source.warning(place, message, f"{remedy}, or `{24 * days}h` where that is meant")


def _round_the_clock(written: str, place: Path, source: Source) -> Fault:
    meant = quoted(written.replace("b", ""))
    message = f"{quoted(written)} counts by business hours or days, and the clock runs round the clock"
    return source.error(place, message, f"name a `calendar`, or write {meant}")


def _lengths(clock: Clock, here: Path) -> Iterator[tuple[Path, str, str | None]]:
    """Each length that counts working time, with the calendar that it counts by."""
    own = _business(clock.calendar)
    rules = clock.target if isinstance(clock.target, list) else []
    for index, rule in enumerate(rules):
        calendar = own if rule.calendar is None else _business(rule.calendar)
        yield (*here, "target", index, "is"), rule.is_, calendar
    if isinstance(clock.target, str):
        yield (*here, "target"), clock.target, own
    if clock.every and clock.kind == "periodic":
        yield (*here, "every"), clock.every, own
    by_rule = [own if rule.calendar is None else _business(rule.calendar) for rule in rules]
    of_steps = next((calendar for calendar in by_rule or [own] if calendar), None)
    for index, step in enumerate(clock.steps):
        yield (*here, "steps", index, "at"), step.at, of_steps
        if step.every:
            yield (*here, "steps", index, "every"), step.every, of_steps


def _business(calendar: str | FollowTeam | None) -> str | None:
    if isinstance(calendar, FollowTeam):
        return "the calendar of the team"
    return quoted(calendar) if calendar not in (None, ROUND_THE_CLOCK) else None


def _in_hours(written: str, days: int) -> str:
    """The same length with days of eight hours: `-2d4h` as `-20h`."""
    sign = written[0] if written[0] in "+-" else ""
    rest = written.partition("d")[2]
    hours = re.match(r"(\d+)h", rest, re.ASCII)
    more = int(hours[1]) if hours else 0
    return f"{sign}{days * A_DAY + more}h{rest[hours.end() :] if hours else rest}"


def _days(days: int) -> str:
    return "a day" if days == 1 else f"{days} days"
