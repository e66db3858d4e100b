"""Where `check` believes a clock may run or rest is never less than where one does, on any case type."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.declaring.checks.runs import Runs, listed
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.definition.case_type import CaseType, Clock, Condition, walk
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Machine, Resting
from tests.lengths import length
from tests.machine.test_semantics import EVENTS, case_types, fired

Active = frozenset[str]


class NaiveClock:
    """Looks at every event one by one. A clock that begins looks at its pause with the next event."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.alive = self.paused = self.over = False

    def take(self, event: str, before: Active, after: Active) -> None:
        def holds(condition: Condition | None) -> bool:
            return condition is not None and _holds(condition, event, before, after)

        ends = holds(self.clock.cancel) or (self.clock.kind != "periodic" and holds(self.clock.stop))
        if self.alive:
            self.alive = not ends
            self.over = ends and self.clock.reopen == "ignore"
            self.paused = holds(self.clock.pause)
        elif holds(self.clock.start) and not ends and not self.over:
            self.alive, self.paused = True, False


def _holds(condition: Condition, event: str, before: Active, after: Active) -> bool:
    parts = [
        (condition.enters, lambda state: state in after and state not in before),
        (condition.leaves, lambda state: state in before and state not in after),
        (condition.in_, lambda state: state in after),
        (condition.event, lambda name: name == event),
    ]
    return all(any(map(true, listed(written))) for written, true in parts if written is not None)


@st.composite
def clocks(draw: st.DrawFn, states: list[str]) -> Clock:
    some = st.lists(st.sampled_from(states), min_size=1, max_size=2)
    one = st.one_of(
        st.builds(lambda found: {"enters": found}, some),
        st.builds(lambda found: {"in": found}, some),
        st.builds(lambda found: {"leaves": found}, some),
        st.builds(lambda found, event: {"enters": found, "event": event}, some, st.sampled_from(EVENTS)),
        st.builds(lambda event: {"event": event}, st.sampled_from(EVENTS)),
    )
    keys: dict[str, Any] = {"kind": draw(st.sampled_from(["elapsed", "elapsed", "periodic"])), "start": draw(one)}
    keys |= {key: draw(one) for key in ("stop", "cancel") if draw(st.booleans())}
    if draw(st.booleans()):
        keys["pause"] = {"in": draw(some)}
    return Clock.model_validate({**keys, "reopen": draw(st.sampled_from(["resume", "ignore"]))})


@settings(max_examples=length(50, 300), deadline=None)
@given(case_type=case_types(), data=st.data(), events=st.lists(st.sampled_from(EVENTS), max_size=12))
def test_a_clock_runs_and_rests_only_where_it_may(case_type: CaseType, data: st.DataObject, events: list[str]) -> None:
    clock = data.draw(clocks([path for path, _ in walk(case_type.states)]))
    tree = StateTree(case_type)
    runs = Runs(case_type, tree)
    alive, running, resting = runs.alive(clock), runs.running(clock), runs.resting(clock)
    naive, before = NaiveClock(clock), frozenset[str]()
    for event, here in _walk(Machine(case_type, "hash", 1), events):
        after = frozenset(path for leaf in here.configuration for path in tree.line(leaf))
        naive.take(event, before, after)
        before = after
        assert after <= (alive if naive.alive else resting)
        assert not naive.alive or naive.paused or after <= running


def _walk(machine: Machine, events: list[str]) -> list[tuple[str, Resting]]:
    """What a case goes through; events that apply to nothing are left out."""
    try:
        found = [("open", machine.opened("open"))]
        for event in events:
            if not found[-1][1].closed and (here := fired(machine, found[-1][1], event)) is not None:
                found.append((event, here))
    except NeverRests:
        assume(False)  # completions that never rest are refused by `check`
    return found
