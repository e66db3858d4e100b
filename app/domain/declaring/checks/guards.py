"""Check every CEL expression of a case type against its schemas."""

from collections.abc import Iterator
from typing import Literal

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import CONDITIONS, at_transition
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Clock, Condition, Event
from app.domain.definition.languages import Schema
from app.domain.expressions.expression import GuardFault, Types, check_expression, compile_expression

Wants = Literal["bool", "any"]
Written = tuple[Path, str, Wants]
Events = str | list[str] | None


def check_guards(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Guards, what `set` assigns, and the conditions of the clocks. Needs valid schemas."""
    of_data = Types.of(case_type.data, None)
    for name, event in case_type.events.items():
        types = of_data.carrying(event.payload)
        for path, text, wants in _of_event(name, event, source):
            yield from _expression(text, types.of_guards if wants == "bool" else types, wants, path, source)
    for name, clock in case_type.slas.items():
        for path, text, events in _of_clock(("slas", name), clock):
            types = of_data.carrying(_payload(events, case_type))
            yield from _expression(text, types, "bool", path, source)


def expression_faults(text: str, data: Schema, payload: Schema | None, wants: Wants) -> list[str]:
    """One sentence for each thing that cannot be right about an expression."""
    return _sentences(text, Types.of(data, payload), wants)


def expression_faults_in(text: str, types: Types) -> list[str]:
    """The same about a condition, where what it sees is known already."""
    return _sentences(text, types, "bool")


def _sentences(text: str, types: Types, wants: Wants) -> list[str]:
    try:
        return check_expression(compile_expression(text), types, wants=wants)
    except GuardFault as error:
        return [str(error)]


def _expression(text: str, types: Types, wants: Wants, path: Path, source: Source) -> Iterator[Fault]:
    for sentence in _sentences(text, types, wants):
        yield source.error(path, sentence, "correct the expression, or the schema that it reads")


def _of_event(name: str, event: Event, source: Source) -> Iterator[Written]:
    for field, text in event.set.items():
        yield ("events", name, "set", field), text, "any"
    for index, transition in enumerate(event.transitions):
        here = at_transition(source, name, index)
        if transition.when is not None:
            yield (*here, "when"), transition.when, "bool"
        for field, text in transition.set.items():
            yield (*here, "set", field), text, "any"


def _of_clock(here: Path, clock: Clock) -> Iterator[tuple[Path, str, Events]]:
    """The conditions of a clock, each with the events after which it is looked at."""
    for key in sorted(CONDITIONS):
        condition: Condition | None = getattr(clock, key)
        if condition is not None and condition.when is not None:
            yield (*here, key, "when"), condition.when, condition.event
    for index, rule in enumerate(clock.target if isinstance(clock.target, list) else []):
        if rule.when is not None:
            yield (*here, "target", index, "when"), rule.when, None


def _payload(events: Events, case_type: CaseType) -> Schema | None:
    """What the payload of one of these events may be: anything after any event, None where none takes one."""
    named = [events] if isinstance(events, str) else events
    if named is None:
        return {}
    declared = [case_type.events[name].payload for name in named if name in case_type.events]
    payloads = [payload for payload in declared if payload is not None]
    return payloads[0] if len(payloads) == len(named) == 1 else {} if payloads else None
