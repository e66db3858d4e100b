"""How much of a process its callers may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """`waiting`: attempts that wait for the desk. `searches`: by words, or counting, at once. `refusals`: of a caller
    in a minute that have an entry each in the log. `reads`: pages of the log that are read or wait."""

    waiting: int = 10_000
    searches: int = 16
    refusals: int = 60
    reads: int = 200


USUAL = ProcessLimits()
