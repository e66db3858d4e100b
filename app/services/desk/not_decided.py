"""Answers to attempts that nobody decided: try again."""

import logging
from collections.abc import Sequence

from app.domain.values.errors import IdempotencyInFlight, Unavailable
from app.services.desk.answer import Answer
from app.services.store.failures import StoreUnavailable

log = logging.getLogger("stateward.desk")


def in_flight() -> Answer:
    return Answer(error=IdempotencyInFlight("a request with this Idempotency-Key is being decided; ask again shortly"))


def unavailable(error: StoreUnavailable) -> Answer:
    log.warning("the database is not available: %s", error)
    return Answer(error=Unavailable("the database is not available; try again in a second"))


def halted(answers: Sequence[Answer | None]) -> Answer | None:
    """The first one that says that the service is not available: what comes after it may not overtake it."""
    return next((answer for answer in answers if answer and isinstance(answer.error, Unavailable)), None)
