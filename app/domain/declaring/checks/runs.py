"""In which states a clock may run, and in which it may not: never too few of either, so that a warning is true."""

from collections.abc import Iterable, Iterator

from app.domain.declaring.checks.reach import Moves, Reach
from app.domain.declaring.checks.state_tree import StateTree, has_history, without_history
from app.domain.declaring.checks.traps import Traps
from app.domain.definition.case_type import CaseType, Clock, Condition

States = frozenset[str]


class Runs:
    """Guards, policy and time aside. States are the active ones of a case, leaves and what contains them."""

    def __init__(self, case_type: CaseType, tree: StateTree) -> None:
        self.tree = tree
        self._openings = list(case_type.opening.values())
        self._moves = Moves(case_type, tree)
        self.reached: States = frozenset(Reach(case_type, self._moves).states)
        self.traps = Traps(self._moves)

    def alive(self, clock: Clock) -> States:
        """Where a case may be while the clock has begun and not ended, paused or not."""
        starts = self._begin_in(clock)
        seeds = self.reached if starts is None else self._around_all(starts)
        found = self._spread(seeds, self._entries(ends(clock)))
        for condition in ends(clock):
            for state in listed(condition.leaves) if only(condition, "leaves") else ():
                if starts and all(self.tree.contains(state, each) for each in starts):
                    found &= self.around(state)
        return found

    def running(self, clock: Clock) -> States:
        """Where a case may be while time counts and steps fire."""
        found, pause = self.alive(clock), clock.pause
        if pause is None or not only(pause, "in_") or clock.resume is not None or clock.pause_max is not None:
            return found
        starts = self._begin_in(clock)
        begun = self.reached if starts is None else self._around_all(starts)
        for state in listed(pause.in_):
            inside = frozenset(self.tree.within(state))
            if inside.isdisjoint(begun):
                found -= inside
        return found

    def resting(self, clock: Clock) -> States:
        """Where a case may be while the clock has not begun, or has ended."""
        entries = self._entries([clock.start])
        if clock.reopen == "ignore" or not entries:
            return self.reached
        seeds = {state for opened in self._openings for state in self._entered(None, opened, entries)}
        for condition in ends(clock):
            if only(condition, "enters") or only(condition, "in_"):
                seeds |= self._around_all(listed(condition.enters) or listed(condition.in_))
            elif only(condition, "leaves"):
                seeds |= {state for state in self.reached if not self._within_any(state, listed(condition.leaves))}
            else:
                return self.reached
        return self._spread(seeds, entries)

    def around(self, state: str) -> States:
        """What may be active while this state is: what contains it, what is in it, and regions beside it."""
        outer = [path for path in self.tree.line(state) if self.tree.nodes[path].parallel]
        inside = frozenset(self.tree.within(outer[-1] if outer else state))
        return (inside | frozenset(self.tree.ancestors(state))) & self.reached

    def leaves(self, states: Iterable[str]) -> States:
        return frozenset(state for state in states if self.tree.nodes[state].atomic)

    def _begin_in(self, clock: Clock) -> list[str] | None:
        """The states of which one is active as the clock begins; None where it may begin anywhere."""
        return listed(clock.start.enters) or listed(clock.start.in_) or None

    def _around_all(self, states: Iterable[str]) -> States:
        return frozenset(each for state in states for each in self.around(state))

    def _within_any(self, state: str, outer: list[str]) -> bool:
        return any(self.tree.contains(each, state) for each in outer)

    def _entries(self, conditions: Iterable[Condition]) -> States:
        """States whose being entered is surely enough for one of the conditions, and is seen after the event."""
        written = [each for each in conditions if only(each, "enters") or only(each, "in_")]
        states = (state for each in written for state in listed(each.enters) or listed(each.in_))
        return frozenset(state for state in states if self._is_seen(state))

    def _is_seen(self, state: str) -> bool:
        """Whether nothing is active beside it, and no join leaves it in the event that enters it."""
        if any(self.tree.nodes[path].parallel for path in self.tree.ancestors(state)):
            return False
        near = (*self.tree.line(state), *self.tree.within(state))
        return all(self.tree.nodes[path].state.on_done is None for path in near)

    def _spread(self, seeds: Iterable[str], barred: States) -> States:
        """Every state that events and joins lead to from the seeds without entering a barred one."""
        found: set[str] = set()
        new = list(seeds)
        while new:
            path = new.pop()
            if path not in found:
                found.add(path)
                new.extend(state for target in self._targets(path) for state in self._entered(path, target, barred))
        return frozenset(found) & self.reached

    def _targets(self, path: str) -> Iterator[str]:
        state = self.tree.nodes[path].state
        yield from self._moves.by_source.get(path, ())
        if "." in path or not state.final:
            yield from self._moves.from_anywhere
        if state.on_done is not None:
            yield state.on_done

    def _entered(self, source: str | None, target: str, barred: States) -> States:
        path = without_history(target)
        if path not in self.tree.nodes:
            return frozenset()
        entered = frozenset(self.tree.entered(path))
        surely = frozenset(self.tree.line(path)) if has_history(target) else entered
        if any(source is None or not self._may_be_in(state, source) for state in surely & barred):
            return frozenset()
        return entered | frozenset(self.tree.within(path)) if has_history(target) else entered

    def _may_be_in(self, state: str, source: str) -> bool:
        """Whether a case that takes a transition from `source` may be in the state already."""
        return self.tree.contains(state, source) or self.tree.contains(source, state)


def ends(clock: Clock) -> list[Condition]:
    """The conditions that end a clock for good; `stop` ends one cycle of a periodic clock, and the next begins."""
    written = [clock.cancel] if clock.kind == "periodic" else [clock.stop, clock.cancel]
    return [condition for condition in written if condition is not None]


def only(condition: Condition, key: str) -> bool:
    """Whether a condition has this one part."""
    return condition.model_fields_set == {key}


def listed(written: str | list[str] | None) -> list[str]:
    return [written] if isinstance(written, str) else written or []
