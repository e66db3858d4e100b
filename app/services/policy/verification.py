"""Hold the lines of the policy against the log: who may do what is decided by rows, and each has an entry behind it.

What was written past the service shows: a line that no entry put in force, one that no entry took out of force, and one
that the log put in force and the database has not (any more). An entry of an early release counts lines and holds none;
it accounts for as many lines of its version as it counts.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from app.domain.values.json import JsonObject
from app.domain.values.names import SERVICE_TENANT
from app.services.store.log import PolicyLog
from app.services.store.policy import PolicyLines
from app.services.store.stored import PolicyLine

PAGE: Final = 200
ALL_THERE_EVER_WAS: Final = -1
SAID: Final = ("kind", "role", "tenant", "obj", "act", "when", "eft")
Change = Literal["added", "removed"]
CHANGES: Final[tuple[Change, ...]] = ("added", "removed")


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """A line of a tenant, the policy version at which it changed, and what of it the log and the database disagree on.

    `added`: no entry put it in force; `removed`: none took it out of force; `lost`: one put it in force, and the
    database has no such line.
    """

    what: Literal["added", "removed", "lost"]
    version: int
    line: PolicyLine


class LinesInLog:
    """What the entries of a tenant say of its lines, used up line by line."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[Change, int, PolicyLine | None]] = Counter()  # None: any line

    def learn(self, entry: JsonObject) -> None:
        version = entry["policy_version"]
        for change in CHANGES:
            lines = entry.get(f"lines_{change}")
            if lines is None:
                self._lines[change, version, None] += entry[change]
            else:
                self._lines.update((change, version, _line_of(line)) for line in lines)

    def accounts_for(self, change: Change, version: int, line: PolicyLine) -> bool:
        for named in (_content(line), None):
            if self._lines[change, version, named] > 0:
                self._lines[change, version, named] -= 1
                return True
        return False

    def lost(self) -> Iterator[Unaccounted]:
        """What was put in force and is in no line."""
        for (change, version, line), count in self._lines.items():
            if change == "added" and line is not None:
                yield from [Unaccounted("lost", version, line)] * count


class PolicyHistory(PolicyLines, PolicyLog, Protocol): ...


class PolicyVerification:
    def __init__(self, store: PolicyHistory) -> None:
        self._store = store

    async def unaccounted(self, tenant: str | None = None) -> tuple[int, Sequence[Unaccounted]]:
        """How many lines were looked at, and what is not accounted for; of one tenant, or of all."""
        by_tenant: defaultdict[str, list[PolicyLine]] = defaultdict(list, {SERVICE_TENANT: []})
        for line in await self._store.policy_lines(ALL_THERE_EVER_WAS):
            by_tenant[line.tenant].append(line)
        asked = sorted(by_tenant) if tenant is None else [tenant]
        found: list[Unaccounted] = []
        for each in asked:
            in_log = await self._in_log(each)
            found += [*_unaccounted(by_tenant[each], in_log), *in_log.lost()]
        return sum(len(by_tenant[each]) for each in asked), found

    async def _in_log(self, tenant: str) -> LinesInLog:
        in_log = LinesInLog()
        async for entry in self._entries(tenant):
            in_log.learn(entry)
        return in_log

    async def _entries(self, tenant: str) -> AsyncIterator[JsonObject]:
        after: str | None = None
        while page := await self._store.policy_entries(tenant, after, PAGE):
            for stored in page:
                yield json.loads(stored.entry)
            after = page[-1].entry_id


def _unaccounted(lines: Iterable[PolicyLine], in_log: LinesInLog) -> Iterator[Unaccounted]:
    for line in lines:
        if not in_log.accounts_for("added", line.added, line):
            yield Unaccounted("added", line.added, line)
        if line.removed is not None and not in_log.accounts_for("removed", line.removed, line):
            yield Unaccounted("removed", line.removed, line)


def _content(line: PolicyLine) -> PolicyLine:
    """What an entry says of a line."""
    return replace(line, source=None, id=0, added=0, removed=None)


def _line_of(said: JsonObject) -> PolicyLine:
    kind, role, tenant, obj, act, when, eft = (str(said.get(name, "")) for name in SAID)
    return PolicyLine(kind=kind, role=role, tenant=tenant, obj=obj, act=act, when=when, eft=eft)
