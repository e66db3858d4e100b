"""What the queue of the desk holds: attempts that are decided in their order, and the answers that are waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.case.attempt import Attempt
from app.services.desk.answer import Answer
from app.services.desk.report import Waited
from app.services.fairness.fair_queue import Caller


@dataclass(eq=False)
class Submission:
    """Attempts of one caller; a part of them may be decided, and the rest comes again."""

    attempts: Sequence[Attempt]
    waited: Waited
    answers: asyncio.Future[list[Answer | None]] = field(default_factory=asyncio.Future)

    @property
    def caller(self) -> Caller:
        return caller_of(self.attempts[0])

    @property
    def size(self) -> int:
        return len(self.attempts)


def give(group: Submission, answers: list[Answer | None]) -> None:
    if not group.answers.done():
        group.answers.set_result(answers)


def caller_of(attempt: Attempt) -> Caller:
    return attempt.tenant, attempt.actor.id
