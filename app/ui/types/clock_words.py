"""A declared clock in words: how long it runs, by which calendar, and what its steps do."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.clocks.due_moment import AT_START
from app.domain.deciding.step_effects import effects_of
from app.domain.definition.case_type import CaseType, Clock, Due, FollowTeam, Step
from app.domain.definition.durations import business_days, parse_duration
from app.domain.definition.titles import titled_clock, titled_event, titled_field
from app.ui.frame.times import Times
from app.ui.types.people import role_words

ROUND_THE_CLOCK = "always"


@dataclass(frozen=True, slots=True)
class ToldClock:
    """`times` are alternatives, each with the condition (CEL) under which it counts, or None."""

    title: str
    times: Sequence[tuple[str, str | None]]
    calendar: str
    steps: Sequence[str]


def told_clocks(case_type: CaseType, times: Times) -> Sequence[ToldClock]:
    return [_Clock(case_type, clock, times).told(name) for name, clock in case_type.slas.items()]


class _Clock:
    def __init__(self, case_type: CaseType, clock: Clock, times: Times) -> None:
        self._case_type = case_type
        self._clock = clock
        self._times = times
        self._words = times.words

    def told(self, name: str) -> ToldClock:
        title = titled_clock(self._case_type, name, self._words.language)
        return ToldClock(title, self._lengths(), self._calendar(), [self._step(step) for step in self._clock.steps])

    def _lengths(self) -> list[tuple[str, str | None]]:
        clock = self._clock
        if clock.due is not None:
            return [(self._due(clock.due), None)]
        if clock.every is not None:
            return [(self._words.gettext("every %(duration)s", duration=self._length(clock.every)), None)]
        if isinstance(clock.target, list):
            own = [(rule, clock.calendar if rule.calendar is None else rule.calendar) for rule in clock.target]
            return [(self._length(rule.is_, calendar), rule.when) for rule, calendar in own]
        return [(self._length(clock.target), None)] if clock.target else []

    def _length(self, written: str, calendar: object = None) -> str:
        calendar = calendar or self._clock.calendar
        working = calendar is not None and calendar != ROUND_THE_CLOCK
        return self._times.duration(parse_duration(written), working)

    def _due(self, due: Due) -> str:
        words, told = self._words, self._days(due)
        if due.at is not None and due.counts:
            same = due.at == AT_START
            told = (
                words.gettext("%(days)s, at the same time of day", days=told)
                if same
                else words.gettext("%(days)s, until %(time)s", days=told, time=due.at)
            )
        if due.if_closed == "next":
            told = words.gettext("%(due)s; if that is closed, the next business day", due=told)
        elif due.if_closed == "previous":
            told = words.gettext("%(due)s; if that is closed, the business day before", due=told)
        if due.from_closed == "previous":
            told = words.gettext("%(due)s; a closed day counts as the business day before", due=told)
        if due.cutoff is None:
            return told
        return words.gettext("%(due)s; what comes after %(time)s counts from the next day", due=told, time=due.cutoff)

    def _days(self, due: Due) -> str:
        words, count = self._words, due.calendar_days if due.business_days is None else due.business_days
        if due.business_days is not None:
            days = self._business_days(abs(due.business_days))
        else:
            days = words.ngettext("%(num)s calendar day", "%(num)s calendar days", abs(due.calendar_days or 0))
        if due.field is None:
            return days
        field = titled_field(self._case_type.data, due.field, words.language)
        if not count:
            return words.gettext("until %(field)s", field=field)
        if count < 0:
            return words.gettext("until %(days)s before %(field)s", days=days, field=field)
        return words.gettext("until %(days)s after %(field)s", days=days, field=field)

    def _calendar(self) -> str:
        calendar = self._clock.calendar
        if isinstance(calendar, FollowTeam):
            return self._words.gettext("that of the team")
        return self._words.gettext("around the clock") if calendar in (None, ROUND_THE_CLOCK) else str(calendar)

    def _step(self, step: Step) -> str:
        does = ", ".join(self._effect(effect.key, value) for effect, value in effects_of(step))
        told = self._words.gettext("%(point)s: %(effects)s", point=self._point(step.at), effects=does)
        if step.every is None:
            return told
        again = self._words.gettext("%(step)s, then every %(duration)s", step=told, duration=self._length(step.every))
        if step.max is None:
            return again
        return self._words.gettext("%(step)s, at most %(count)s times", step=again, count=step.max)

    def _point(self, at: str) -> str:
        if at == "100%":
            return self._words.gettext("When it is due")
        if at.endswith("%"):
            return self._words.gettext("At %(share)s %% of the time", share=at[:-1])
        days = business_days(at)
        length = self._length(at[1:]) if days is None else self._business_days(abs(days))
        if at.startswith("-"):
            return self._words.gettext("%(duration)s before it is due", duration=length)
        return self._words.gettext("%(duration)s after it was due", duration=length)

    def _business_days(self, count: int) -> str:
        return self._words.ngettext("%(num)s business day", "%(num)s business days", count)

    def _effect(self, key: str, value: object) -> str:
        words = self._words
        match key:
            case "notify":
                return self._words.gettext("tells %(who)s", who=role_words(str(value), words))
            case "urgency":
                return self._words.gettext("raises the urgency by %(number)s", number=value)
            case "assign":
                return self._words.gettext("assigns it to %(who)s", who=role_words(str(value), words))
            case "fire":
                event = titled_event(self._case_type, str(value), words.language)
                return self._words.gettext("fires “%(event)s”", event=event)
            case "webhook":
                return self._words.gettext("calls %(address)s", address=value)
        return f"{key}: {value}"
