"""The steps of a clock, compiled: at which elapsed time each of their firings comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.domain.calendars.local_time import MICROSECOND
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.definition.case_type import Clock, Step
from app.domain.definition.durations import business_days, parse_duration

_DUE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """A step: of the target `percent`, or that and `offset` more (less, if negative), or so many business `days` after
    due.

    `every` and `most` say how it repeats. `at_due` marks one at exactly 100 %, `breach` the first of these, whose
    firing records the breach. `does` is None for the implicit one.
    """

    number: int
    at: str
    percent: int = _DUE
    offset: timedelta = timedelta(0)
    days: int | None = None
    every: timedelta | None = None
    most: int | None = 1
    at_due: bool = False
    breach: bool = False
    does: Step | None = None

    def first(self, target: timedelta) -> timedelta:
        """The elapsed time of the first firing, rounded up to the next microsecond; of one without `days`."""
        part = -(-(target // MICROSECOND) * self.percent // 100)
        return timedelta(microseconds=part) + self.offset

    def again(self, n: int) -> timedelta:
        """How much after the first one firing n comes."""
        return (n - 1) * self.every if self.every else timedelta(0)

    def count(self, first: timedelta, elapsed: timedelta) -> int:
        """How many firings come at `elapsed` or before, if the first one comes at `first`."""
        over = elapsed - first
        if over < timedelta(0):
            return 0
        count = over // self.every + 1 if self.every else 1
        return count if self.most is None else min(count, self.most)

    def has(self, n: int) -> bool:
        return self.most is None or n <= self.most


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock counts by: the calendar (over time) it is on now, and its steps."""

    timeline: Timeline = ALWAYS
    steps: tuple[ClockStep, ...] = ()


def steps_of(clock: Clock) -> tuple[ClockStep, ...]:
    """The steps of a declared clock, and an implicit last one at 100 % where it declares none."""
    return compile_steps(clock.steps)


def compile_steps(declared: Sequence[Step], *, implicit: bool = True) -> tuple[ClockStep, ...]:
    """Numbered by their place. ValueError for a step whose point or repetition is no duration."""
    at_due = [number for number, step in enumerate(declared) if _is_due(step.at)]
    steps = [_compiled(number, step, breach=number in at_due[:1]) for number, step in enumerate(declared)]
    if implicit and not at_due:
        steps.append(ClockStep(number=len(steps), at="100%", at_due=True, breach=True))
    return tuple(steps)


def _compiled(number: int, step: Step, *, breach: bool) -> ClockStep:
    every = parse_duration(step.every) if step.every else None
    most = step.max if every else 1
    if step.at.endswith("%"):
        percent = int(step.at[:-1])
        return ClockStep(
            number=number,
            at=step.at,
            percent=percent,
            every=every,
            most=most,
            at_due=percent == _DUE,
            breach=breach,
            does=step,
        )
    if (days := business_days(step.at)) is not None:
        return ClockStep(number=number, at=step.at, days=days, every=every, most=most, does=step)
    length = parse_duration(step.at)
    offset = -length if step.at.startswith("-") else length
    return ClockStep(number=number, at=step.at, offset=offset, every=every, most=most, does=step)


def _is_due(at: str) -> bool:
    return at.endswith("%") and int(at[:-1]) == _DUE
