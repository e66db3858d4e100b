"""Say what is wrong with a field in a sentence that a form can show, without the value."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema_rs import ValidationErrorKind

from app.domain.values.json import Json

MAX_OPTIONS = 20

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "empty",
}
_FORMATS = {
    "date": "a date such as 2026-01-31",
    "date-time": "a date and time with an offset, such as 2026-01-31T12:00:00Z",
    "email": "an e-mail address",
    "uri": "an address such as https://example.org/",
    "uuid": "a UUID",
}


def faults_of(kind: ValidationErrorKind) -> Iterator[tuple[tuple[str, ...], str]]:
    """For a fault the path below the value it was found in, and the sentence."""
    detail = kind.as_dict()
    if kind.name in {"required", "dependentRequired"}:
        yield (detail["property"],), "This field is required."
    elif kind.name in {"additionalProperties", "unevaluatedProperties"}:
        for name in detail["unexpected"]:
            yield (name,), "This field is not known."
    else:
        say = _SENTENCES.get(kind.name)
        yield (), say(detail) if say else "This is not valid."


def _count(least: str, noun: str) -> Callable[[dict[str, Any]], str]:
    def say(detail: dict[str, Any]) -> str:
        limit = detail["limit"]
        plural = {"entry": "entries"}.get(noun, f"{noun}s")
        return f"Must have at {least} {limit} {noun if limit == 1 else plural}."

    return say


def _alternatives(detail: dict[str, Any]) -> str:
    options = [_text(option) for option in detail["options"]]
    more = f" or one of {len(options) - MAX_OPTIONS} more" if len(options) > MAX_OPTIONS else ""
    return f"Must be one of {', '.join(options[:MAX_OPTIONS])}{more}."


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "type": lambda detail: f"Must be {' or '.join(_TYPES[name] for name in detail['types'])}.",
    "enum": _alternatives,
    "const": lambda detail: f"Must be {_text(detail['expected_value'])}.",
    "minimum": lambda detail: f"Must be at least {detail['limit']}.",
    "maximum": lambda detail: f"Must be at most {detail['limit']}.",
    "exclusiveMinimum": lambda detail: f"Must be more than {detail['limit']}.",
    "exclusiveMaximum": lambda detail: f"Must be less than {detail['limit']}.",
    "multipleOf": lambda detail: f"Must be a multiple of {detail['multiple_of']}.",
    "minLength": _count("least", "character"),
    "maxLength": _count("most", "character"),
    "minItems": _count("least", "entry"),
    "maxItems": _count("most", "entry"),
    "minProperties": _count("least", "field"),
    "maxProperties": _count("most", "field"),
    "pattern": lambda _: "Does not have the required form.",
    "format": lambda detail: f"Must be {_FORMATS.get(detail['format'], 'a valid ' + detail['format'])}.",
    "uniqueItems": lambda _: "Must not repeat an entry.",
    "contains": lambda _: "Lacks an entry that is required.",
    "propertyNames": lambda _: "Has a field whose name is not allowed.",
    "falseSchema": lambda _: "This field is not allowed.",
    "not": lambda _: "This is not allowed.",
    "anyOf": lambda _: "Has none of the allowed forms.",
    "oneOf": lambda _: "Must have exactly one of the allowed forms.",
}
