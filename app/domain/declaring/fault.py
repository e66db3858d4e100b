"""What is wrong with a file that somebody wrote: where, what, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. An error stops the start, a warning does not; a note is no fault at all. `line` counts from 1."""

    file: str
    line: int
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}; {self.remedy}"


class Faults(Exception):
    """A file that cannot be used at all, with every fault that was found in it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


MOST_TOLD_ALONE: Final = 3


def gathered(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """One fault for many lines of a file that say the same, at the first of them: one mistake is read once."""
    alike: dict[Fault, list[int]] = {}
    for fault in faults:
        alike.setdefault(replace(fault, line=0), []).append(fault.line)
    merged: list[Fault] = []
    for fault in faults:
        lines = alike[replace(fault, line=0)]
        if len(lines) <= MOST_TOLD_ALONE:
            merged.append(fault)
        elif fault.line == lines[0]:
            others = f"{', '.join(map(str, lines[1:MOST_TOLD_ALONE]))} and {len(lines) - MOST_TOLD_ALONE} more"
            merged.append(replace(fault, message=f"{fault.message} (and on {len(lines) - 1} more lines: {others})"))
    return tuple(dict.fromkeys(merged))
