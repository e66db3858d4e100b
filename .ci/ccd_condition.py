"""Turn a condition of CCD, the case system of the courts of England and Wales, into CEL.

CCD knows `field="value"`, `field!="value"`, AND and OR; `[STATE]` is the case's state. A field that is missing
equals nothing, where CEL would fail, so every comparison asks for the field first.
"""

import re
from collections.abc import Callable

COMPARISON = re.compile(r'^\s*(\[STATE\]|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*(!?=)\s*"([^"*]*)"\s*$')


class Unexpressed(Exception):
    """A condition that this script cannot write as CEL; the message is its text."""


def to_cel(text: str, state_name: Callable[[str], str], fields: set[str]) -> str:
    """The CEL of a condition; the dotted paths it reads are added to `fields`."""
    ways = [
        " && ".join(_comparison(part, state_name, fields) for part in re.split(r"\s+AND\s+", way))
        for way in re.split(r"\s+OR\s+", text.strip())
    ]
    return ways[0] if len(ways) == 1 else " || ".join(f"({way})" for way in ways)


def _comparison(text: str, state_name: Callable[[str], str], fields: set[str]) -> str:
    found = COMPARISON.match(text)
    if not found:
        raise Unexpressed(text)
    path, sign, value = found.groups()
    if path == "[STATE]":
        return f"case.state {'==' if sign == '=' else '!='} {_quoted(state_name(value))}"
    fields.add(path)
    equal = " && ".join([*_present(path), f"data.{path} == {_quoted(value)}"])
    return equal if sign == "=" else f"!({equal})"


def _present(path: str) -> list[str]:
    parts = path.split(".")
    return [f"has(data.{'.'.join(parts[: depth + 1])})" for depth in range(len(parts))]


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
