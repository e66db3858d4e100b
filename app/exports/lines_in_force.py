"""Which lines of the policy were in force when, as the log says: who put each there, and who took it away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.values.json import JsonObject

SAID: Final = ("kind", "role", "tenant", "obj", "act", "when", "eft")


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry that changed something: when, by whom, and which."""

    at: str
    by: str
    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """As an entry says it. Of kind g `role` gets `obj`; of kind p it may, or may not, `act` on cases of type `obj`.
    `limits` are those of an API key: acts and case types."""

    kind: str
    role: str
    tenant: str = "*"
    obj: str
    act: str = ""
    when: str = ""
    eft: str = ""
    limits: tuple[frozenset[str] | None, frozenset[str] | None] = (None, None)


@dataclass(slots=True)
class Period:
    """While a line was in force. `begun` is None for what stands in no file and always holds."""

    line: Line
    begun: Mark | None = None
    ended: Mark | None = None


class LinesInForce:
    """Told of entries in the order of a log; then asked which lines were in force at some time from `since` on."""

    def __init__(self, since: str) -> None:
        self._since = since
        self._open: defaultdict[Line, list[Period]] = defaultdict(list)
        self._ended: list[Period] = []

    def take(self, entry: JsonObject) -> None:
        mark = Mark(entry["at"], str(entry["actor"]["reference"]), entry["entry_id"])
        if entry["kind"] == "policy":
            for said in entry.get("lines_removed", ()):
                self._end(_line(said), mark)
            for said in entry.get("lines_added", ()):
                self._begin(_line(said), mark)
        elif entry["kind"] == "api_key":
            for line in _of_key(entry["api_key"]):
                if entry["api_key"]["how"] == "made":
                    self._begin(line, mark)
                else:
                    self._end(line, mark)

    def periods(self) -> Iterator[Period]:
        yield from self._ended
        for periods in self._open.values():
            yield from periods

    def _begin(self, line: Line, mark: Mark) -> None:
        self._open[line].append(Period(line, mark))

    def _end(self, line: Line, mark: Mark) -> None:
        """A line that no entry put there is one of a log that began later."""
        if not self._open[line]:
            return
        period = self._open[line].pop(0)
        if mark.at > self._since:
            period.ended = mark
            self._ended.append(period)


def _line(said: JsonObject) -> Line:
    kind, role, tenant, obj, act, when, eft = (str(said.get(name, "")) for name in SAID)
    return Line(kind=kind, role=role, tenant=tenant, obj=obj, act=act, when=when, eft=eft)


def _of_key(key: JsonObject) -> Iterator[Line]:
    """The roles of a key are lines of its own subject."""
    acts, types = (None if key.get(name) is None else frozenset(key[name]) for name in ("acts", "case_types"))
    for role in key.get("roles", ()):
        yield Line(kind="g", role=str(key["subject"]), obj=role, when=f"API key {key['id']}", limits=(acts, types))


def by_role(periods: Iterable[Period], kind: str) -> dict[str, list[Period]]:
    found: dict[str, list[Period]] = {}
    for period in periods:
        if period.line.kind == kind:
            found.setdefault(period.line.role, []).append(period)
    return found
