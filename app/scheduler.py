"""The ticks of a process: a few interval jobs in memory, none of which is needed for an answer to be right."""

import asyncio
import logging
from contextlib import suppress

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.services.ledger import Ledger
from app.services.ports import Store, StoreUnavailable

SEQUENCE_EVERY = 0.25
"""Seconds between two looks at what waits for its place in the log."""
FORGET_EVERY = 600
"""Seconds between two deletions of idempotency answers that have expired."""


def scheduler(store: Store, ledger: Ledger) -> AsyncIOScheduler:
    """No job store: what a job does, it finds in the database, so any number of replicas may tick."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a tick that lasts is nothing to warn of
    ticks = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1})
    ticks.add_job(store.forget_answers, "interval", seconds=FORGET_EVERY, id="forget answers")
    ticks.add_job(_sequence, "interval", args=(ledger,), seconds=SEQUENCE_EVERY, id="sequence the log")
    return ticks


async def _sequence(ledger: Ledger) -> None:
    """A stop cancels it, which rolls back; a database that is away is there again at another tick."""
    with suppress(asyncio.CancelledError, StoreUnavailable):
        await ledger.sequence()
