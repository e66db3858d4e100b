"""Clocks equal those of a stepper that walks every minute, on random calendars, zones and lives."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain import sla
from app.domain.calendar import Calendar
from app.domain.calendar_file import CalendarFile
from app.domain.case_type import Step
from app.domain.clock_course import elapsed, passed
from app.domain.clock_firing import due_firings
from app.domain.clock_state import ClockState
from app.domain.clock_steps import Terms, compile_steps
from app.domain.timeline import Timeline
from tests.minute_stepper import MINUTE, SECOND, Minutes, Stepper

CASES = 250
DAYS = 30
LIFE = 9 * 1440 * 60
"""Seconds in which things happen to a clock; due may lie beyond."""
WINDOWS = [
    ("America/New_York", date(2026, 3, 4)),
    ("America/New_York", date(2026, 10, 28)),
    ("Europe/Berlin", date(2026, 3, 25)),
    ("Europe/Berlin", date(2026, 10, 21)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("Australia/Lord_Howe", date(2026, 9, 30)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("Pacific/Apia", date(2011, 12, 26)),
    ("Africa/Casablanca", date(2026, 2, 11)),
    ("Africa/Casablanca", date(2026, 3, 18)),
    ("America/St_Johns", date(2026, 3, 4)),
    ("America/St_Johns", date(2011, 11, 2)),
    ("America/Havana", date(2026, 10, 28)),
]
STEPS = [
    ("50%", 50, 0),
    ("33%", 33, 0),
    ("75%", 75, 0),
    ("100%", 100, 0),
    ("120%", 120, 0),
    ("-1h", None, -3600),
    ("-90m", None, -5400),
    ("+2h", None, 7200),
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """A random clock: the seconds at which something happens to it, and what."""

    zone: str
    first: int
    versions: list[tuple[int, dict[str, Any]]]
    other: dict[str, Any]
    steps: list[tuple[str, int | None, int, int | None, int | None]]
    target: int | None
    deadline: int | None
    happenings: list[tuple[int, str, dict[str, Any]]]
    until: int


def moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def random_hours(dice: random.Random) -> list[str]:
    kind = dice.randrange(5)
    if kind == 0:
        return [dice.choice(["22:00-30:00", "23:30-26:30", "00:00-24:00", "02:00-03:00", "01:30-02:30", "20:00-26:00"])]
    points = sorted(dice.sample(range(97), 2 * dice.randint(1, 3)))
    found = [f"{text(15 * start)}-{text(15 * end)}" for start, end in zip(points[::2], points[1::2], strict=True)]
    return found if kind > 1 else ["09:00-17:00"]


def random_calendar(dice: random.Random, zone: str, day: date) -> dict[str, Any]:
    """Tries until one is accepted: a night shift may overlap the next day's hours."""
    while True:
        days = dice.choice([["mon-fri"], ["mon-sun"], ["mon-wed", "sat-sun"], ["mon-thu", "fri"], ["fri-mon"]])
        near = [str(day + timedelta(days=dice.randint(-1, 12))) for _ in range(4)]
        written = {
            "zone": zone,
            "weekly": {span: random_hours(dice) for span in days},
            "closed": near[: dice.randint(0, 2)],
            "override": {
                day: random_hours(dice) if dice.random() < 0.8 else [] for day in near[2 : dice.randint(2, 4)]
            },
        }
        try:
            calendar(written)
        except ValueError:
            continue
        return written


def random_life(dice: random.Random) -> Life:
    zone, day = dice.choice(WINDOWS)
    first = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // timedelta(minutes=1)
    versions = [(0, random_calendar(dice, zone, day))]
    if dice.random() < 0.3:
        versions.append((first + dice.randint(1440, 8 * 1440), random_calendar(dice, zone, day)))
    grid = dice.choice([1, 900, 3600])  # on a coarse one things happen at exactly due, or at one moment
    begin = (first * 60 + 86400 + dice.randrange(2 * 86400)) // grid * grid
    fixed = dice.random() < 0.25
    steps = [random_step(dice) for _ in range(dice.randint(0, 4))]
    seconds = sorted(dice.randrange(begin, first * 60 + LIFE, grid) for _ in range(dice.randint(0, 8)))
    happenings = [(at, *random_doing(dice, fixed)) for at in seconds]
    started: dict[str, Any] = {"since": begin - dice.randrange(0, 86400, grid)} if dice.random() < 0.3 else {}
    place = dice.choice([0, 0, 0, min(2, len(happenings))])
    at = happenings[place - 1][0] if place else begin
    happenings.insert(place, (at, "start", started))
    return Life(
        zone,
        first,
        versions,
        random_calendar(dice, zone, day),
        steps,
        None if fixed else random_target(dice),
        begin + dice.randrange(-3600, 6 * 86400, grid) if fixed else None,
        happenings,
        max(first * 60 + LIFE, at) + dice.randrange(2 * 86400),
    )


def random_step(dice: random.Random) -> tuple[str, int | None, int, int | None, int | None]:
    at, percent, offset = dice.choice(STEPS)
    if at.startswith("+") and dice.random() < 0.7:
        return at, percent, offset, dice.choice([3600, 5400]), dice.choice([None, 2, 5])
    return at, percent, offset, None, None


def random_target(dice: random.Random) -> int:
    return dice.choice([3600, 4 * 3600, 8 * 3600, 8 * 3600, 16 * 3600, 12345])


def random_doing(dice: random.Random, fixed: bool) -> tuple[str, dict[str, Any]]:
    do = dice.choice(
        ["pause", "pause", "resume", "resume", "retarget", "handover", "stop", "reopen", "reopen", "reset", "cancel"]
    )
    modes = ["keep_elapsed", "keep_elapsed", "restart", "keep_deadline"]
    if do == "pause":
        return do, {"longest": dice.choice([None, None, 3600, 86400])}
    if do == "retarget":
        return ("resume", {}) if fixed else (do, {"target": random_target(dice), "mode": dice.choice(modes)})
    if do == "handover":
        return do, {"mode": dice.choice(modes)}
    return (do, {"mode": dice.choice(["ignore", "resume", "continue", "restart"])}) if do == "reopen" else (do, {})


def calendar(written: dict[str, Any]) -> Calendar:
    return Calendar.compiled(CalendarFile.model_validate(written))


class Product:
    """The same life by the functions under test, with ticks of the scheduler at random moments."""

    def __init__(self, life: Life, dice: random.Random) -> None:
        versions = [(moment(minute * MINUTE), calendar(written)) for minute, written in life.versions]
        declared = [Step(at=at, every=f"{every}s" if every else None, max=most) for at, _, _, every, most in life.steps]
        self.terms = Terms(Timeline(versions), compile_steps(declared, implicit=False))
        self.life, self.dice = life, dice
        self.other = Terms(Timeline.of(calendar(life.other)), self.terms.steps)
        self.state = ClockState("clock")
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
            return sla.start(state, at, terms, target=target, due=due, started_at=since)
        if do == "pause":
            longest = timedelta(seconds=given["longest"]) if given["longest"] else None
            return sla.pause(state, at, terms, longest=longest)
        if do == "retarget":
            return sla.retarget(state, at, terms, target=timedelta(seconds=given["target"]), mode=given["mode"])
        if do == "reopen":
            return sla.reopen(state, at, terms, given["mode"])
        if do == "handover":
            if state.status not in ("pending", "running", "paused"):
                return state
            self.terms, self.other = self.other, terms
            return sla.handover(state, at, terms, f"at {at}", self.terms, given["mode"])
        after: ClockState = getattr(sla, do)(state, at, terms)
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


@pytest.mark.parametrize("seed", range(8))
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
