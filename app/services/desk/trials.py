"""Decide attempts as the desk would, on a working copy that is dropped: nothing is locked, and nothing is written."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.case.attempt import Attempt
from app.services.desk.answer import NO_CLOCKS, Answer
from app.services.desk.batch import Batch
from app.services.desk.changes import changed
from app.services.desk.deciding import Deciding
from app.services.desk.queue import caller_of
from app.services.desk.report import Watchers, outcomes
from app.services.desk.shown_once import ShownOnce
from app.services.desk.waiting import BATCH
from app.services.fairness.slices import Slices


class Trials:
    """Reads take no lock and wait in no line; what is decided on the loop is done in slices."""

    def __init__(self, deciding: Deciding, watchers: Watchers, slices: Slices) -> None:
        self._deciding = deciding
        self._watchers = watchers
        self._slices = slices

    async def submit(self, attempts: Sequence[Attempt]) -> list[Answer]:
        """What the desk would answer to each, in order, were it asked now; each sees what those before it would have
        done. Their keys stand for nothing. Raises StoreUnavailable."""
        asked = [replace(attempt, idempotency=None) for attempt in attempts]
        once, before = ShownOnce(), None
        for start in range(0, len(asked), BATCH):
            some = asked[start : start + BATCH]
            batch = await self._deciding.aside(some)
            if before is not None:
                batch.copy.go_on_from(before.copy, asked[start:])
            once.add(await self._decided(batch, some))
            before = batch
        return once.answers

    async def _decided(self, batch: Batch, attempts: Sequence[Attempt]) -> list[Answer]:
        answers = []
        async with self._slices.of(caller_of(attempts[0]), small=True) as turn:
            for attempt in attempts:
                answers.append(tried(batch, attempt))
                await turn.give()
        self._watchers.tried(outcomes(batch, zip(attempts, answers, strict=True)))
        return answers


def tried(batch: Batch, attempt: Attempt) -> Answer:
    """What would come of an attempt, and what it would change: from how the case stands in the database, or was left
    by the attempts before, so that steps of clocks that are due belong to it. Only those are told who may read the
    case as it is: a verb may make somebody one who reads it from then on."""
    copy = batch.copy
    before = copy.case(attempt.names)
    clocks, told = NO_CLOCKS, before is None
    if before is not None:
        clocks, told = copy.clocks(before.id), batch.on(attempt, before).readable
    answer = batch.answer(attempt)
    if answer.error is not None:
        return answer
    after = copy.cases[attempt.new_case_id if before is None else before.id]
    told = told and (before is not None or answer.case is not None)
    shown = changed(before, clocks, after, copy.clocks(after.id)) if told else None
    return replace(answer, receipt=None, tried=True, changes=shown)
