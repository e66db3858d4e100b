"""A version of a case type that is not the newest, and that cases stand on still."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from app.domain.definition.case_type import CaseType
from app.domain.values.near_names import quoted


@dataclass(frozen=True, kw_only=True)
class OlderVersion:
    """`open` and `closed` are the numbers of its cases in all tenants."""

    case_type: CaseType
    version: int
    open: int
    closed: int = 0
    digest: str = ""

    @cached_property
    def acts(self) -> frozenset[str]:
        return frozenset((*self.case_type.events, *self.case_type.opening))


Versions = Mapping[str, Sequence[OlderVersion]]
"""By the name of the case type."""
NONE: Final[Versions] = {}


def standing_of(versions: Versions, obj: str) -> list[OlderVersion]:
    """Those that a policy line about `obj` is about as well."""
    return [one for name, known in versions.items() if obj in ("*", name) for one in known]


def in_words(versions: Iterable[OlderVersion]) -> str:
    """For a message: `version 2 of claim, 31 open cases`."""
    versions = list(versions)
    count = sum(one.open for one in versions)
    cases = "no open case" if not count else "1 open case" if count == 1 else f"{count:,} open cases"
    return f"{' and '.join(_named(versions))}, {cases}"


def _named(versions: Iterable[OlderVersion]) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for one in versions:
        by_name.setdefault(one.case_type.case_type, []).append(str(one.version))
    for name, numbers in by_name.items():
        *several, last = numbers
        yield (
            f"versions {', '.join(several)} and {last} of {quoted(name)}"
            if several
            else (f"version {last} of {quoted(name)}")
        )
