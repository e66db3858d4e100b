"""Check that completions come to rest from wherever events may lead, whatever a history remembers by then."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from app.domain.declaring.checks.joins import may_chain, remembers_itself
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_state
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Event, Transition
from app.domain.definition.configuration import Configuration
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc, Machine, Resting
from app.domain.values.near_names import quoted

# A real case type with such completions takes some dozen. In one with far more, a circle that is well hidden is
# found by the attempt that would go round in it, which is refused.
MOST_LOOKS: Final = 3000
MOST_QUESTIONS: Final = 4
MOST_TOLD: Final = 6
REMEDY: Final = "lead to a state that waits for an event, not to the history of one that is done already"

Seen = tuple[Configuration, tuple[tuple[str, Configuration], ...]]


def check_rests(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    """The first way into a circle. Needs that every name is known."""
    sure = [path for path in tree.nodes if remembers_itself(path, tree)]
    for path in sure:
        message = f"`on_done` of {quoted(path)} leads back to it without an event, since what it remembers is done"
        yield source.error(_at(path), message, f"write {quoted(path)}, or lead to another state")
    if sure or not may_chain(tree):
        return
    machine = Machine(_bare(case_type), "", 0)
    near = _Walk(machine, deep=False)
    found = near.circle() or (None if near.saw_all else _Walk(machine, deep=True).circle())
    if found is not None:
        state, events = found
        message = f"`on_done` of {quoted(state)} leads back to it without an event, after {_in_words(events)}"
        yield source.error(_at(state), message, REMEDY)


def _at(state: str) -> Path:
    return (*at_state(state), "on_done")


def _in_words(events: tuple[str, ...]) -> str:
    last = ", ".join(map(quoted, events[-MOST_TOLD:]))
    return f"..., {last}" if len(events) > MOST_TOLD else last


class _Walk:
    """Where a case may come to, one event after another: guards, four eyes and policy may say anything.

    Short ways first; `deep` follows each way to its end first, which finds what stands behind many events.
    """

    def __init__(self, machine: Machine, *, deep: bool) -> None:
        self._machine = machine
        self._deep = deep
        self._looks = 0
        self._ways: dict[Seen, tuple[str, ...]] = {}
        self._new: list[Resting] = []

    @property
    def saw_all(self) -> bool:
        return not self._new

    def circle(self) -> tuple[str, tuple[str, ...]] | None:
        """The state whose completion never ends, and the events that lead there; None where none was found."""
        way: tuple[str, ...] = ()
        try:
            for way in ((event,) for event in self._machine.case_type.opening):
                self._come(self._machine.opened(way[0]), way)
            while self._new and self._looks < MOST_LOOKS:
                here = self._new.pop(-1 if self._deep else 0)
                for event in self._machine.arcs:
                    way = (*self._ways[_seen(here)], event)
                    self._fire(here, event, way)
        except NeverRests as circle:
            return circle.sources[0], way
        return None

    def _come(self, here: Resting, way: tuple[str, ...]) -> None:
        if _seen(here) not in self._ways:
            self._ways[_seen(here)] = way
            self._new.append(here)

    def _fire(self, here: Resting, event: str, way: tuple[str, ...]) -> None:
        arcs = [arc for found in self._machine.candidates(here.configuration, event) for arc in found]
        if all(arc.move.target is None for arc in arcs):
            return  # nothing takes it from here, or it stays
        for yes in _answers([arc for arc in arcs if arc.conditional]):
            self._looks += 1
            open_ones = yes | {arc for arc in arcs if not arc.conditional}
            if taken := self._machine.select(here.configuration, here.memory, event, open_ones.__contains__):
                self._come(self._machine.rest(here.configuration, here.memory, taken), way)


def _answers(asked: list[Arc]) -> Iterator[frozenset[Arc]]:
    """Which of the conditional arcs may be taken: any, where they are few, else each alone and all together."""
    asked = list(dict.fromkeys(asked))
    if len(asked) > MOST_QUESTIONS:
        yield from (frozenset({arc}) for arc in asked)
        yield from (frozenset(asked), frozenset())
        return
    for said in product((True, False), repeat=len(asked)):
        yield frozenset(arc for arc, yes in zip(asked, said, strict=True) if yes)


def _seen(here: Resting) -> Seen:
    return here.configuration, tuple(sorted(here.memory.items()))


def _bare(case_type: CaseType) -> CaseType:
    """The same states and transitions without what the rest of the checks is about: expressions, schemas, clocks."""
    events = {name: _bare_event(event) for name, event in case_type.events.items()}
    return case_type.model_copy(update={"events": events, "slas": {}, "data": {"type": "object"}})


def _bare_event(event: Event) -> Event:
    ways = [_bare_transition(one) for one in event.transitions]
    return event.model_copy(update={"transitions": ways, "payload": None, "set": {}})


def _bare_transition(one: Transition) -> Transition:
    asked = one.when or one.unless_actor_of or one.only_actor_of
    left_out: Mapping[str, object] = {"unless_actor_of": [], "only_actor_of": [], "set": {}}
    return one.model_copy(update={**left_out, "when": "true" if asked else None})
