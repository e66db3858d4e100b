"""What a plain scalar of a YAML file means: JSON's literals, and otherwise the string that it is."""

import math
import re
from typing import Final

from app.domain.values.writable import MAX_EXACT

NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
NOT_FINITE: Final = re.compile(r"[-+]?(\.inf|infinity)|\.?nan", re.IGNORECASE | re.ASCII)
LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "": None}

Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """The JSON value that a plain scalar stands for; ValueError with a sentence where it cannot be kept."""
    if text in LITERALS:
        return LITERALS[text]
    if NOT_FINITE.fullmatch(text):
        raise ValueError("is not a number that JSON can write")
    found = NUMBER.fullmatch(text)
    if not found:
        return text
    return _decimal(text) if found[2] or found[3] else _integer(text)


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_EXACT:
        raise ValueError(f"is an integer beyond {MAX_EXACT}, which not every reader keeps exactly")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("is too large for a number")
    return number
