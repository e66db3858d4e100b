"""Check that clocks can do what they declare: events that can fire, pauses that end, budgets that fit together."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import permutations, product
from typing import Final

from app.domain.deciding.step_effects import fired_by
from app.domain.declaring.checks.runs import Runs, States, listed, only
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Clock, Condition
from app.domain.definition.durations import lengths_of
from app.domain.values.near_names import quoted

# A real case type takes some hundred looks. One made to keep the checker busy gets fewer warnings instead.
MOST_LOOKS: Final = 100_000
AFTER_START: Final = ("stop", "cancel", "pause", "resume", "reset")


def check_feasible(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    """What can surely never happen, as warnings. Needs names that are known."""
    if not case_type.slas or len(case_type.slas) ** 2 * len(tree.nodes) > MOST_LOOKS:
        return
    runs = Runs(case_type, tree)
    for name, clock in case_type.slas.items():
        here: Path = ("slas", name)
        yield from _fired(clock, here, case_type, runs, source)
        yield from _endless_pause(clock, here, runs, source)
        yield from _never(clock, here, case_type, runs, source)
    yield from _nested(case_type.slas, runs, source)


def _fired(clock: Clock, here: Path, case_type: CaseType, runs: Runs, source: Source) -> Iterator[Fault]:
    where = runs.running(clock)
    for place, event in fired_by(clock):
        if where and not _can_fire(event, where, case_type, runs):
            message = f"{quoted(event)} cannot be fired from where a case is while the clock runs"
            remedy = f"let it start from {quoted(min(runs.leaves(where), default=min(where)))}, or fire another event"
            yield source.warning((*here, *place), message, remedy)


def _can_fire(event: str, where: States, case_type: CaseType, runs: Runs) -> bool:
    sources = {state for transition in case_type.events[event].transitions for state in transition.sources}
    if "*" in sources and any("." in state or not runs.tree.nodes[state].state.final for state in where):
        return True
    return not sources.isdisjoint(where)


def _endless_pause(clock: Clock, here: Path, runs: Runs, source: Source) -> Iterator[Fault]:
    pause = clock.pause
    if pause is None or clock.resume is not None or clock.pause_max is not None:
        return
    for state in listed(pause.in_):
        leaves = runs.leaves(frozenset(runs.tree.within(state)) & runs.reached)
        if leaves and all(_is_the_end(leaf, runs) for leaf in leaves):
            message = f"the clock is paused in {quoted(state)}, which nothing leaves"
            yield source.warning((*here, "pause", "in"), message, "stop the clock there, or add `pause_max`")


def _is_the_end(leaf: str, runs: Runs) -> bool:
    node = runs.tree.nodes[leaf]
    return (node.state.final and node.parent is None) or runs.traps.holds(leaf)


def _never(clock: Clock, here: Path, case_type: CaseType, runs: Runs, source: Source) -> Iterator[Fault]:
    """Conditions that cannot hold."""
    alive = runs.alive(clock)
    for key in ("start", *AFTER_START):
        condition: Condition | None = getattr(clock, key)
        if condition is None:
            continue
        if message := _contradiction(condition, runs):
            yield source.warning((*here, key), message, "remove one of the two, or use another state")
        elif key in AFTER_START and condition.event is not None:
            paused = clock.pause is not None and only(clock.pause, "in_") and key == "resume"
            where = alive & _around(clock.pause, runs) if paused else alive
            if where and not any(_can_follow(event, where, case_type, runs) for event in listed(condition.event)):
                events = " or ".join(map(quoted, listed(condition.event)))
                message = f"{quoted(key)} waits for {events}, which cannot be fired while the clock is "
                remedy = "name an event that starts from where the case is then"
                yield source.warning((*here, key, "event"), message + ("paused" if paused else "on"), remedy)


def _around(pause: Condition | None, runs: Runs) -> States:
    return frozenset(each for state in listed(pause.in_ if pause else None) for each in runs.around(state))


def _can_follow(event: str, where: States, case_type: CaseType, runs: Runs) -> bool:
    """Whether an event can be fired there; one that only opens cases never is."""
    return event in case_type.events and _can_fire(event, where, case_type, runs)


def _contradiction(condition: Condition, runs: Runs) -> str | None:
    """Why no case can be where all parts of a condition hold."""
    entered, left, inside = listed(condition.enters), listed(condition.leaves), listed(condition.in_)
    for after, word in ((entered, "entered"), (inside, "active")):
        if after and left and all(runs.tree.contains(gone, state) for state, gone in product(after, left)):
            return f"{quoted(left[0])} cannot be left while {quoted(after[0])} is {word}"
    if entered and inside and all(one not in runs.around(other) for one, other in product(entered, inside)):
        return f"{quoted(entered[0])} and {quoted(inside[0])} are never active at once"
    return None


def _nested(clocks: Mapping[str, Clock], runs: Runs, source: Source) -> Iterator[Fault]:
    """A clock that only runs while another one runs, and allows more time than that."""
    resting = {name: runs.leaves(runs.resting(clock)) for name, clock in clocks.items()}
    running = {name: runs.leaves(runs.running(clock)) for name, clock in clocks.items()}
    for outer, inner in permutations(clocks, 2):
        one, other = clocks[outer], clocks[inner]
        if not _comparable(one, other):
            continue
        allowed, needed = lengths_of(one), lengths_of(other)
        if not allowed or not needed or min(needed) <= max(allowed):
            continue
        if _same_run(one, other) or (running[inner] and running[inner].isdisjoint(resting[outer])):
            message = f"{quoted(inner)} runs only while {quoted(outer)} does, and allows more time: "
            message += f"{_shown(min(needed))} within {_shown(max(allowed))}"
            remedy = f"give {quoted(inner)} less, or {quoted(outer)} more"
            yield source.warning(("slas", inner, "target"), message, remedy)


def _comparable(outer: Clock, inner: Clock) -> bool:
    """Whether all time that counts for the inner clock counts for the outer one too."""
    if outer.kind != "elapsed" or inner.kind != "elapsed" or len({*_calendars(outer), *_calendars(inner)}) != 1:
        return False
    if outer.reset is not None or outer.reopen in ("ignore", "restart") or inner.start_at is not None:
        return False
    if outer.retarget == "restart" and isinstance(outer.target, list):
        return False
    pauses = [(clock.pause, clock.resume, clock.pause_max) for clock in (outer, inner)]
    return outer.pause is None or pauses[0] == pauses[1]


def _same_run(one: Clock, other: Clock) -> bool:
    return (one.start, one.stop, one.cancel) == (other.start, other.stop, other.cancel) and one.reopen == other.reopen


def _calendars(clock: Clock) -> Iterator[str]:
    own = repr(clock.calendar or "always")
    rules = clock.target if isinstance(clock.target, list) else []
    yield from (repr(rule.calendar) if rule.calendar else own for rule in rules)
    if not rules:
        yield own


def _shown(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if number)
