"""The ticks of a process: a few interval jobs in memory, none of which is needed for an answer to be right."""

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.services.ports import Store

FORGET_EVERY = 600
"""Seconds between two deletions of idempotency answers that have expired."""


def scheduler(store: Store) -> AsyncIOScheduler:
    """No job store: what a job does, it finds in the database, so any number of replicas may tick."""
    ticks = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1})
    ticks.add_job(store.forget_answers, "interval", seconds=FORGET_EVERY, id="forget answers")
    return ticks
