"""The steps of a clock, compiled: at which elapsed time each of their firings comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.domain.calendars.local_time import MICROSECOND
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.definition.case_type import Clock, Step
from app.domain.definition.durations import parse_duration

_DUE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """A step: of the target `percent`, or that and `offset` more (less, if negative).

    `every` and `most` say how it repeats. `at_due` marks one at exactly 100 %, `breach` the first of these, whose
    firing records the breach. `does` is None for the implicit one.
    """

    number: int
    at: str
    percent: int = _DUE
    offset: timedelta = timedelta(0)
    every: timedelta | None = None
    most: int | None = 1
    at_due: bool = False
    breach: bool = False
    does: Step | None = None

    def threshold(self, target: timedelta, n: int) -> timedelta:
        """The elapsed time of firing n, rounded up to the next microsecond."""
        part = -(-(target // MICROSECOND) * self.percent // 100)
        again = (n - 1) * self.every if self.every else timedelta(0)
        return timedelta(microseconds=part) + self.offset + again

    def count(self, target: timedelta, elapsed: timedelta) -> int:
        """How many firings come at `elapsed` or before."""
        over = elapsed - self.threshold(target, 1)
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
    length = parse_duration(step.at)
    offset = -length if step.at.startswith("-") else length
    return ClockStep(number=number, at=step.at, offset=offset, every=every, most=most, does=step)


def _is_due(at: str) -> bool:
    return at.endswith("%") and int(at[:-1]) == _DUE
