"""The clocks of a case as its log tells them: why they are due when they are, and whether what is kept is the same."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.domain.case import Actor, Json
from app.domain.clock_explained import explained
from app.domain.errors import NotFound
from app.domain.fold import Fold, Unexplained
from app.services.calendars import Calendars
from app.services.cases import Cases
from app.services.definitions import Definitions
from app.services.ports import Store
from app.services.stored import CaseKey, ClockKey, StoredClock, StoredEntry
from app.services.working_copy import stored_clock

PAGE = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a clock that is kept is not what the log makes of it; without `clock`, where the case is not."""

    tenant: str
    case_id: str
    clock: str | None
    cycle: int | None
    message: str

    def __str__(self) -> str:
        clock = f", clock {self.clock}, cycle {self.cycle}" if self.clock else ""
        return f"case {self.case_id} of {self.tenant}{clock}: {self.message}"


class Clocks:
    """Reading takes no lock: a case that moves meanwhile is told as it was at some moment of the reading."""

    def __init__(self, store: Store, definitions: Definitions, calendars: Calendars, cases: Cases) -> None:
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._cases = cases

    async def all(self, actor: Actor, case_id: str) -> Sequence[StoredClock]:
        """Every cycle of every clock. Raises NotFound, also for a case that the actor may not read."""
        await self._cases.show(actor, case_id)
        return await self._store.cycles(actor.tenant, case_id)

    async def explain(self, actor: Actor, case_id: str, name: str, cycle: int | None = None) -> dict[str, Any]:
        """Every segment of a cycle (the current one) that counts or does not, and why."""
        await self._cases.show(actor, case_id)
        fold = await self.folded(actor.tenant, case_id)
        turns = fold.turns.get(name, []) if fold else []
        cycles = {turn.after.cycle for turn in turns if turn.after.started_at}
        wanted = max(cycles, default=0) if cycle is None else cycle
        if fold is None or wanted not in cycles:
            raise NotFound("the case has no such clock, or it has not started yet")
        _, now = await self._store.next_due()
        assert fold.case is not None
        now = max(now, fold.case.changed_at)  # entries of one moment stand a microsecond after each other
        fired = fold.fired.get((name, wanted), {})
        return explained(fold.machine.clocks[name], turns, wanted, self._calendars, now, fired)

    async def folded(self, tenant: str, case_id: str) -> Fold | None:
        """The case as its chain tells it; None where it has none. Raises Unexplained."""
        fold: Fold | None = None
        async for stored in self._chain(tenant, case_id):
            entry = json.loads(stored.entry)
            if fold is None:
                digest = entry["definition"]["hash"]
                await self._definitions.learn(self._store, [digest])
                fold = Fold(self._definitions.of(digest), self._calendars)
            await self._know(entry)
            fold.take(entry, stored.values, stored.entry_hash)
        return fold

    async def _know(self, entry: Mapping[str, Json]) -> None:
        """Another process may have known a calendar that this one has yet to learn."""
        told = dict(entry.get("calendars", {}))
        if calendar := entry.get("sla", {}).get("calendar"):
            told[calendar["name"]] = calendar["version"]
        if any(version > self._calendars.version(name) for name, version in told.items()):
            await self._calendars.learn(self._store)

    async def differences(self) -> AsyncIterator[tuple[int, Sequence[Difference]]]:
        """Rebuild every clock from the log; yields, case by case, how many there are and where they differ."""
        async for (tenant, case_id), kept in self._by_case():
            yield len(kept), await self.compared(tenant, case_id, kept)

    async def rebuilt(self, tenant: str, case_id: str) -> Sequence[StoredClock]:
        """What the log makes of the clocks of a case, all cycles."""
        fold = await self.folded(tenant, case_id)
        if fold is None or fold.case is None:
            return []
        case = fold.case
        return [
            stored_clock(case, state, current=fold.clocks[name].cycle == cycle)
            for (name, cycle), state in sorted(fold.cycles.items())
        ]

    async def compared(self, tenant: str, case_id: str, kept: Sequence[StoredClock]) -> Sequence[Difference]:
        """Where the clocks of a case that are kept differ from what its log makes of them."""
        try:
            rebuilt = {(clock.name, clock.cycle): clock for clock in await self.rebuilt(tenant, case_id)}
        except Unexplained as why:
            return [Difference(tenant, case_id, clock.name, clock.cycle, str(why)) for clock in kept]
        stored = {(clock.name, clock.cycle): clock for clock in kept}
        differences = [
            Difference(tenant, case_id, *key, _told(stored.get(key), rebuilt.get(key)))
            for key in sorted(stored.keys() | rebuilt.keys())
            if stored.get(key) != rebuilt.get(key)
        ]
        return [*differences, *await self._case_compared(tenant, case_id, [*rebuilt.values()])]

    async def _case_compared(self, tenant: str, case_id: str, rebuilt: Sequence[StoredClock]) -> Sequence[Difference]:
        """Whether the case is due when the first of its clocks is."""
        found = await self._store.case(CaseKey(tenant, case_id=case_id))
        due = min((clock.due_at for clock in rebuilt if clock.current and clock.due_at), default=None)
        if found is None or found.case.due_at == due:
            return []
        told = f"is due at {found.case.due_at or 'no time'} and would be at {due or 'no time'}; its next event mends it"
        return [Difference(tenant, case_id, None, None, told)]

    async def _by_case(self) -> AsyncIterator[tuple[tuple[str, str], list[StoredClock]]]:
        after: ClockKey | None = None
        left: list[StoredClock] = []
        while page := list(await self._store.every_clock(after, PAGE)):
            after = (page[-1].tenant, page[-1].case_id, page[-1].name, page[-1].cycle)
            groups = [list(group) for _, group in groupby([*left, *page], key=_case_of)]
            for group in groups[:-1]:
                yield _case_of(group[0]), group
            left = groups[-1]
        if left:
            yield _case_of(left[0]), left

    async def _chain(self, tenant: str, case_id: str) -> AsyncIterator[StoredEntry]:
        after: int | None = None
        while page := await self._store.entries(tenant, case_id, denied=False, after=after, limit=PAGE):
            for entry in page:
                yield entry
            after = page[-1].case_seq


def _case_of(clock: StoredClock) -> tuple[str, str]:
    return clock.tenant, clock.case_id


def _told(kept: StoredClock | None, rebuilt: StoredClock | None) -> str:
    if kept is None:
        return "is not kept, and the log has it"
    if rebuilt is None:
        return "is kept, and the log does not have it"
    names = ("current", "status", "due_at", "next_fire_at", "breached_at")
    other = [name for name in names if getattr(kept, name) != getattr(rebuilt, name)]
    words = [f"{name} is {_shown(kept, name)} and would be {_shown(rebuilt, name)}" for name in other]
    return "; ".join(words) or f"facts are {kept.facts} and would be {rebuilt.facts}"


def _shown(clock: StoredClock, name: str) -> Json:
    return getattr(clock, name) if getattr(clock, name) is not None else "nothing"
