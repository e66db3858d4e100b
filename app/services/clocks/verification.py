"""Rebuild every clock from the log and compare it with what is kept; put right what differs."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from app.domain.deciding.fold import Unexplained
from app.services.clocks.clocks import CaseClocks, Difference
from app.services.definitions.definitions import Definitions
from app.services.store.cases import CaseTransaction
from app.services.store.clocks import ClockReads
from app.services.store.definitions import StoredDefinitions
from app.services.store.stored import CaseKey, Record, StoredClock
from app.services.store.transactions import Transactions

PAGE = 200


class VerificationStore(Transactions[CaseTransaction], ClockReads, StoredDefinitions, Protocol): ...


class Verification:
    """What differs is looked at again under the lock of its case, so that no event comes in between."""

    def __init__(self, store: VerificationStore, definitions: Definitions, clocks: CaseClocks) -> None:
        self._store = store
        self._definitions = definitions
        self._clocks = clocks

    async def differences(self, *, repair: bool = False) -> AsyncIterator[tuple[int, Sequence[Difference]]]:
        """Case by case: how many clocks are kept, and where they differ from the log. With `repair` they are replaced
        by what the log makes of them; a clock that only the log does not have stays."""
        async for count, found in self._clocks.differences():
            yield count, await self._again(found[0], repair) if found else ()
        async for tenant, case_id in self._without_clocks():
            missing = await self._clocks.compared(tenant, case_id, ())
            yield 0, await self._again(missing[0], repair) if missing else ()

    async def _again(self, found: Difference, repair: bool) -> Sequence[Difference]:
        async with self._store.transaction(found.tenant) as tx:
            await tx.lock([CaseKey(found.tenant, found.case_id)], [])
            kept = await self._store.cycles(found.tenant, found.case_id)
            differences = await self._clocks.compared(found.tenant, found.case_id, kept)
            if differences and repair:
                there = {_key(clock) for clock in kept}
                changed = [clock for clock in await self._rebuilt(found) if clock not in kept]
                await tx.recache([clock for clock in changed if _key(clock) in there])
                await tx.record(Record(clocks=[clock for clock in changed if _key(clock) not in there]))
        return differences

    async def _rebuilt(self, found: Difference) -> Sequence[StoredClock]:
        try:
            return await self._clocks.rebuilt(found.tenant, found.case_id)
        except Unexplained:  # told as a difference; nothing can be put right by a log that does not add up
            return []

    async def _without_clocks(self) -> AsyncIterator[tuple[str, str]]:
        definitions = await self._store.definitions()
        await self._definitions.learn(self._store, (one.hash for one in definitions))
        clocked = [one.hash for one in definitions if self._definitions.of(one.hash).clocks]
        after: tuple[str, str] | None = None
        while clocked and (page := await self._store.cases_without_clocks(clocked, after, PAGE)):
            after = page[-1]
            for case in page:
                yield case


def _key(clock: StoredClock) -> tuple[str, int, bool]:
    return clock.name, clock.cycle, clock.current
