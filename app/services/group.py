"""What the queue of the desk holds: attempts that are decided in their order, and the answers that are waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.case import Attempt
from app.services.answer import Answer
from app.services.committed import Waited


@dataclass(eq=False)
class Group:
    """Attempts of one caller."""

    attempts: Sequence[Attempt]
    waited: Waited
    answers: asyncio.Future[list[Answer | None]] = field(default_factory=asyncio.Future)


def give(group: Group, answers: list[Answer | None]) -> None:
    if not group.answers.done():
        group.answers.set_result(answers)
