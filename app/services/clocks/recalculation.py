"""Let running clocks count by a new version of their calendar, with an entry in the chain of each case that changes."""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from app.domain.case.attempt import Actor, Attempt
from app.domain.case.case import Case
from app.domain.clocks.after_event import ClocksAfter
from app.domain.clocks.corrected import corrected
from app.domain.clocks.history import ClockChange
from app.domain.clocks.recounted import recounted
from app.domain.clocks.state import ACTIVE, ClockState
from app.domain.deciding.escalate import recalculated, system_actor
from app.domain.deciding.situation import OnCase
from app.domain.values.json import JsonObject
from app.services.clocks.calendars import Calendars, file_of
from app.services.clocks.clocks import CaseClocks
from app.services.definitions.definitions import Definitions
from app.services.desk.batch import Batch
from app.services.desk.deciding import Deciding
from app.services.desk.working_copy import states_of
from app.services.entries.identity import new_id
from app.services.store.cases import CaseReads
from app.services.store.clocks import EveryClock
from app.services.store.definitions import StoredDefinitions
from app.services.store.stored import CaseKey, ClockKey, StoredClock

PAGE = 500
BATCH = 32
"""Cases that are locked at a time: events of others wait for less than they would behind a batch of events."""
log = logging.getLogger("stateward.recalculation")


@dataclass(frozen=True, slots=True)
class Recounted:
    """A clock whose calendar has another version, and when it was and is due."""

    tenant: str
    case_id: str
    before: ClockState
    after: ClockState

    @property
    def moved(self) -> bool:
        return (self.before.due_at, self.before.breached_at) != (self.after.due_at, self.after.breached_at)


@dataclass(frozen=True, slots=True)
class Correcting:
    """Who corrects the past, and why."""

    by: str
    reason: str


class RecalculationStore(CaseReads, EveryClock, StoredDefinitions, Protocol): ...


class Recalculation:
    """Nothing of it is lost where a process ends half-way: whoever looks again finds what is left."""

    def __init__(
        self,
        store: RecalculationStore,
        deciding: Deciding,
        definitions: Definitions,
        calendars: Calendars,
        clocks: CaseClocks,
    ) -> None:
        self._store = store
        self._deciding = deciding
        self._definitions = definitions
        self._calendars = calendars
        self._clocks = clocks

    async def recalculate(self, names: Iterable[str], correcting: Correcting | None = None) -> list[Recounted]:
        """Recount the active clocks on these calendars; with `correcting` their past too, also where it is closed to
        new versions. Raises StoreUnavailable."""
        concerned = frozenset(names)
        found: list[Recounted] = []
        async for keys in self.cases(concerned):
            found += await self._together(keys, concerned, correcting)
        return found

    async def cases(self, names: frozenset[str]) -> AsyncIterator[list[CaseKey]]:
        """The cases with an active clock on one of these calendars, some at a time."""
        after: ClockKey | None = None
        waiting: dict[CaseKey, None] = {}
        while page := await self._store.every_clock(after, PAGE):
            after = (page[-1].tenant, page[-1].case_id, page[-1].name, page[-1].cycle)
            waiting |= {CaseKey(clock.tenant, clock.case_id): None for clock in page if _counts_by(clock, names)}
            while len(waiting) >= BATCH:
                part = list(waiting)[:BATCH]
                waiting = {key: None for key in waiting if key not in part}
                yield part
        if waiting:
            yield list(waiting)

    async def _together(
        self, keys: Sequence[CaseKey], names: frozenset[str], correcting: Correcting | None
    ) -> list[Recounted]:
        async with self._deciding(*{key.tenant for key in keys}) as unit:
            batch = await unit.on_cases(keys)
            ids = [case.id for case in batch.locked.cases.values()]
            found = [one for case_id in ids for one in await self._case(batch, case_id, names, correcting)]
            if found:
                await unit.record(batch)
        return found

    async def _case(
        self, batch: Batch, case_id: str, names: frozenset[str], correcting: Correcting | None
    ) -> list[Recounted]:
        found, copy = [], batch.copy
        for name, state in sorted(copy.clocks(case_id).items()):
            case = copy.cases[case_id]
            if state.status not in ACTIVE or file_of(state.calendar) not in names:
                continue
            changes = await self._changes(case, state) if correcting else None
            after = self._anew(case, state, copy.moment(case), changes, self._calendars)
            if after == state:
                continue
            here = self._situation(batch, case, correcting)
            here = replace(here, clocks={**here.clocks, name: after})
            calendar: JsonObject = {"name": file_of(state.calendar), "version": self._calendars.version(state.calendar)}
            kind = "sla.corrected" if correcting else "sla"
            stepped = recalculated(here, state, after, calendar, _calendars_of(changes or ()), kind=kind)
            copy.take(stepped.case, stepped.entry, ClocksAfter(here.clocks, (after,)))
            found.append(Recounted(case.tenant, case_id, state, after))
        return found

    async def would_correct(self, name: str, calendars: Calendars) -> AsyncIterator[Recounted]:
        """What a correction of a calendar would make of the clocks, were `calendars` in force; writes nothing."""
        async for keys in self.cases(frozenset({name})):
            for found in [await self._store.case(key) for key in keys]:
                if found is None:
                    continue
                await self._definitions.learn(self._store, [found.case.definition])
                for state in states_of(found.clocks).values():
                    if state.status in ACTIVE and file_of(state.calendar) == name:
                        changes = await self._changes(found.case, state)
                        after = self._anew(found.case, state, found.at, changes, calendars)
                        if after != state:
                            yield Recounted(found.case.tenant, found.case.id, state, after)

    def _anew(
        self, case: Case, state: ClockState, at: datetime, changes: Sequence[ClockChange] | None, calendars: Calendars
    ) -> ClockState:
        """The clock by the newest version of its calendar; along its `changes`, if given, its past too."""
        rule = self._definitions.of(case.definition).clocks.get(state.name)
        if rule is None:
            return state
        versions = calendars.by_version(state.calendar, calendars.version(state.calendar))
        if changes is None:
            return recounted(state, rule, at, versions, case.data)
        known = calendars.as_of(calendars.versions_of(_calendars_of(changes)))
        return corrected(state, rule, at, versions, changes, known, case.data)

    async def _changes(self, case: Case, state: ClockState) -> Sequence[ClockChange]:
        fold = await self._clocks.folded(case.tenant, case.id)
        return fold.changes.get(state.name, ()) if fold else ()

    def _situation(self, batch: Batch, case: Case, correcting: Correcting | None) -> OnCase:
        actor = system_actor(case.tenant)
        if correcting:
            actor = Actor(
                tenant=case.tenant, id=correcting.by, roles=frozenset({"role:admin"}), authenticated="process"
            )
        attempt = Attempt(actor=actor, event=None, entry_id=new_id(), new_case_id="", request_id="sla", case_id=case.id)
        attempt = replace(attempt, reason=correcting.reason if correcting else None)
        return batch.on(attempt, case)


def _counts_by(clock: StoredClock, names: frozenset[str]) -> bool:
    if not clock.current or clock.status not in ACTIVE or not isinstance(clock.facts, dict):
        return False
    return file_of(clock.facts.get("calendar", "always")) in names


def _calendars_of(changes: Sequence[ClockChange]) -> frozenset[str]:
    return frozenset(change.after.calendar for change in changes)
