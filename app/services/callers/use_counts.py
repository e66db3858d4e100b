"""What a process counts of its callers, told to the database now and then: when keys were used, what was asked for."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.services.callers.key_callers import USED_EVERY, KeyCallers
from app.services.callers.rate_limits import SETTLE_EVERY, RateLimits
from app.services.process.repeating import Job, repeating
from app.services.store.failures import StoreUnavailable

log = logging.getLogger("stateward")


@asynccontextmanager
async def counting_callers(keys: KeyCallers, rates: RateLimits | None, *more: Job) -> AsyncIterator[None]:
    """Tell the database until the block ends, and once more then."""
    jobs: list[Job] = [(USED_EVERY, keys.note_uses), *more]
    if rates is not None:
        jobs.append((SETTLE_EVERY, rates.settle))
    async with repeating(*jobs):
        yield
    for _, job in jobs:
        try:
            await job()
        except StoreUnavailable as error:
            log.warning("what callers used last is not written down: %s", error)
