"""How much of a process its callers may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`waiting`: attempts that wait for the desk."""

    waiting: int = 10_000


USUAL = Limits()
