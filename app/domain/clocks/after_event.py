"""What an event does to the clocks of its case: existing ones first, then new ones start (R7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.domain.calendars.port import Calendars
from app.domain.calendars.timeline import Timeline
from app.domain.clocks import transitions
from app.domain.clocks.dates import read_moment, unreadable
from app.domain.clocks.due_moment import due_by_field, due_moment
from app.domain.clocks.rules import ClockRule, Happening, When
from app.domain.clocks.start_corrected import started_anew
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.clocks.steps import Terms
from app.domain.values.errors import invalid

Clocks = Mapping[str, ClockState]


@dataclass(frozen=True, slots=True)
class ClocksAfter:
    """The current cycle of every clock, and the cycles that are to be written: those and others that ended."""

    current: Clocks = field(default_factory=dict)
    changed: Sequence[ClockState] = ()


def after_event(
    rules: Mapping[str, ClockRule], clocks: Clocks, happening: Happening, calendars: Calendars
) -> ClocksAfter:
    """The clocks after a happening. Raises Invalid where the data names a start or due that cannot be read."""
    now = dict(clocks)
    changed: list[ClockState] = []
    for name, rule in rules.items():
        clock = _OneClock(rule, clocks.get(name), happening, calendars)
        clock.apply()
        if clock.state is not None and clock.state is not clocks.get(name):
            now[name] = clock.state
            changed += [*clock.ended, clock.state]
    return ClocksAfter(now, changed)


def earliest_due(clocks: Clocks) -> datetime | None:
    """When the first of the running clocks is due."""
    return min((due for state in clocks.values() if (due := state.running_due)), default=None)


@dataclass
class _OneClock:
    """One clock while an event happens to it."""

    rule: ClockRule
    state: ClockState | None
    happening: Happening
    calendars: Calendars
    ended: list[ClockState] = field(default_factory=list)

    def apply(self) -> None:
        if self.state is not None and self.state.status in ACTIVE:
            self._go_on(self.state)
        elif self._holds("start") and not self._holds("stop") and not self._holds("cancel"):
            self._begin()
        elif self.rule.remembers_pauses and (self.state is None or self.state.status == "pending"):
            self._pause(self.state or ClockState(name=self.rule.name))

    def _go_on(self, state: ClockState) -> None:
        at, terms = self.happening.at, self._terms(state)
        if self._holds("stop"):
            stopped = transitions.stop(state, at, terms)
            self._become(stopped)
            if self.rule.periodic and not self._holds("cancel"):
                self._next_cycle(stopped)
            return
        if self._holds("cancel"):
            self._become(transitions.cancel(state, at, terms))
            return
        if self._holds("reset"):
            self._restart(state)
        self._put_start_right()
        self._retarget()
        self._pause(self._current)

    def _put_start_right(self) -> None:
        """Of the first cycle, where the field that names its start is corrected (R18)."""
        path, wrong, state = self.rule.declared.start_at, self.happening.wrong, self._current
        if path is None or wrong is None or state.cycle > 1:
            return
        terms = self._terms(state)
        started_at = self._started_at(terms.timeline)
        if started_at is None or self.rule.data_field(path, self.happening.data) == self.rule.data_field(path, wrong):
            return
        due = self._due(started_at, terms.timeline)
        self._become(started_anew(state, self.happening.at, terms, started_at=started_at, due=due))

    def _next_cycle(self, stopped: ClockState) -> None:
        """What follows at once in a series, by the calendar that counts now, and paused where that holds."""
        following = replace(stopped, calendar=self.rule.target(self.happening)[1])
        sequential = self.rule.declared.sequence == "sequential"
        self._become(
            transitions.next_cycle(following, self.happening.at, self._terms(following), sequential=sequential)
        )
        self._pause(self._current, starts=True)

    def _begin(self) -> None:
        """Start it, or what `start` does after a stop."""
        state = self.state or ClockState(name=self.rule.name)
        if state.status == "pending":
            self._start(state)
        elif not self._reopen(state):
            return
        self._pause(self._current, starts=True)

    def _start(self, state: ClockState) -> None:
        target, calendar = self.rule.target(self.happening)
        state = replace(state, calendar=calendar)
        at, terms = self.happening.at, self._terms(state)
        started_at = self._started_at(terms.timeline)
        due = self._due(started_at or at, terms.timeline)
        self._become(self._known(transitions.start(state, at, terms, target=target, due=due, started_at=started_at)))

    def _reopen(self, state: ClockState) -> bool:
        """Whether it runs again. Of a series, and of a clock that was cancelled, only a new cycle can."""
        mode = self.rule.declared.reopen
        if self.rule.periodic or (state.status == "cancelled" and mode != "ignore"):
            mode = "restart"
        if mode == "ignore":
            return False
        if mode == "restart":
            target, blank, due = self._anew(state)
            self._become(transitions.reopen(blank, self.happening.at, self._terms(blank), mode, target=target, due=due))
        else:
            self._become(self._known(transitions.reopen(state, self.happening.at, self._terms(state), mode)))
            self._retarget()
        return True

    def _restart(self, state: ClockState) -> None:
        """A new cycle from nothing; a pause goes on."""
        target, blank, due = self._anew(state)
        self._become(transitions.reset(blank, self.happening.at, self._terms(blank), target=target, due=due))

    def _anew(self, state: ClockState) -> tuple[timedelta | None, ClockState, datetime | None]:
        """Of a new cycle: its target, what it follows without that one's target and due, and its due."""
        target, calendar = self.rule.target(self.happening)
        blank = replace(state, calendar=calendar, given=None, fixed_due=None)
        at = max(self.happening.at, state.since or self.happening.at)
        return target, blank, self._due(at, self._terms(blank).timeline)

    def _retarget(self) -> None:
        """Priority, team or data may have changed: another calendar, target or due (R10, R16)."""
        state, at, mode = self._current, self.happening.at, self.rule.declared.retarget
        target, calendar = self.rule.target(self.happening)
        due = self._due_by_data(self._terms(state).timeline) if self._by_data else state.fixed_due
        same = (target, due) == (state.given, state.fixed_due)
        if mode == "restart" and (calendar != state.calendar or (not same and (target or due))):
            self._restart(state)
            return
        if calendar != state.calendar:
            after = self._terms(replace(state, calendar=calendar))
            self._become(transitions.handover(state, at, self._terms(state), calendar, after, mode))
        if not same:
            state = self._current
            self._become(transitions.retarget(state, at, self._terms(state), target=target, due=due, mode=mode))

    def _pause(self, state: ClockState, *, starts: bool = False) -> None:
        pause = self.rule.conditions.get("pause")
        if pause is None:
            return
        at, terms = self.happening.at, self._terms(state)
        paused = state.status == "paused" or _pauses_before_start(state, at)
        if paused and (self._holds("resume") or (pause.lasts and not pause.holds(self.happening))):
            self._become(transitions.resume(state, at, terms))
        elif not paused and pause.holds(self.happening) and (starts or not self._was_over(pause)):
            self._become(transitions.pause(state, at, terms, reason=pause.in_words, longest=self.rule.pause_max))

    def _was_over(self, pause: When) -> bool:
        """A pause that ended while its state lasts does not begin again by itself."""
        limited = self.rule.pause_max is not None or "resume" in self.rule.conditions
        return limited and pause.lasts and pause.held(self.happening)

    def _become(self, state: ClockState) -> None:
        if self.state is not None and state.cycle > self.state.cycle:
            self.ended.append(transitions.ended(self.state, self.happening.at, self._terms(self.state)))
            state = self._known(state)
        self.state = state

    def _known(self, state: ClockState) -> ClockState:
        """With the moment from which it is known, where it began before that (R9)."""
        recorded_at = self.happening.recorded_at
        return replace(state, known_since=recorded_at) if self.happening.at < recorded_at else state

    def _holds(self, condition: str) -> bool:
        return self.rule.holds(condition, self.happening)

    def _terms(self, state: ClockState) -> Terms:
        return Terms(self.calendars.timeline(state.calendar), self.rule.steps)

    @property
    def _current(self) -> ClockState:
        assert self.state is not None
        return self.state

    @property
    def _by_data(self) -> bool:
        return self.rule.declared.due is not None and self.rule.declared.due.field is not None

    def _due(self, start: datetime, timeline: Timeline) -> datetime | None:
        if self.rule.declared.due is None:
            return None
        if self._by_data:
            return self._due_by_data(timeline)
        try:
            return due_moment(self.rule.declared.due, start, timeline)
        except ValueError as error:
            raise invalid(f"slas.{self.rule.name}", f"cannot be promised: {error}") from None

    def _due_by_data(self, timeline: Timeline) -> datetime | None:
        due = self.rule.declared.due
        assert due is not None
        value = self.rule.data_field(due.field, self.happening.data)
        if value is None:
            return None
        try:
            return due_by_field(due, value, timeline)
        except (ValueError, OverflowError):
            raise invalid(str(due.field), unreadable(self.rule.name)) from None

    def _started_at(self, timeline: Timeline) -> datetime | None:
        path = self.rule.declared.start_at
        moment = self._moment(path, timeline)
        if path and moment and moment > self.happening.recorded_at:
            raise invalid(path, f"lies in the future, and the clock {self.rule.name} starts by it")
        return moment

    def _moment(self, path: str | None, timeline: Timeline) -> datetime | None:
        value = self.rule.data_field(path, self.happening.data)
        if path is None or value is None:
            return None
        try:
            return read_moment(value, timeline, ends=False)
        except (ValueError, OverflowError):
            raise invalid(path, unreadable(self.rule.name)) from None


def _pauses_before_start(state: ClockState, at: datetime) -> bool:
    if state.status != "pending" or not state.pauses:
        return False
    until = state.pauses[-1].until
    return until is None or until > at
