"""Which JSON values RFC 8785 can write so that reading them back gives the same text."""

import math
from collections.abc import Iterator
from typing import Any

from app.domain.values.json import Data, Json

MAX_DEPTH = 64
MAX_EXACT = 2**53 - 1  # RFC 8785 writes numbers as IEEE 754 doubles


def writable(value: Any) -> str | None:
    """The dotted path of the first value that cannot be written, `""` for `value` itself; None if all is fine.

    That is: an integer beyond 2^53 - 1, NaN, an infinity, a NUL or a lone surrogate (in a name: the path of its
    object), anything that is not JSON, and nesting deeper than 64.
    """
    if _is_writable(value, 0):
        return None
    return next((".".join(path) for path in _unwritable(value, ())), None)


def values_in(value: Json) -> int:
    """How many JSON values it is: itself, and those in it."""
    if isinstance(value, dict):
        return 1 + sum(map(values_in, value.values()))
    return 1 + sum(map(values_in, value)) if isinstance(value, list) else 1


def exact(number: float) -> bool:
    """Whether a number keeps its value: finite, and not an integer that is written in digits beyond 2^53 - 1."""
    if isinstance(number, int):
        return abs(number) <= MAX_EXACT
    return math.isfinite(number) and not MAX_EXACT < abs(number) < 1e21


def _is_writable(value: Any, depth: int) -> bool:
    """The same as a yes or no, five times sooner than with the place."""
    kind = type(value)
    if kind is dict:
        inside = depth < MAX_DEPTH and all(_is_writable(item, depth + 1) for item in value.values())
        return inside and all(type(name) is str and is_text(name) for name in value)
    if kind is list:
        return depth < MAX_DEPTH and all(_is_writable(item, depth + 1) for item in value)
    return _is_writable_leaf(value)


def whole(number: float) -> float:
    """RFC 8785 writes 4200.0 as 4200, and so an integer is what is kept and read."""
    return int(number) if abs(number) <= MAX_EXACT and number.is_integer() else number


def settled(value: Json) -> Json:
    """A value as it is kept: with its whole numbers as integers."""
    if type(value) is float:
        return whole(value)
    if isinstance(value, dict):
        return settled_object(value)
    return [settled(item) for item in value] if isinstance(value, list) else value


def settled_object(value: Data) -> Data:
    return {name: settled(item) for name, item in value.items()}


def _unwritable(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(path) > MAX_DEPTH:
        yield path
    elif isinstance(value, dict):
        if not all(isinstance(name, str) and is_text(name) for name in value):
            yield path
            return
        for name, item in value.items():
            yield from _unwritable(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unwritable(item, (*path, str(index)))
    elif not _is_writable_leaf(value):
        yield path


def _is_writable_leaf(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return is_text(value)
    return isinstance(value, int | float) and exact(value)


def is_text(text: str) -> bool:
    """Without NUL, which neither PostgreSQL nor CEL keeps, and without lone surrogates, which UTF-8 has not."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
