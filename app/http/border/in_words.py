"""Say in words for people what the libraries at the border say of a value."""

import re
from typing import Any, Final, Literal, get_args, get_origin

from app.domain.values.near_names import nearest

KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "empty",
    "datetime": "a date and time with an offset, such as 2026-01-31T12:00:00Z",
    "date": "a date such as 2026-01-31",
    "uuid": "a UUID",
}
BOUNDS: Final = {"<=": "of at most", ">=": "of at least", "<": "below", ">": "above"}
LENGTHS: Final = {"<=": "at most", ">=": "at least"}
MOST_WORDS: Final = 20
_BOUND = re.compile(r"Expected `(\w+)(?: \| null)?` ([<>]=?) (\S+)")
_LENGTH = re.compile(r"Expected `(\w+)(?: \| null)?` of length (<=|>=) (\d+)")
_KIND = re.compile(r"Expected `([\w| ]+)`(?:, got .*)?")
_WORD = re.compile(r"Invalid enum value '?(.*?)'?(?: - .*)?")


def for_people(message: str, words: tuple[str, ...] = ()) -> str:
    """A clause for a fault that msgspec found; `words` are those that the value may be one of."""
    if "matching regex" in message:
        return "holds characters that are not allowed here"
    if found := _LENGTH.fullmatch(message):
        unit = "entries" if found[1] == "array" else "characters"
        return f"must have {LENGTHS[found[2]]} {found[3]} {unit}"
    if found := _BOUND.fullmatch(message):
        return f"must be {KINDS.get(found[1], found[1])} {BOUNDS[found[2]]} {found[3]}"
    if found := _WORD.fullmatch(message):
        return _one_of(found[1], words)
    if found := _KIND.fullmatch(message):
        kinds = [KINDS.get(name, name) for name in found[1].split(" | ") if name != "null"]
        return f"must be {' or '.join(kinds)}"
    return message.replace("`", "")


def words_of(annotation: Any) -> tuple[str, ...]:
    """The words that a parameter takes, where it takes some words only."""
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        return tuple(str(member.value) for member in annotation)  # type: ignore[attr-defined]
    return tuple(word for inner in get_args(annotation) for word in words_of(inner))


def _one_of(written: str, words: tuple[str, ...]) -> str:
    close = nearest(written, words)
    if close is not None:
        return f"must be one of its words; did you mean {close}?"
    more = f" or one of {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
    return f"must be one of {', '.join(words[:MOST_WORDS])}{more}" if words else "is none of the words that it takes"
