"""What the inputs of a form are called: the path of a field in characters that ids and addresses bear."""

import re
from functools import lru_cache
from typing import Final

Path = tuple[str | int, ...]
LONGEST: Final = 200
"""Characters of a step that a fault tells; the schema checker cuts there."""
MOST_KEPT: Final = 50_000
"""Paths whose names are remembered: forms of thousands of fields ask for them again and again."""
_OTHER: Final = re.compile(r"[^A-Za-z0-9_-]")


@lru_cache(MOST_KEPT)
def name_of(path: Path) -> str:
    """`("payload", "items", 0, "a b")` is `payload.items.0.a~20~b`: no two paths share a name."""
    return ".".join(_step(step) for step in path)


def rows_of(path: Path) -> str:
    """The hidden input that says how many rows of a list are shown; a row itself is a number."""
    return f"{name_of(path)}.rows"


def row_of(step: str) -> int | None:
    """The row that a step of a name counts; None for what is no number that a page ever has."""
    return int(step) if step.isdecimal() and len(step) < 9 else None


@lru_cache(MOST_KEPT)
def dotted(path: Path) -> str:
    """The path as faults tell it."""
    return ".".join(str(step)[:LONGEST] for step in path)


def _step(step: str | int) -> str:
    return str(step) if isinstance(step, int) else _OTHER.sub(lambda found: f"~{ord(found[0]):x}~", step) or "~~"
