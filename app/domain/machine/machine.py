"""One definition, compiled: which transitions an event can take now, and where they lead."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.domain.clocks.rules import clock_rules
from app.domain.definition.case_type import CaseType, Event, Transition, events_of, since_of, walk
from app.domain.definition.configuration import Configuration, Memory
from app.domain.definition.fields import defaults_of
from app.domain.expressions.expression import Expression, compile_expression
from app.domain.expressions.schema_types import type_of_schema
from app.domain.expressions.types import Type, mapped
from app.domain.machine.completing import Completions
from app.domain.machine.form import compiled_form
from app.domain.machine.graph import Graph, Move, below, move_to
from app.domain.schemas.files import holds_files
from app.domain.schemas.text_fields import TextFields
from app.domain.schemas.validator import Validator
from app.domain.values.names import case_roles


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arc:
    """One declared transition from one state."""

    event: str
    move: Move
    guard: Expression | None
    unless_actor_of: tuple[str, ...]
    only_actor_of: tuple[str, ...]
    unless_since: str | None
    only_since: str | None
    set: tuple[tuple[str, Expression], ...]

    @property
    def conditional(self) -> bool:
        return self.guard is not None or bool(self.unless_actor_of or self.only_actor_of)


@dataclass(frozen=True, slots=True)
class Resting:
    """Where a case comes to rest after an event and the completions that it caused.

    `began`: of the states since whose entry four eyes counts, those that it came into on the way.
    """

    configuration: Configuration
    memory: Memory
    closed: bool
    began: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        return "+".join(self.configuration)


class Machine:
    """A case type of one version. Safe to share: it holds no case."""

    def __init__(self, case_type: CaseType, digest: str, version: int) -> None:
        self.case_type = case_type
        self.digest = digest
        self.version = version
        self.arcs: dict[str, dict[str, list[Arc]]] = {
            name: self._arcs_by_source(name, event) for name, event in case_type.events.items()
        }
        self.graph = Graph(case_type.states, _remembered(case_type))
        done = {path: state.on_done for path, state in self.graph.states.items() if state.on_done}
        self._completions = Completions(self.graph, {path: move_to(path, to) for path, to in done.items()})
        self.event_sets = {name: _compiled(event.set) for name, event in case_type.events.items()}
        forms = {name: compiled_form(event) for name, event in case_type.events.items()}
        self.forms = {name: form for name, form in forms.items() if form is not None}
        self.defaults = defaults_of(case_type.data)
        self.clocks = clock_rules(case_type)
        self.data = Validator(case_type.data)
        self.payloads = {
            name: Validator(event.payload) for name, event in case_type.events.items() if event.payload is not None
        }
        self._kinds: dict[str, Mapping[str, Type]] = {}
        self._rest = lru_cache(maxsize=4096)(self._rest_uncached)

    @cached_property
    def holds_files(self) -> bool:
        """Whether a field of its data holds a file."""
        return holds_files(self.case_type.data)

    @cached_property
    def four_eyes(self) -> frozenset[str]:
        """The events whose actors some rule asks for."""
        return frozenset(event for arc in self._all_arcs() for event in (*arc.unless_actor_of, *arc.only_actor_of))

    @cached_property
    def since(self) -> frozenset[str]:
        """The states since whose last entry some rule of four eyes counts."""
        return frozenset(state for arc in self._all_arcs() for state in (arc.unless_since, arc.only_since) if state)

    @cached_property
    def counted_since(self) -> frozenset[str]:
        """The events whose actors some rule asks for since a state."""
        found: set[str] = set()
        for arc in self._all_arcs():
            found.update(arc.unless_actor_of if arc.unless_since else ())
            found.update(arc.only_actor_of if arc.only_since else ())
        return frozenset(found)

    @cached_property
    def asks_who(self) -> frozenset[str]:
        """The events that four eyes has a say in: those that ask who acted before, and those that are asked for."""
        return self.four_eyes | {arc.event for arc in self._all_arcs() if arc.unless_actor_of or arc.only_actor_of}

    @cached_property
    def sees_after(self) -> frozenset[str]:
        """The events some guard of which reads what will be."""
        return frozenset(arc.event for arc in self._all_arcs() if arc.guard and arc.guard.of_after)

    @cached_property
    def case_roles(self) -> frozenset[str]:
        """The roles in brackets that guards and clocks name."""
        guards = [arc.guard.text for arc in self._all_arcs() if arc.guard]
        clocks = [clock.model_dump_json() for clock in self.case_type.slas.values()]
        return frozenset(role for text in (*guards, *clocks) for role in case_roles(text))

    def knows(self, event: str) -> bool:
        return event in self.case_type.events or event in self.case_type.opening

    def kinds(self, event: str | None) -> Mapping[str, Type]:
        """The types of data, and of the payload of an event."""
        name = event if event in self.case_type.events else ""
        if name not in self._kinds:
            declared = self.case_type.events.get(name)
            payload = declared.payload if declared else None
            data = self.data_type
            self._kinds[name] = {"data": data, "payload": type_of_schema(payload), "after": mapped({"data": data})}
        return self._kinds[name]

    @cached_property
    def texts(self) -> TextFields:
        """Where its data hold words to be searched."""
        return TextFields(self.case_type.data)

    @cached_property
    def data_type(self) -> Type:
        return type_of_schema(self.case_type.data)

    def event(self, name: str) -> Event | None:
        return self.case_type.events.get(name)

    def candidates(self, configuration: Configuration, event: str) -> list[list[Arc]]:
        """Per active leaf, the arcs that could take the event, inner states first; guards are not asked."""
        if self.graph.closed(configuration):
            return []
        by_source = self.arcs.get(event, {})
        return [
            arcs
            for leaf in configuration
            if (arcs := [arc for path in self.graph.lineage(leaf) for arc in by_source.get(path, ())])
        ]

    def select(
        self, configuration: Configuration, memory: Memory, event: str, enabled: Callable[[Arc], bool]
    ) -> list[Arc]:
        """SCXML's selection: per active leaf the first enabled arc, inner before outer, without conflicts."""
        chosen: list[Arc] = []
        for arcs in self.candidates(configuration, event):
            first = next((arc for arc in arcs if enabled(arc)), None)
            if first is not None and first not in chosen:
                chosen.append(first)
        if len(chosen) < 2:
            return chosen
        kept = self.graph.without_conflicts([arc.move for arc in chosen], configuration, memory)
        return [arc for arc in chosen if arc.move in kept]

    def opened(self, event: str) -> Resting:
        """Where a case rests after it was opened by `event`."""
        configuration = self.graph.enter(self.case_type.opening[event])
        began = {state for state in self.since if self.graph.leaves_under(configuration, state)}
        return self._complete(configuration, {}, list(configuration), began)

    def rest(self, configuration: Configuration, memory: Memory, arcs: Iterable[Arc]) -> Resting:
        """Where a case rests after `arcs` were taken together."""
        moves = tuple(arc.move for arc in arcs)
        return self._rest(configuration, tuple(sorted(memory.items())), moves)

    def _rest_uncached(
        self, configuration: Configuration, memory: tuple[tuple[str, Configuration], ...], moves: tuple[Move, ...]
    ) -> Resting:
        after, remembered = self.graph.apply(list(moves), configuration, dict(memory))
        began = self._began(moves, after, dict(memory), remembered)
        entered = self.graph.newly(configuration, after, moves, dict(memory))
        return self._complete(after, remembered, entered, began)

    def _complete(self, configuration: Configuration, memory: Memory, entered: list[str], began: set[str]) -> Resting:
        configuration, memory, taken = self._completions.take(configuration, memory, entered)
        for one in taken:
            began |= self._began((one.move,), one.after, one.memory, one.remembered)
        return Resting(configuration, memory, self.graph.closed(configuration), frozenset(began))

    def _began(self, moves: Iterable[Move], after: Configuration, memory: Memory, remembered: Memory) -> set[str]:
        """Which states of `since` the moves came into anew: what a history brings back has never ended."""
        new = [move for move in moves if not (move.history and move.target in remembered)] if self.since else []
        domains = [domain for move in new if (domain := self.graph.domain(move, memory)) is not None]
        return {
            state
            for state in self.since
            if self.graph.leaves_under(after, state) and any(below(state, domain) for domain in domains)
        }

    def _arcs_by_source(self, name: str, event: Event) -> dict[str, list[Arc]]:
        by_source: dict[str, list[Arc]] = {}
        for transition in event.transitions:
            for source in self._sources(transition):
                by_source.setdefault(source, []).append(_arc(name, source, transition))
        return by_source

    def _all_arcs(self) -> Iterator[Arc]:
        return (arc for by_source in self.arcs.values() for arcs in by_source.values() for arc in arcs)

    def _sources(self, transition: Transition) -> list[str]:
        if transition.sources != ["*"]:
            return transition.sources
        return [name for name, state in self.case_type.states.items() if not state.final]


def _arc(event: str, source: str, transition: Transition) -> Arc:
    return Arc(
        event=event,
        move=move_to(source, transition.to, internal=transition.internal),
        guard=compile_expression(transition.when) if transition.when else None,
        unless_actor_of=tuple(events_of(transition.unless_actor_of)),
        only_actor_of=tuple(events_of(transition.only_actor_of)),
        unless_since=since_of(transition.unless_actor_of),
        only_since=since_of(transition.only_actor_of),
        set=_compiled(transition.set),
    )


def _compiled(assignments: dict[str, str]) -> tuple[tuple[str, Expression], ...]:
    return tuple((path, compile_expression(text)) for path, text in assignments.items())


def _remembered(case_type: CaseType) -> Iterator[str]:
    """The states that some history target names."""
    targets = [transition.to for event in case_type.events.values() for transition in event.transitions]
    targets += [state.on_done for _, state in walk(case_type.states) if state.on_done]
    for target in targets:
        move = move_to("", target)
        if move.target is not None and move.history:
            yield move.target
