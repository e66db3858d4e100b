"""Which of several alternatives a value was meant to be, so that a refusal says what that one lacks."""

from collections.abc import Iterator
from typing import Any

from jsonschema_rs import ValidationError

from app.domain.definition import titles
from app.domain.schemas.sentences import faults_of
from app.domain.values.json import JsonObject

ALTERNATIVES = frozenset({"anyOf", "oneOf"})
MOST_LEVELS = 8

Branch = list[ValidationError]


def nearest(error: ValidationError, level: int = 0) -> Iterator[ValidationError]:
    """The faults of the alternative that the value comes nearest to; the fault itself where none is nearer."""
    branches = _branches(error)
    best = min(branches, key=lambda branch: _distance(branch, error), default=[])
    if level == MOST_LEVELS or not best or _equally_far(branches, error):
        yield error
        return
    for inner in best:
        yield from nearest(inner, level + 1)


def told_of(error: ValidationError, schema: JsonObject) -> Iterator[tuple[tuple[str, ...], str]]:
    """As `faults_of` says it; of alternatives that nothing tells apart, what each of them wants."""
    branches = _branches(error)
    if not branches:
        yield from faults_of(error.kind)
        return
    wants = list(dict.fromkeys(_wanted(branch, error, schema) for branch in branches))
    if all(wants):
        yield (), f"Must have {' or '.join(wants)}." if _all(branches, "required") else f"Must be {' or '.join(wants)}."
    else:
        yield from faults_of(error.kind)


def _branches(error: ValidationError) -> list[Branch]:
    """The alternatives with their faults; none where it is no fault of alternatives, or where several are met."""
    context: list[Branch] = error.kind.as_dict().get("context", []) if error.kind.name in ALTERNATIVES else []
    return context if all(context) else []


def _distance(branch: Branch, error: ValidationError) -> tuple[int, int, int]:
    """Another type or another constant says that something else was meant; then the fewest faults."""
    here = list(error.instance_path)
    other_type = sum(inner.kind.name == "type" and list(inner.instance_path) == here for inner in branch)
    other_kind = sum(inner.kind.name in ("const", "enum") for inner in branch)
    return other_type, other_kind, len(branch)


def _equally_far(branches: list[Branch], error: ValidationError) -> bool:
    """Whether nothing tells which one was meant: all are of another type, or all lack fields alike."""
    distances = [_distance(branch, error) for branch in branches]
    first, *others = sorted(distances)
    return first[0] > 0 or (first in others and (_all(branches, "required") or _all(branches, "const", "enum")))


def _all(branches: list[Branch], *kinds: str) -> bool:
    return all(inner.kind.name in kinds for branch in branches for inner in branch)


def _wanted(branch: Branch, error: ValidationError, schema: JsonObject) -> str:
    """What one alternative wants of the value itself; empty where that takes more than a few words."""
    here = list(error.instance_path)
    if any(list(inner.instance_path) != here for inner in branch):
        return ""
    if _all([branch], "required"):
        names: list[Any] = [inner.kind.as_dict()["property"] for inner in branch]
        return " and ".join(titles.of_field(schema, (*here, name)) for name in names)
    [(below, message)] = list(faults_of(branch[0].kind))[:1]
    plain = not below and message.startswith("Must be ")
    return message.removeprefix("Must be ").removesuffix(".") if plain else ""
