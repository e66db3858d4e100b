"""Give a caller the next case of the queues: found, locked and claimed in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from time import perf_counter
from typing import cast

from app.domain.case.attempt import Attempt
from app.domain.values.errors import IdempotencyInFlight, Unavailable
from app.domain.verbs.assigning import CLAIM
from app.services.cases.visibility import scoped
from app.services.definitions.definitions import Definitions
from app.services.definitions.known_names import check_known
from app.services.desk.answer import Answer
from app.services.desk.batch import Batch
from app.services.desk.deciding import Deciding, UnitOfWork
from app.services.desk.queue import caller_of
from app.services.desk.report import Committed, Outcomes, Waited, Watchers, outcomes
from app.services.fairness.fair_queue import Caller, FairQueue
from app.services.fairness.places import Places
from app.services.policy.policies import Policies
from app.services.store.failures import StoreUnavailable
from app.services.store.work import Waiting
from app.services.work.passing import Memory, Passed
from app.services.work.work import Wish

TOGETHER = 32
PLACES = 2_000
"""Of those who ask, and of the cases that they pass by."""
MOST_WITHDRAWN = 20
"""Cases that one transaction passes by: those on which the caller could do nothing, and those that the policy refuses
after all, because it changed between finding and locking one."""
MOST_PASSED = 10 * MOST_WITHDRAWN
"""Cases that one request passes by; the next one of the same caller goes on behind them."""


@dataclass(eq=False)
class Ask:
    """A caller who wants work, and what he does not want."""

    attempt: Attempt
    wish: Wish
    skips: Sequence[Attempt]
    waited: Waited
    passed: Passed
    rounds: int = 0
    answer: asyncio.Future[Answer | None] = field(default_factory=asyncio.Future)
    size: int = 1

    @property
    def caller(self) -> Caller:
        return caller_of(self.attempt)


class Again(Enum):
    """The search goes on in another transaction, so that others have their turn."""

    AGAIN = "again"


class NextCase:
    """Those who ask at the same time are served in one transaction, up to `at_once` transactions at a time."""

    def __init__(
        self,
        deciding: Deciding,
        definitions: Definitions,
        policies: Policies,
        watchers: Watchers,
        at_once: int,
    ) -> None:
        self._deciding = deciding
        self._definitions = definitions
        self._policies = policies
        self._watchers = watchers
        self._at_once = at_once
        self._asks: FairQueue[Ask] = FairQueue()
        self._places = Places(PLACES, "requests for a case")
        self._memory = Memory()
        self._serving: set[asyncio.Task[None]] = set()

    async def claim(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Answer | None:
        """Record the skips, then claim the first case that waits, without them. None where nothing waits.

        What waits where the caller could fire no event is passed by. A skip that is refused is the answer, and nothing
        is claimed. Raises StoreUnavailable, and Unavailable where there is no place, or where so many were passed by
        that it takes another request to look further.
        """
        passed = self._memory.of(caller_of(attempt))
        ask = Ask(attempt, wish, skips, Waited(perf_counter(), self._watchers.origin()), passed)
        with self._places.taking(ask.caller, 1 + len(skips)):
            answer = await self._asked(ask)
        self._watchers.answered([answer] if answer else [])
        if answer is None:
            check_known(self._definitions, wish.case_type, team=wish.team)
        return answer

    async def _asked(self, ask: Ask) -> Answer | None:
        self._asks.put(ask)
        if len(self._serving) < self._at_once:
            serving = asyncio.create_task(self._serve())
            self._serving.add(serving)
        try:
            return await ask.answer
        finally:
            self._asks.withdraw(ask)  # where whoever asked gave up

    async def stop(self) -> None:
        """Finish what is accepted."""
        await asyncio.gather(*self._serving)

    async def _serve(self) -> None:
        while self._asks:
            await self._answer([ask for ask, _ in self._asks.deal(TOGETHER)])
        # here and not when the task is told to be over: whoever asks in between would wait for nobody
        self._serving.remove(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _answer(self, asks: Sequence[Ask]) -> None:
        try:
            answers = await self._claimed(asks)
        except Exception as error:  # whatever it is, one of them has it and the others do not
            if len(asks) > 1 and not isinstance(error, StoreUnavailable):
                for ask in asks:
                    await self._answer([ask])
                return
            for ask in asks:
                if not ask.answer.done():
                    ask.answer.set_exception(error)
            return
        for ask, answer in zip(asks, answers, strict=True):
            if not ask.answer.done():
                self._settle(ask, answer)

    def _settle(self, ask: Ask, answer: Answer | Again | None) -> None:
        if not isinstance(answer, Again):
            ask.answer.set_result(answer)
        elif (ask.rounds + 1) * MOST_WITHDRAWN < MOST_PASSED:
            ask.rounds += 1
            self._asks.put(ask)
        else:
            self._memory.keep(ask.caller, ask.passed)
            message = f"You could do nothing on the first {MOST_PASSED} cases that wait. Ask again to look further."
            ask.answer.set_exception(Unavailable(message))

    async def _claimed(self, asks: Sequence[Ask]) -> list[Answer | Again | None]:
        """The skips' cases are locked at once, and those that wait are never waited for: nobody stands in a circle."""
        began, counted = perf_counter(), Outcomes()
        async with self._deciding(*{ask.attempt.tenant for ask in asks}) as unit:
            batch = await unit.on([attempt for ask in asks for attempt in (*_skips(ask), ask.attempt)])
            held = perf_counter()
            before = [_before(batch, ask, counted) for ask in asks]
            await unit.record(batch)
            found = zip(before, asks, strict=True)
            answers = [answer or await self._first(unit, ask, counted) for answer, ask in found]
            decided = perf_counter()
        waited = [ask.waited for ask in asks if ask.rounds == 0]
        self._watchers.fired(unit.fired)
        whole = Committed(
            attempts=len(asks),
            outcomes=counted,
            waited=waited,
            began=began,
            locked=held,
            decided=decided,
            ended=perf_counter(),
        )
        self._watchers.committed(whole)
        return answers

    async def _first(self, unit: UnitOfWork, ask: Ask, counted: Outcomes) -> Answer | Again | None:
        """Claim the first that is for them; the claim is counted."""
        for _ in range(MOST_WITHDRAWN):
            found = await unit.on_next(self._waiting(ask), lambda case_id: replace(ask.attempt, case_id=case_id))
            if found is None:
                return None
            claim, batch = found
            [case] = batch.locked.cases.values()  # as nobody else can change it now
            theirs = replace(case, assignee=claim.acting)
            unscoped = replace(claim, actor=replace(claim.actor, scope=None))  # they may act by another credential
            here = batch.on(unscoped, theirs)
            if await ask.passed.by(replace(here, at=batch.locked.at, wide=True)):
                continue
            answer = batch.answer(claim)
            if answer.error is None:
                await unit.record(batch)
                counted += outcomes(batch, [(claim, answer)])
                return answer
            ask.passed.cases.add(case.id)
        return Again.AGAIN

    def _waiting(self, ask: Ask) -> Waiting:
        actor, engine = ask.attempt.actor, self._policies.engine
        roles = engine.closure(actor.tenant, actor.id, actor.roles)
        readable = scoped(engine.visible(actor.tenant, actor.id, roles), actor.scope)
        claimable = scoped(engine.claimable(actor.tenant, actor.id, roles), actor.scope, CLAIM)
        without = frozenset(skip.case_id for skip in ask.skips if skip.case_id) | ask.passed.cases
        idle = frozenset(ask.passed.states)
        return Waiting(
            tenant=actor.tenant,
            readable=readable,
            claimable=claimable,
            case_type=ask.wish.case_type,
            team=ask.wish.team,
            without=without,
            idle=idle,
        )


def _skips(ask: Ask) -> Sequence[Attempt]:
    """Those that are still to be recorded."""
    return ask.skips if ask.rounds == 0 else ()


def _before(batch: Batch, ask: Ask, counted: Outcomes) -> Answer | None:
    """What is answered without looking for a case: a key that is known or in use, a skip that is refused."""
    if ask.attempt.key in batch.locked.busy:
        return Answer(error=IdempotencyInFlight("a request with this key is being decided; ask again shortly"))
    if kept := batch.kept(ask.attempt):
        return kept
    for skip in _skips(ask):
        answer = batch.answer(skip)
        counted += outcomes(batch, [(skip, answer)])
        if answer.error:
            return answer
    return None
