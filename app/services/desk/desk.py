"""Gather the attempts that wait, decide them in one transaction, and fire what is due."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from app.domain.case.attempt import Attempt
from app.domain.values.errors import Internal
from app.services.desk.answer import Answer
from app.services.desk.deciding import Deciding
from app.services.desk.escalation import ASIDE, Fired
from app.services.desk.not_decided import unavailable
from app.services.desk.queue import give
from app.services.desk.report import Committed, Waited, Watchers, outcomes
from app.services.desk.waiting import BATCH, WaitingLine
from app.services.fairness.limits import USUAL
from app.services.fairness.yielding import LoopTurn
from app.services.store.cases import CaseTransaction, PresentCases
from app.services.store.failures import Refused, StoreUnavailable
from app.services.store.stored import CaseKey
from app.services.store.transactions import Transactions

TRIES_ALONE = 3
log = logging.getLogger("stateward.desk")


class DeskStore(Transactions[CaseTransaction], PresentCases, Protocol): ...


class Desk:
    """A queue and the workers that empty it.

    `workers`: 2 on PostgreSQL, so that one decides while the other commits; 1 on SQLite, which has one writer.
    """

    def __init__(
        self,
        store: DeskStore,
        deciding: Deciding,
        watchers: Watchers,
        workers: int,
        places: int = USUAL.waiting,
    ) -> None:
        self._store = store
        self._deciding = deciding
        self._workers = workers
        self._watchers = watchers
        self._line = WaitingLine(store, places, watchers)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """Attempts that have no answer yet."""
        return self._line.waiting

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """Finish what is accepted, then end."""
        await self._line.empty()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def submit(self, attempts: Sequence[Attempt]) -> list[Answer]:
        """Decide attempts in order; an answer each, given after the commit. Errors are answers, never raised."""
        answers = await self._line.submit(attempts)
        self._watchers.answered(answers)
        return answers

    async def escalate(self, limit: int = BATCH) -> list[Fired]:
        """Fire what is due of up to `limit` cases, in one transaction; empty when nothing is.

        Cases that somebody else has locked are left to them. Watchers are told after the commit. Raises
        StoreUnavailable.
        """
        try:
            fired = await self._escalated(None, limit)
        except StoreUnavailable:
            raise
        except Exception:  # whatever it is, one case has it and the others do not
            log.exception("the desk failed on clocks that are due; trying their cases one by one")
            fired = await self._each_escalated(limit)
        self._watchers.fired(fired)
        return fired

    async def _each_escalated(self, limit: int) -> list[Fired]:
        fired: list[Fired] = []
        async with self._store.transaction() as tx:
            due = await tx.lock_due(limit)
        for key in due.cases:
            try:
                fired += await self._escalated(key, 1)
            except Refused:
                log.exception("the clocks of case %s cannot be recorded", key.case_id)
                await self._set_aside(key)
        return fired

    async def _escalated(self, key: CaseKey | None, limit: int) -> list[Fired]:
        async with self._deciding(*([key.tenant] if key else ())) as unit:
            batch = await (unit.on_due(limit) if key is None else unit.on_cases([key]))
            fired = [one for case in batch.locked.cases.values() for one in batch.escalate(case.id)]
            if batch.locked.cases:
                await unit.record(batch)
        return fired

    async def _set_aside(self, key: CaseKey) -> None:
        """Look at its clocks later: what fails again and again must not stand before all others."""
        async with self._store.transaction(key.tenant) as tx:
            locked = await tx.lock([key], [])
            clocks = [clock for found in locked.clocks.values() for clock in found if clock.next_fire_at]
            await tx.recache([replace(clock, next_fire_at=locked.at + ASIDE) for clock in clocks])

    async def _work(self) -> None:
        while True:
            dealt = await self._line.deal()
            attempts = [attempt for group, places in dealt for attempt in group.attempts[:places]]
            try:
                answers = iter(await self._decide(attempts, [group.waited for group, _ in dealt]))
                for group, places in dealt:
                    give(group, [next(answers) for _ in range(places)])
            except Exception:  # a worker that died would leave everybody after this batch waiting for ever
                log.exception("the desk failed on a batch of %d attempts", len(attempts))
                for group, places in dealt:
                    give(group, [Answer(error=Internal("something went wrong on our side"))] * places)

    async def _decide(self, attempts: Sequence[Attempt], waited: Sequence[Waited]) -> list[Answer | None]:
        try:
            return await self._together(attempts, waited)
        except StoreUnavailable as error:
            return [unavailable(error)] * len(attempts)
        except Exception:  # whatever it is, one attempt has it and the others do not
            return await self._one_by_one(attempts)

    async def _one_by_one(self, attempts: Sequence[Attempt]) -> list[Answer | None]:
        """The attempts of a batch that failed, each by itself, so that none harms another."""
        answers: list[Answer | None] = []
        for attempt in attempts:
            try:
                answers.append(await self._alone(attempt))
            except StoreUnavailable as error:  # none may overtake those before it
                return answers + [unavailable(error)] * (len(attempts) - len(answers))
        return answers

    async def _alone(self, attempt: Attempt) -> Answer | None:
        why: Exception | None = None
        for _ in range(TRIES_ALONE):
            try:
                return (await self._together([attempt]))[0]
            except StoreUnavailable:
                raise
            except Exception as fault:
                why = fault
        log.error("the database refused an attempt", exc_info=why, extra={"request_id": attempt.request_id})
        return Answer(error=Internal(f"something went wrong on our side; the request id is {attempt.request_id}"))

    async def _together(self, attempts: Sequence[Attempt], waited: Sequence[Waited] = ()) -> list[Answer | None]:
        began, turn = perf_counter(), LoopTurn()
        async with self._deciding(*{attempt.tenant for attempt in attempts}) as unit:
            batch = await unit.on(attempts)
            held = perf_counter()
            answers: list[Answer | None] = []
            for attempt in attempts:
                answers.append(None if attempt.key in batch.locked.busy else batch.answer(attempt))
                await turn.give()
            decided = perf_counter()
            await unit.record(batch)
        if batch.fired:
            self._watchers.fired(batch.fired)
        counted = outcomes(batch, zip(attempts, answers, strict=True))
        whole = Committed(
            attempts=len(attempts),
            outcomes=counted,
            waited=waited,
            began=began,
            locked=held,
            decided=decided,
            ended=perf_counter(),
        )
        self._watchers.committed(whole)
        return answers
