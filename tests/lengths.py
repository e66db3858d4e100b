"""How long a test by chance or by brute force is: short in `make test`, long in `make fuzz`, which says LONG=1."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
LONG = bool(os.environ.get("LONG"))


def length(short: int, long: int) -> int:
    """How many lives, rounds or examples."""
    return long if LONG else short


def part(of: Sequence[T], every: int) -> Sequence[T]:
    """One of so many cases in the suite, all of them in the long form."""
    return of if LONG else of[::every]
