"""The clocks of a case as its log tells them: why they are due when they are, and whether what is kept is the same."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Protocol

from app.domain.case.attempt import Actor
from app.domain.clocks.explained import Stretch, explained
from app.domain.clocks.simulate_effort import Effort, WatchedCalendars
from app.domain.deciding.fold import Fold, Unexplained
from app.domain.values.errors import Invalid, NotFound, invalid
from app.domain.values.json import Json, JsonObject
from app.services.cases.cases import Cases
from app.services.clocks.calendars import Calendars
from app.services.definitions.definitions import Definitions
from app.services.desk.working_copy import stored_clock
from app.services.fairness.counting import Counting
from app.services.store.cases import CaseReads
from app.services.store.clocks import CalendarReads, ClockReads
from app.services.store.definitions import StoredDefinitions
from app.services.store.stored import CaseKey, ClockKey, StoredClock, StoredEntry

PAGE = 200
FROM_THE_START = Stretch()
LONGEST_EFFORT = 2.0
"""Seconds of one processor that an explanation may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
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


class CaseClockStore(CaseReads, ClockReads, CalendarReads, StoredDefinitions, Protocol): ...


class CaseClocks:
    """Reading takes no lock: a case that moves meanwhile is told as it was at some moment of the reading."""

    def __init__(
        self, store: CaseClockStore, definitions: Definitions, calendars: Calendars, cases: Cases, counting: Counting
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._cases = cases
        self._counting = counting

    async def all(self, actor: Actor, case_id: str) -> Sequence[StoredClock]:
        """Every cycle of every clock. Raises NotFound, also for a case that the actor may not read."""
        await self._cases.show(actor, case_id)
        return await self._store.cycles(actor.tenant, case_id)

    async def explain(
        self, actor: Actor, case_id: str, name: str, cycle: int | None = None, stretch: Stretch = FROM_THE_START
    ) -> dict[str, Any]:
        """A page of the segments of a cycle (the current one) that count or do not, and why.

        Raises Invalid where it would take too long to count.
        """
        await self._cases.show(actor, case_id)
        effort = Effort(LONGEST_EFFORT, _too_long)
        fold = await self.folded(actor.tenant, case_id, effort)
        changes = fold.changes.get(name, []) if fold else []
        cycles = {change.after.cycle for change in changes if change.after.started_at}
        wanted = max(cycles, default=0) if cycle is None else cycle
        if fold is None or fold.case is None or wanted not in cycles:
            raise NotFound("the case has no such clock, or it has not started yet")
        _, now = await self._store.next_due()
        now = max(now, fold.case.recorded_at)  # entries of one moment stand a microsecond after each other
        fired = fold.fired.get((name, wanted), {})
        rule, watched = fold.machine.clocks[name], WatchedCalendars(self._calendars, effort)

        def tell() -> dict[str, Any]:
            with effort:
                return explained(rule, changes, wanted, watched, now, fired, stretch)

        return await self._counting.count(actor.tenant, tell)

    def calendar_title(self, name: str) -> str | None:
        """What a calendar that clocks count by is called, where it says so."""
        return self._calendars.title(name)

    async def folded(self, tenant: str, case_id: str, effort: Effort | None = None) -> Fold | None:
        """The case as its chain tells it; None where it has none. With an effort, off the loop. Raises Unexplained."""
        fold: Fold | None = None
        async for page in self._chain(tenant, case_id):
            entries = [json.loads(stored.entry) for stored in page]
            if fold is None:
                digest = entries[0]["definition"]["hash"]
                await self._definitions.learn(self._store, [digest])
                fold = Fold(self._definitions.of(digest), self._calendars)
            for entry in entries:
                await self._know(entry)
            take = partial(_take, fold, entries, page, effort)
            await self._counting.count(tenant, take) if effort else take()
        return fold

    async def _know(self, entry: JsonObject) -> None:
        """Another process may have known a calendar that this one has yet to learn."""
        versions = dict(entry.get("calendars", {}))
        if calendar := entry.get("sla", {}).get("calendar"):
            versions[calendar["name"]] = calendar["version"]
        if any(version > self._calendars.version(name) for name, version in versions.items()):
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
            return [
                Difference(tenant=tenant, case_id=case_id, clock=clock.name, cycle=clock.cycle, message=str(why))
                for clock in kept
            ]
        stored = {(clock.name, clock.cycle): clock for clock in kept}
        differences = [
            Difference(
                tenant=tenant,
                case_id=case_id,
                clock=name,
                cycle=cycle,
                message=_difference(stored.get((name, cycle)), rebuilt.get((name, cycle))),
            )
            for name, cycle in sorted(stored.keys() | rebuilt.keys())
            if stored.get((name, cycle)) != rebuilt.get((name, cycle))
        ]
        return [*differences, *await self._case_compared(tenant, case_id, [*rebuilt.values()])]

    async def _case_compared(self, tenant: str, case_id: str, rebuilt: Sequence[StoredClock]) -> Sequence[Difference]:
        """Whether the case is due when the first of its clocks is."""
        found = await self._store.case(CaseKey(tenant, case_id=case_id))
        due = min((clock.due_at for clock in rebuilt if clock.current and clock.due_at), default=None)
        if found is None or found.case.due_at == due:
            return []
        message = (
            f"is due at {found.case.due_at or 'no time'} and would be at {due or 'no time'}; its next event mends it"
        )
        return [Difference(tenant=tenant, case_id=case_id, clock=None, cycle=None, message=message)]

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

    async def _chain(self, tenant: str, case_id: str) -> AsyncIterator[Sequence[StoredEntry]]:
        after: int | None = None
        while page := await self._store.entries(tenant, case_id, denied=False, after=after, limit=PAGE):
            yield page
            after = page[-1].case_seq


def _too_long() -> Invalid:
    return invalid("name", "names a clock of a case with too long a history to be explained in one answer")


def _take(fold: Fold, entries: Sequence[JsonObject], page: Sequence[StoredEntry], effort: Effort | None) -> None:
    with effort or nullcontext():
        for entry, stored in zip(entries, page, strict=True):
            fold.take(entry, stored.values, stored.entry_hash)
            if effort:
                effort()


def _case_of(clock: StoredClock) -> tuple[str, str]:
    return clock.tenant, clock.case_id


def _difference(kept: StoredClock | None, rebuilt: StoredClock | None) -> str:
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
