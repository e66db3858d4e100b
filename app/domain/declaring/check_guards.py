"""Check every CEL expression of a case type against its schemas."""

from collections.abc import Iterator
from typing import Literal

from app.domain.case_type import CaseType, Clock, Condition, Event, Schema
from app.domain.declaring.fault import Fault
from app.domain.declaring.places import CONDITIONS, at_transition
from app.domain.declaring.yaml_source import Path, Source
from app.domain.guard import GuardFault, Types, check_expression, compile_expression

Wants = Literal["bool", "any"]
Written = tuple[Path, str, Wants]


def check_guards(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Guards, what `set` assigns, and the conditions of the clocks. Needs valid schemas."""
    for name, event in case_type.events.items():
        types = Types.of(case_type.data, event.payload)
        for path, text, wants in _of_event(name, event, source):
            yield from _expression(text, types, wants, path, source)
    types = Types.of(case_type.data, None)
    for name, clock in case_type.slas.items():
        for path, text, wants in _of_clock(("slas", name), clock):
            yield from _expression(text, types, wants, path, source)


def expression_faults(text: str, data: Schema, payload: Schema | None, wants: Wants) -> list[str]:
    """One sentence for each thing that cannot be right about an expression."""
    return _sentences(text, Types.of(data, payload), wants)


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


def _of_clock(here: Path, clock: Clock) -> Iterator[Written]:
    for key in sorted(CONDITIONS):
        condition: Condition | None = getattr(clock, key)
        if condition is not None and condition.when is not None:
            yield (*here, key, "when"), condition.when, "bool"
    for index, rule in enumerate(clock.target if isinstance(clock.target, list) else []):
        if rule.when is not None:
            yield (*here, "target", index, "when"), rule.when, "bool"
