"""Give a caller the next case of the queues: found, locked and claimed in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.domain.case import Attempt
from app.domain.clock_turn import Calendars
from app.domain.errors import IdempotencyInFlight, Unavailable
from app.services.answer import Answer
from app.services.batch import Batch, answer_key, keys
from app.services.definitions import Definitions
from app.services.policies import Policies
from app.services.ports import Refused, Store, Transaction
from app.services.stored import Locked
from app.services.work import Wish
from app.services.work_ports import Waiting

TRIES = 3
MOST_WITHDRAWN = 20
"""Cases that the policy refuses after all, because it changed between finding and locking one."""


class NextCase:
    """`at_once`: transactions at a time; whoever comes after waits for a turn, never for a case."""

    def __init__(
        self, store: Store, definitions: Definitions, policies: Policies, calendars: Calendars, at_once: int
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._policies = policies
        self._calendars = calendars
        self._turns = asyncio.Semaphore(at_once)

    async def claim(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Answer | None:
        """Record the skips, then claim the first case that waits, without them. None where nothing waits.

        A skip that is refused is the answer, and nothing is claimed. Raises StoreUnavailable.
        """
        async with self._turns:
            for _ in range(TRIES):
                try:
                    return await self._claimed(attempt, wish, skips)
                except Refused:
                    continue  # a case moved on, or a key was used meanwhile
        return Answer(error=Unavailable("too many are asking for the next case; try again in a second"))

    async def _claimed(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Answer | None:
        async with self._store.transaction() as tx:
            locked = await tx.lock(*keys([*skips, attempt]))
            if answer_key(attempt) in locked.busy:
                return Answer(error=IdempotencyInFlight("this request is being decided; ask again shortly"))
            batch = await self._batch(locked)
            if kept := batch.kept(attempt):
                return kept
            refused = next((answer for skip in skips if (answer := batch.answer(skip)).error), None)
            await tx.record(batch.record())
            return refused or await self._first(tx, attempt, self._waiting(attempt, wish, skips))

    async def _first(self, tx: Transaction, attempt: Attempt, waiting: Waiting) -> Answer | None:
        for _ in range(MOST_WITHDRAWN):
            key = await tx.take_next(waiting)
            if key is None or key.case_id is None:
                return None
            claim = replace(attempt, case_id=key.case_id)
            batch = await self._batch(await tx.lock(*keys([claim])))
            answer = batch.answer(claim)
            if answer.error is None:
                await tx.record(batch.record())
                return answer
            waiting = replace(waiting, without=waiting.without | {key.case_id})
        return None

    def _waiting(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Waiting:
        actor, engine = attempt.actor, self._policies.engine
        roles = engine.closure(actor.tenant, actor.id, actor.roles)
        readable, claimable = (of(actor.tenant, actor.id, roles) for of in (engine.visible, engine.claimable))
        without = frozenset(skip.case_id for skip in skips if skip.case_id)
        return Waiting(actor.tenant, readable, claimable, wish.case_type, wish.team, without)

    async def _batch(self, locked: Locked) -> Batch:
        await self._policies.catch_up(locked.policy_version)
        await self._definitions.learn(self._store, (case.definition for case in locked.cases.values()))
        return Batch(locked, self._definitions, self._policies.engine, self._calendars)
