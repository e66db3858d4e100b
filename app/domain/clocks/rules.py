"""The clocks that a case type declares, compiled: what they look at, by which calendar and for how long they run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from app.domain.clocks.steps import ClockStep, steps_of
from app.domain.definition.case_type import CaseType, Clock, Condition, FollowTeam
from app.domain.definition.configuration import Configuration
from app.domain.definition.durations import parse_duration
from app.domain.expressions.expression import Expression, View, compile_expression
from app.domain.values.json import Data, Json

ROUND_THE_CLOCK = "always"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What the clocks of a case are told: an event that applied, or (event None) a change beside all events.

    `before` is empty where the case was opened. `at` is the moment by which clocks count, `recorded_at` that of the
    entry. `data` and `team` are those after it, and so is what `see` shows to expressions; `wrong` are the data
    before a correction, None where there is none.
    """

    event: str | None
    before: Configuration
    after: Configuration
    at: datetime
    recorded_at: datetime
    data: Data
    team: str | None
    see: Callable[[], View]
    wrong: Data | None = None

    @cached_property
    def view(self) -> View:
        return self.see()


@dataclass(frozen=True, slots=True)
class When:
    """A compiled condition: all of its parts must hold. One that looks at `in` or `when` alone lasts as they do."""

    declared: Condition
    guard: Expression | None

    @property
    def lasts(self) -> bool:
        return self.declared.event is None and self.declared.enters is None and self.declared.leaves is None

    def holds(self, happening: Happening) -> bool:
        """Whether it holds; an error while evaluating is a no."""
        declared, before, after = self.declared, happening.before, happening.after
        if declared.event is not None and happening.event not in _listed(declared.event):
            return False
        if declared.enters is not None and not any(_goes(before, after, s) for s in _listed(declared.enters)):
            return False
        if declared.leaves is not None and not any(_goes(after, before, s) for s in _listed(declared.leaves)):
            return False
        if declared.in_ is not None and not any(is_in(after, s) for s in _listed(declared.in_)):
            return False
        return self.guard is None or self.guard.is_true(happening.view)

    def held(self, happening: Happening) -> bool:
        """Whether its states were active before the event already."""
        return self.declared.in_ is not None and any(is_in(happening.before, s) for s in _listed(self.declared.in_))

    @property
    def in_words(self) -> str:
        """What it looks at, as the reason of a pause."""
        words = {"in": self.declared.in_, "entered": self.declared.enters, "left": self.declared.leaves}
        parts = [f"{word} {' or '.join(_listed(states))}" for word, states in words.items() if states]
        parts += [f"after {' or '.join(_listed(self.declared.event))}"] if self.declared.event else []
        return ", ".join(parts) or f"while {self.declared.when}"


@dataclass(frozen=True, slots=True)
class Target:
    """One of the targets of a clock: for how long, by which calendar (None: that of the clock), and when."""

    guard: Expression | None
    length: timedelta
    calendar: str | FollowTeam | None


@dataclass(frozen=True, kw_only=True)
class ClockRule:
    """One declared clock, compiled. Safe to share: it holds no case."""

    name: str
    declared: Clock
    steps: tuple[ClockStep, ...]
    conditions: Mapping[str, When]
    targets: tuple[Target, ...]
    pause_max: timedelta | None = field(default=None)

    @property
    def periodic(self) -> bool:
        return self.declared.kind == "periodic"

    @property
    def remembers_pauses(self) -> bool:
        """Whether it has to know the pauses of the time before its start."""
        return self.declared.start_at is not None and self.declared.pause is not None

    def holds(self, condition: str, happening: Happening) -> bool:
        found = self.conditions.get(condition)
        return found is not None and found.holds(happening)

    def target(self, happening: Happening) -> tuple[timedelta | None, str]:
        """The length that holds now, if any does, and the name of the calendar."""
        held = (target for target in self.targets if target.guard is None or target.guard.is_true(happening.view))
        found = next(held, None)
        calendar = (found.calendar if found else None) or self.declared.calendar
        return found.length if found else None, _named(calendar, happening.team)

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """The data fields that it reads as a time: when it starts, and when it is due."""
        due = self.declared.due.field if self.declared.due else None
        return tuple(path for path in (self.declared.start_at, due) if path)

    @staticmethod
    def data_field(path: str | None, data: Data) -> Json:
        """The value of `data.received_on`, None where there is none."""
        value: Json = data
        for name in path.split(".")[1:] if path else ():
            value = value.get(name) if isinstance(value, dict) else None
        return value if path else None


def clock_rules(case_type: CaseType) -> Mapping[str, ClockRule]:
    return {name: _compiled(name, clock) for name, clock in case_type.slas.items()}


def is_in(configuration: Configuration, state: str) -> bool:
    """Whether the state or one below it is active."""
    return any(leaf == state or leaf.startswith(f"{state}.") for leaf in configuration)


def _goes(without: Configuration, having: Configuration, state: str) -> bool:
    return is_in(having, state) and not is_in(without, state)


def _compiled(name: str, clock: Clock) -> ClockRule:
    declared = {key: getattr(clock, key) for key in ("start", "stop", "cancel", "pause", "resume", "reset")}
    return ClockRule(
        name=name,
        declared=clock,
        steps=steps_of(clock),
        conditions={key: When(condition, _guard(condition.when)) for key, condition in declared.items() if condition},
        targets=tuple(_targets(clock)),
        pause_max=parse_duration(clock.pause_max) if clock.pause_max else None,
    )


def _targets(clock: Clock) -> Iterator[Target]:
    if isinstance(clock.target, list):
        for rule in clock.target:
            yield Target(_guard(rule.when), parse_duration(rule.is_), rule.calendar)
    elif length := clock.target or clock.every:
        yield Target(None, parse_duration(length), None)


def _guard(text: str | None) -> Expression | None:
    return compile_expression(text) if text else None


def _named(calendar: str | FollowTeam | None, team: str | None) -> str:
    if isinstance(calendar, FollowTeam):
        return team or ROUND_THE_CLOCK
    return calendar or ROUND_THE_CLOCK


def _listed(written: str | list[str] | None) -> list[str]:
    return [written] if isinstance(written, str) else written or []
