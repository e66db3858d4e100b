"""The one way into a case: lock it, know what binds it, decide attempts on it, record what came of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

from app.domain.calendars.port import Calendars
from app.domain.case.attempt import Attempt
from app.services.definitions.definitions import Definitions
from app.services.desk.batch import Batch, Singly, always
from app.services.desk.escalation import Fired
from app.services.desk.locking import lock, seen
from app.services.entries.refusals import CountedRefusal, Refusals
from app.services.policy.policies import Policies
from app.services.store.cases import CaseTransaction, Unlocked
from app.services.store.definitions import StoredDefinitions
from app.services.store.stored import CaseKey, Locked
from app.services.store.transactions import Transactions
from app.services.store.work import Waiting

HELD_FOR = timedelta(days=1)
"""How long a file may be named after it was sent."""


class UnitOfWork:
    """A transaction, open; what it locks is locked until its end.

    `fired` are the steps of clocks that it records, `counted` the refusals that it counts and does not log singly.
    """

    def __init__(
        self, tx: CaseTransaction, batch: Callable[[Locked, Singly], Awaitable[Batch]], singly: Singly
    ) -> None:
        self._tx = tx
        self._batch = batch
        self._singly = singly
        self.fired: list[Fired] = []
        self.counted: list[CountedRefusal] = []

    async def on(self, attempts: Sequence[Attempt]) -> Batch:
        """What the attempts name, locked, to decide them on."""
        batch = await self._batch(await lock(self._tx, attempts), self._singly)
        if named := batch.files_named(attempts):
            batch.held = await self._tx.held_files(named, batch.locked.at - HELD_FOR)
        return batch

    async def on_cases(self, keys: Sequence[CaseKey]) -> Batch:
        return await self._batch(await self._tx.lock(keys, []), self._singly)

    async def on_due(self, limit: int) -> Batch:
        """Up to `limit` cases of which a clock is due; those that somebody else has locked are left to them."""
        return await self._batch(await self._tx.lock_due(limit), self._singly)

    async def on_next(self, waiting: Waiting, claim: Callable[[str], Attempt]) -> tuple[Attempt, Batch] | None:
        """The first case that waits and is locked by nobody, with the claim of it; None where there is none. What a
        claim is refused for is for whoever calls: nothing of it is counted."""
        key = await self._tx.take_next(waiting)
        if key is None or key.case_id is None:
            return None
        attempt = claim(key.case_id)
        return attempt, await self._batch(await lock(self._tx, [attempt]), always)

    async def record(self, batch: Batch) -> None:
        await self._tx.record(batch.record())
        self.fired += batch.fired
        self.counted += batch.counted


class DecidingStore(Transactions[CaseTransaction], Unlocked, StoredDefinitions, Protocol): ...


class Deciding:
    """`async with deciding(*tenants) as unit` is a transaction, committed at its end."""

    def __init__(
        self,
        store: DecidingStore,
        definitions: Definitions,
        policies: Policies,
        calendars: Calendars,
        refusals: Refusals,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._policies = policies
        self._calendars = calendars
        self._refusals = refusals

    @asynccontextmanager
    async def __call__(self, *tenants: str) -> AsyncIterator[UnitOfWork]:
        async with self._store.transaction(*tenants) as tx:
            unit = UnitOfWork(tx, self._on, self._refusals.singly)
            yield unit
        self._refusals.count(unit.counted)

    async def aside(self, attempts: Sequence[Attempt]) -> Batch:
        """What attempts name as it stands, to decide them on and to record nothing."""
        batch = await self._on(await seen(self._store, attempts), always)
        if named := batch.files_named(attempts):
            batch.held = await self._store.held_files(named, batch.locked.at - HELD_FOR)
        return batch

    async def _on(self, locked: Locked, singly: Singly) -> Batch:
        """What other replicas changed meanwhile binds this batch already."""
        await self._policies.catch_up(locked.policy_version)
        await self._definitions.learn(self._store, (case.definition for case in locked.cases.values()))
        return Batch(locked, self._definitions, self._policies.engine, self._calendars, singly)
