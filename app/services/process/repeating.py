"""Do something every so often beside the requests of a process; none of it is needed for an answer to be right."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Job = tuple[float, Callable[[], Awaitable[None]]]
log = logging.getLogger("stateward")


@asynccontextmanager
async def repeating(*jobs: Job, first: bool = False) -> AsyncIterator[None]:
    """Run each job every so many seconds until the block ends; `first`: also at once."""
    tasks = [asyncio.create_task(_repeat(seconds, job, first)) for seconds, job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(seconds: float, job: Callable[[], Awaitable[None]], first: bool) -> None:
    if not first:
        await asyncio.sleep(seconds)
    while True:
        try:
            await job()
        except Exception:  # the next time may go well, and without this there would be none
            log.exception("what is done every %s s failed", seconds)
        await asyncio.sleep(seconds)
