"""Where attempts wait for the desk: who finds a place, what is decided next, and none before those it came after."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from app.domain.case.attempt import Attempt
from app.domain.values.errors import Unavailable
from app.services.desk.absent_cases import absent, here
from app.services.desk.answer import Answer
from app.services.desk.not_decided import halted, in_flight, unavailable
from app.services.desk.queue import Submission, caller_of
from app.services.desk.report import Waited, Watchers
from app.services.desk.shown_once import ShownOnce
from app.services.fairness.fair_queue import Caller, FairQueue
from app.services.fairness.places import Places
from app.services.store.cases import PresentCases
from app.services.store.failures import StoreUnavailable
from app.services.store.stored import AnswerKey

BATCH = 64
"""Attempts decided in one transaction; larger gained nothing in the measurements of docs."""
OF_ONE = 8
"""Of one caller, while others come too: they wait for what is under way, which is no more than this of each."""
OTHERS_COME = 32
"""Transactions for which somebody else who came is expected again."""
PATIENCE = 2.0
"""Seconds that an attempt waits for another process that uses its key."""


class WaitingLine:
    def __init__(self, store: PresentCases, places: int, watchers: Watchers) -> None:
        self._store = store
        self._watchers = watchers
        self._places = Places(places, "attempts")
        self._turns: FairQueue[Submission] = FairQueue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._in_flight: set[AnswerKey] = set()
        self._last: set[Caller] = set()
        self._others = 0

    @property
    def waiting(self) -> int:
        """Attempts that have no answer yet."""
        return self._places.taken

    async def empty(self) -> None:
        await self._idle.wait()

    async def deal(self) -> list[tuple[Submission, int]]:
        """Who is next, and with how many attempts; waits until there is somebody."""
        await self._turns.any()
        dealt = self._turns.deal(BATCH, OF_ONE if self._others else None)
        callers = {group.caller for group, _ in dealt}
        last, self._last = self._last or callers, callers
        self._others = OTHERS_COME if len(callers | last) > 1 else max(self._others - 1, 0)
        return dealt

    async def submit(self, attempts: Sequence[Attempt]) -> list[Answer]:
        if not attempts:
            return []
        try:
            with self._places.taking(caller_of(attempts[0]), len(attempts)):
                self._idle.clear()
                return await self._answered(attempts)
        except (Unavailable, StoreUnavailable) as error:
            answer = Answer(error=error) if isinstance(error, Unavailable) else unavailable(error)
            return [answer] * len(attempts)
        finally:
            if not self._places.taken:
                self._idle.set()

    async def _answered(self, attempts: Sequence[Attempt]) -> list[Answer]:
        """Where some would wait behind a batch of their own, cases that are not there are looked up for all at once."""
        if len(attempts) <= BATCH:
            return await self._decided(attempts)
        missing = await absent(self._store, attempts)
        return here(attempts, missing, await self._decided([one for one in attempts if one.case_id not in missing]))

    async def _decided(self, attempts: Sequence[Attempt]) -> list[Answer]:
        mine = {key for attempt in attempts if (key := attempt.key)}
        taken = mine & self._in_flight
        self._in_flight |= mine
        try:
            return await self._in_chunks(attempts, taken)
        finally:
            self._in_flight -= mine - taken

    async def _in_chunks(self, attempts: Sequence[Attempt], taken: set[AnswerKey]) -> list[Answer]:
        once = ShownOnce()
        for start in range(0, len(attempts), BATCH):
            chunk = attempts[start : start + BATCH]
            free = [attempt for attempt in chunk if attempt.key not in taken]
            if stop := halted(once.answers):
                return once.answers + [stop] * (len(attempts) - start)  # none may overtake those before it
            decided = iter(await self._patiently(free))
            once.add([in_flight() if attempt.key in taken else next(decided) for attempt in chunk])
        return once.answers

    async def _patiently(self, attempts: Sequence[Attempt]) -> list[Answer]:
        """Queue the attempts; those whose key another process uses are queued again until patience ends."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        answers = await self._queued(attempts)
        while None in answers and loop.time() < until:
            await asyncio.sleep(0.05)
            busy = [place for place, answer in enumerate(answers) if answer is None]
            for place, answer in zip(busy, await self._queued([attempts[place] for place in busy]), strict=True):
                answers[place] = answer
        return [answer or in_flight() for answer in answers]

    async def _queued(self, attempts: Sequence[Attempt]) -> list[Answer | None]:
        """Where others wait too, a part is decided at a time."""
        answers: list[Answer | None] = []
        while rest := attempts[len(answers) :]:
            if stop := halted(answers):
                return answers + [stop] * len(rest)
            group = Submission(rest, Waited(perf_counter(), self._watchers.origin()))
            self._turns.put(group)
            try:
                answers += await group.answers
            finally:
                self._turns.withdraw(group)  # where whoever waited gave up
        return answers
