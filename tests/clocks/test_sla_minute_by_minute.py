"""Clocks equal those of a stepper that walks every minute, on random calendars, zones and lives."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.calendars.timeline import Timeline
from app.domain.clocks import transitions
from app.domain.clocks.course import elapsed, passed
from app.domain.clocks.firing import due_firings
from app.domain.clocks.state import ClockState
from app.domain.clocks.steps import Terms, compile_steps
from app.domain.definition.case_type import Step
from tests.clock_lives import Life, calendar, moment, random_life
from tests.lengths import length
from tests.minute_calendar import MINUTE, SECOND, Minutes
from tests.minute_stepper import Stepper

CASES = length(60, 250)
DAYS = 30


class Product:
    """The same life by the functions under test, with ticks of the scheduler at random moments."""

    def __init__(self, life: Life, dice: random.Random) -> None:
        versions = [(moment(minute * MINUTE), calendar(written)) for minute, written in life.versions]
        declared = [Step(at=at, every=f"{every}s" if every else None, max=most) for at, _, _, every, most in life.steps]
        self.terms = Terms(Timeline(versions), compile_steps(declared, implicit=False))
        self.life, self.dice = life, dice
        self.other = Terms(Timeline.of(calendar(life.other)), self.terms.steps)
        self.state = ClockState(name="clock")
        self.fired: dict[tuple[int, int], tuple[datetime, bool]] = {}
        self.at = moment(life.first * MINUTE)

    def live(self) -> None:
        for at, do, given in self.life.happenings:
            self.tick_before(moment(at * SECOND))
            before = self.state
            self.state = ClockState.from_json(self.done(do, moment(at * SECOND), given).to_json())
            if self.state.cycle > before.cycle:
                self.fired = {}
        self.tick_before(moment(self.life.until * SECOND))
        while self.tick(moment(self.life.until * SECOND), inclusive=True):
            pass
        self.fired |= {(one.step, one.n): (one.moment, one.skipped) for one in self.state.owed}

    def tick_before(self, at: datetime) -> None:
        while self.dice.random() < 0.4:
            self.tick(min(self.at + timedelta(seconds=self.dice.randrange(90000)), at), inclusive=False)
        self.at = at

    def tick(self, at: datetime, *, inclusive: bool) -> bool:
        self.at = at
        firings, self.state = due_firings(self.state, self.terms, at, inclusive=inclusive)
        for firing in firings:
            assert (firing.step.number, firing.n) not in self.fired, "fires once"
            self.fired[firing.step.number, firing.n] = (firing.moment, firing.skipped)
        assert [firing.moment for firing in firings] == sorted(firing.moment for firing in firings)
        return bool(firings)

    def done(self, do: str, at: datetime, given: dict[str, Any]) -> ClockState:
        state, terms, life = self.state, self.terms, self.life
        target = timedelta(seconds=life.target) if life.target else None
        due = moment(life.deadline * SECOND) if life.deadline else None
        if do == "start":
            since = moment(given["since"] * SECOND) if given else None
            return transitions.start(state, at, terms, target=target, due=due, started_at=since)
        if do == "pause":
            longest = timedelta(seconds=given["longest"]) if given["longest"] else None
            return transitions.pause(state, at, terms, longest=longest)
        if do == "retarget":
            return transitions.retarget(state, at, terms, target=timedelta(seconds=given["target"]), mode=given["mode"])
        if do == "reopen":
            return transitions.reopen(state, at, terms, given["mode"])
        if do == "handover":
            if state.status not in ("pending", "running", "paused"):
                return state
            self.terms, self.other = self.other, terms
            return transitions.handover(state, at, terms, f"at {at}", self.terms, given["mode"])
        after: ClockState = getattr(transitions, do)(state, at, terms)
        return after


def stepped(life: Life) -> Stepper:
    """The same life minute by minute."""
    here, there = (Minutes(life.first, DAYS * 1440, v) for v in (life.versions, [(0, life.other)]))
    steps = [
        (percent, offset * SECOND, every and every * SECOND, most if every else 1)
        for _, percent, offset, every, most in life.steps
    ]
    clock = Stepper(here, steps)
    clock.t = life.first * MINUTE
    for at, do, given in life.happenings:
        clock.walk(at * SECOND)
        if do == "start":
            target, due = (value and value * SECOND for value in (life.target, life.deadline))
            clock.start(target, due, given["since"] * SECOND if given else None)
        elif do == "pause":
            clock.pause(given["longest"] and given["longest"] * SECOND)
        elif do == "retarget":
            clock.retarget(given["target"] * SECOND, given["mode"])
        elif do == "handover":
            if clock.status in ("pending", "running", "paused"):
                clock.handover(there, given["mode"])
                here, there = there, here
        elif do == "reopen":
            clock.reopen(given["mode"])
        else:
            getattr(clock, do)()
    clock.walk(life.until * SECOND)
    clock.now()
    return clock


@pytest.mark.parametrize("seed", range(length(4, 8)))
def test_a_clock_lives_as_if_every_minute_had_been_watched(seed: int) -> None:
    dice, lived = random.Random(seed), 0
    while lived < CASES:
        life = random_life(dice)
        try:
            clock = stepped(life)
        except EOFError:  # a deadline kept beyond the window
            continue
        lived += 1
        compare(life, clock, dice)


def compare(life: Life, clock: Stepper, dice: random.Random) -> None:
    product = Product(life, dice)
    product.live()
    state, timeline, now = product.state, product.terms.timeline, moment(life.until * SECOND)
    assert (state.status, state.cycle) == (clock.status, clock.cycle), life
    assert elapsed(state, timeline, now) == timedelta(microseconds=clock.elapsed), life
    breach = (moment(clock.breached[0]), clock.breached[1]) if clock.breached else (None, None)
    assert (state.breached_at, state.breach_reason) == breach, life
    fired = {key: (moment(at), skipped) for key, (at, skipped) in clock.fired.items()}
    assert product.fired == fired, life
    if state.status == "running":
        compare_what_is_to_come(state, product.terms, clock, life)


def compare_what_is_to_come(state: ClockState, terms: Terms, clock: Stepper, life: Life) -> None:
    end = (life.first + DAYS * 1440) * MINUTE
    due = clock.coming_due()
    if due is None:
        assert state.due_at is None or state.due_at >= moment(end - MINUTE), life
    else:
        assert state.due_at == moment(due), life
    later = life.until * SECOND + 3 * 86400 * SECOND
    coming = clock.coming_firings(later)
    firings = [*clock.fired, *((one.step, one.n) for one in passed(state, moment(later), terms)[1])]
    assert set(firings) == set(coming), life
    following = min((at for key, (at, _) in coming.items() if key not in clock.fired), default=None)
    if following is not None:
        assert state.next_fire_at == moment(following), life
