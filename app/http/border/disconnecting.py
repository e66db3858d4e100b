"""Stop waiting for somebody who has hung up."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from litestar.types import Receive

Answer = TypeVar("Answer")


async def gone(receive: Receive) -> None:
    """Returns once the caller has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(receive: Receive, answering: Coroutine[None, None, Answer], instead: Answer) -> Answer:
    """What `answering` returns. When the caller hangs up it is cancelled, gives back all that it holds, and `instead`
    is answered, which nobody gets."""
    hung_up = asyncio.create_task(gone(receive))
    answered = asyncio.create_task(answering)
    try:
        await asyncio.wait((answered, hung_up), return_when=asyncio.FIRST_COMPLETED)
        return answered.result() if answered.done() else instead
    finally:
        hung_up.cancel()
        answered.cancel()
        await asyncio.gather(answered, hung_up, return_exceptions=True)
