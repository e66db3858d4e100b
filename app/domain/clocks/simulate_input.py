"""What a simulation is asked: a clock, a calendar, and what happens when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema

from app.domain.calendars.business_time import Calendar
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.clocks.simulate_faults import check_due, faults_of
from app.domain.clocks.steps import ClockStep, compile_steps
from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import Clock, Due, Duration, Step
from app.domain.definition.declared import Declared
from app.domain.definition.durations import LONGEST, parse_duration
from app.domain.values.errors import invalid
from app.domain.values.json import Data
from app.domain.values.rfc3339 import near, parse_rfc3339

MOST_MOMENTS: Final = 1000
MOST_FIRINGS: Final = 1000
Mode = Literal["keep_elapsed", "restart", "keep_deadline", "ignore", "resume", "continue"]
Verb = Literal["start", "pause", "resume", "retarget", "handover", "stop", "cancel", "reset", "reopen"]
RETARGET: Final = ("keep_elapsed", "restart", "keep_deadline")
REOPEN: Final = ("ignore", "resume", "continue", "restart")
MODES: Final = {"retarget": RETARGET, "handover": RETARGET, "reopen": REOPEN}
Model = TypeVar("Model", bound=Declared)
CalendarReader = Callable[[Any], Timeline]
"""From the JSON of a calendar (or its name) to what clocks count by; ValueError says what is wrong."""


Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


class ClockToSimulate(Declared):
    """A clock with the keys that matter without a case: one of `target`, `due_at`, `due` and `every`, and its steps.

    The other keys of a declared clock may stand there and say nothing, since `moments` say what happens.
    """

    model_config = ConfigDict(extra="ignore")

    target: Duration | None = None
    due_at: Moment | None = None
    due: Due | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    every: Duration | None = None
    sequence: Literal["independent", "sequential"] = "independent"
    pause_max: Duration | None = None
    retarget: Literal["keep_elapsed", "restart", "keep_deadline"] = "keep_elapsed"
    reopen: Literal["ignore", "resume", "continue", "restart"] = "resume"
    steps: list[Step] = Field(default_factory=list, max_length=100)


class MomentToSimulate(Declared):
    """What happens at a moment. Two at the same moment happen as they are listed."""

    at: Moment
    do: Verb
    start_at: Moment | None = None
    target: Duration | None = None
    due_at: Moment | None = None
    calendar: Any = None
    mode: Mode | None = None
    reason: str | None = None
    max: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClock:
    """A clock as it is simulated: exactly one of `target`, `due_at` and `due` says when it is due."""

    target: timedelta | None
    due_at: datetime | None
    due: Due | None
    data: Data
    periodic: bool
    sequential: bool
    pause_max: timedelta | None
    retarget: Any
    reopen: Any
    steps: tuple[ClockStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedHappening:
    """One moment: what is done at `at`, with what it needs. `place` names it in a fault."""

    place: str
    at: datetime
    do: Verb
    start_at: datetime | None = None
    target: timedelta | None = None
    due_at: datetime | None = None
    timeline: Timeline | None = None
    mode: Any = None
    reason: str | None = None
    longest: timedelta | None = None


def inline_calendar(written: Any) -> Timeline:
    """A calendar given as JSON (its `holidays` left out); None is round the clock."""
    if written is None or written == "always":
        return ALWAYS
    return Timeline.of(Calendar.compiled(CalendarFile.model_validate(written)))


def read_clock(written: Any) -> SimulatedClock:
    clock = _model(ClockToSimulate, written, "clock")
    if unknown := sorted(map(str, written.keys() - ClockToSimulate.model_fields.keys() - Clock.model_fields.keys())):
        raise invalid(f"clock.{unknown[0]}", "is not known")
    ways = [key for key in ("target", "due_at", "due", "every") if getattr(clock, key) is not None]
    if len(ways) != 1:
        raise invalid("clock.target", "give one of `target`, `due_at`, `due` and `every`")
    if clock.due is not None:
        check_due(clock.due, clock.data)
    length = clock.target or clock.every
    return SimulatedClock(
        target=_length(length, f"clock.{ways[0]}"),
        due_at=_time(clock.due_at, "clock.due_at"),
        due=clock.due,
        data=clock.data,
        periodic=clock.every is not None,
        sequential=clock.sequence == "sequential",
        pause_max=_length(clock.pause_max, "clock.pause_max"),
        retarget=clock.retarget,
        reopen=clock.reopen,
        steps=_steps(clock.steps),
    )


def read_moments(written: Any, calendar_of: CalendarReader) -> list[SimulatedHappening]:
    """In order; two at the same moment happen as they are listed."""
    if not isinstance(written, Sequence) or isinstance(written, str):
        raise invalid("moments", "must be a list")
    if len(written) > MOST_MOMENTS:
        raise invalid("moments", f"are more than {MOST_MOMENTS}")
    happenings = [_happening(item, f"moments.{index}", calendar_of) for index, item in enumerate(written)]
    for first, second in pairwise(happenings):
        if second.at < first.at:
            raise invalid(f"{second.place}.at", "lies before the moment above it")
    return happenings


def read_now(written: Any, happenings: Sequence[SimulatedHappening]) -> datetime | None:
    """Left out, it is the last of the moments."""
    last = happenings[-1].at if happenings else None
    now = _time(written, "now") if isinstance(written, str | None) else written
    if not isinstance(now, datetime | None):
        raise invalid("now", "must be a time")
    if now and last and now < last:
        raise invalid("now", "lies before the last of the moments")
    if last and (now or last) - happenings[0].at > LONGEST:
        raise invalid("now" if now else "moments", "more than ten years are not simulated")
    return now or last


def read_calendar(written: Any, place: str, calendar_of: CalendarReader) -> Timeline:
    try:
        return calendar_of(written)
    except ValidationError as error:
        raise faults_of(error, place) from None
    except ValueError as error:
        raise invalid(place, str(error)) from None


def _happening(written: Any, place: str, calendar_of: CalendarReader) -> SimulatedHappening:
    moment = _model(MomentToSimulate, written, place)
    _check_mode(moment, place)
    if moment.do == "retarget" and (moment.target is None) == (moment.due_at is None):
        raise invalid(f"{place}.target", "give `target` or `due_at`")
    if moment.do == "handover" and moment.calendar is None:
        raise invalid(f"{place}.calendar", "is missing")
    at = _time(moment.at, f"{place}.at")
    start_at = _time(moment.start_at, f"{place}.start_at")
    if at is None or (start_at and start_at > at):
        raise invalid(f"{place}.start_at", "lies in the future")
    if start_at and at - start_at > LONGEST:
        raise invalid(f"{place}.start_at", "more than ten years are not simulated")
    return SimulatedHappening(
        place=place,
        at=at,
        do=moment.do,
        start_at=start_at,
        target=_length(moment.target, f"{place}.target"),
        due_at=_time(moment.due_at, f"{place}.due_at"),
        timeline=read_calendar(moment.calendar, f"{place}.calendar", calendar_of) if moment.do == "handover" else None,
        mode=moment.mode,
        reason=moment.reason,
        longest=_length(moment.max, f"{place}.max"),
    )


def _check_mode(moment: MomentToSimulate, place: str) -> None:
    if moment.mode is None:
        return
    allowed = MODES.get(moment.do, ())
    if moment.mode not in allowed:
        known = f"must be one of {', '.join(allowed)}" if allowed else f"means nothing to `{moment.do}`"
        raise invalid(f"{place}.mode", known)


def _steps(written: Sequence[Step]) -> tuple[ClockStep, ...]:
    for index, step in enumerate(written):
        for key, length in (("at", None if step.at.endswith(("%", "bd")) else step.at), ("every", step.every)):
            _length(length, f"clock.steps.{index}.{key}")
        if step.every and not step.at.startswith("+"):
            raise invalid(f"clock.steps.{index}.every", "only a step after due repeats")
    if sum(step.max or 1 for step in written) > MOST_FIRINGS:
        raise invalid("clock.steps", f"fire more than {MOST_FIRINGS} times")
    return compile_steps(written)


def _length(written: str | None, place: str) -> timedelta | None:
    try:
        return parse_duration(written) if written else None
    except ValueError as error:
        raise invalid(place, str(error)) from None


def _time(written: str | None, place: str) -> datetime | None:
    try:
        return near(parse_rfc3339(written)) if written is not None else None
    except ValueError as error:
        raise invalid(place, str(error)) from None


def _model(kind: type[Model], written: Any, place: str) -> Model:
    if not isinstance(written, Mapping):
        raise invalid(place, "must be an object")
    try:
        return kind.model_validate(written)
    except ValidationError as error:
        raise faults_of(error, place) from None
