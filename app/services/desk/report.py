"""What a transaction of the desk tells those who watch the service, once it is committed."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.domain.case.attempt import Attempt
from app.services.desk.answer import Answer
from app.services.desk.batch import Batch
from app.services.desk.escalation import Fired

UNKNOWN = "_unknown"
"""The case type of an attempt on a case that is not there, or of one that is not declared: no name begins like that."""
EVENT = "event"
APPLIED = "applied"
REPLAYED = "replayed"
Outcomes = Counter[tuple[str, str, str]]
"""How many attempts there were by (case type, act, outcome): the act of a built-in verb or `event`; `applied`,
`replayed` or the code of a refusal."""
What = TypeVar("What")
log = logging.getLogger("stateward")


@dataclass(frozen=True, slots=True)
class Waited:
    """A group of attempts that waited together: since when, and what it came from (a span, where traces are made)."""

    since: float
    origin: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A batch and its course. Times are seconds of `time.perf_counter`.

    `waited` is in the order of the queue, and empty for a batch that was tried again.
    """

    attempts: int
    outcomes: Outcomes
    waited: Sequence[Waited]
    began: float
    locked: float
    decided: float
    ended: float = field(kw_only=True)


def _nobody(what: Any) -> None:
    """Nobody watches."""


def _nowhere() -> None:
    """Nothing says where an attempt comes from."""


@dataclass(slots=True)
class Watchers:
    """Who is told what comes of attempts, and what says where one comes from (a span, where traces are made).

    One value for all who decide: whoever watches is told of what each of them does.
    """

    fired: Callable[[Sequence[Fired]], None] = _nobody
    committed: Callable[[Committed], None] = _nobody
    answered: Callable[[Sequence[Answer]], None] = _nobody
    tried: Callable[[Outcomes], None] = _nobody
    origin: Callable[[], Any] = _nowhere


def outcomes(batch: Batch, decided: Iterable[tuple[Attempt, Answer | None]]) -> Outcomes:
    """Answers counted; those that another process is about to give (None) are left out."""
    return Counter(
        (batch.case_type_of(attempt) or UNKNOWN, attempt.verb.act if attempt.verb else EVENT, outcome_of(answer))
        for attempt, answer in decided
        if answer is not None
    )


def outcome_of(answer: Answer) -> str:
    if answer.replayed:
        return REPLAYED
    return answer.error.code if answer.error else APPLIED


def telling(*listeners: Callable[[What], None]) -> Callable[[What], None]:
    """Tell all of them. What they fail at is logged: what is committed stays so, and is not tried again."""

    def tell(what: What) -> None:
        for listener in listeners:
            try:
                listener(what)
            except Exception:  # whatever it is, the others are to be told too
                log.exception("cannot record what was committed")

    return tell
