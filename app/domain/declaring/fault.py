"""What is wrong with a file that somebody wrote: where, what, and what to do about it."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. An error stops the start, a warning does not; a note is no fault at all. `line` counts from 1."""

    file: str
    line: int
    message: str
    remedy: str
    severity: Literal["error", "warning", "note"] = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}; {self.remedy}"


class Faults(Exception):
    """A file that cannot be used at all, with every fault that was found in it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


MOST_TOLD_ALONE: Final = 3


def gathered(faults: "Sequence[Fault]") -> tuple[Fault, ...]:
    """One fault for many lines of a file that say the same, at the first of them: one mistake is read once."""
    alike: dict[Fault, list[int]] = {}
    for fault in faults:
        alike.setdefault(replace(fault, line=0), []).append(fault.line)
    told: list[Fault] = []
    for fault in faults:
        lines = alike[replace(fault, line=0)]
        if len(lines) <= MOST_TOLD_ALONE:
            told.append(fault)
        elif fault.line == lines[0]:
            others = f"{', '.join(map(str, lines[1:MOST_TOLD_ALONE]))} and {len(lines) - MOST_TOLD_ALONE} more"
            told.append(replace(fault, message=f"{fault.message} (and on {len(lines) - 1} more lines: {others})"))
    return tuple(dict.fromkeys(told))


def quoted(text: object) -> str:
    """A word of the file in backticks, on one line and cut to what a message can bear."""
    word = str(text)
    short = word if len(word) <= 60 else word[:57] + "..."
    return "`" + "".join(sign if sign.isprintable() else "?" for sign in short) + "`"


def nearest(word: str, known: "Iterable[str]") -> str | None:
    """The known word that was probably meant."""
    close = get_close_matches(word[:80], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def choose(word: str, known: "Iterable[str]", what: str) -> str:
    """A remedy for an unknown word: the one that was meant, or those that there are."""
    known = list(known)
    close = nearest(word, known)
    if close is not None:
        return f"did you mean {quoted(close)}?"
    if not known:
        return f"there are no {what} to choose from"
    listed = ", ".join(quoted(each) for each in known[:12])
    return f"the {what} are {listed}" + (" and more" if len(known) > 12 else "")
