"""Let a command end well when it is told to: Ctrl-C and SIGTERM cancel what it does, and it still says where it is."""

import asyncio
import signal
from collections.abc import Awaitable
from typing import Any


class ToldToStop(Exception):
    """`signal` did it; whoever gives its number and 128 as the exit code tells a shell so."""

    def __init__(self, by: signal.Signals) -> None:
        super().__init__(by.name)
        self.signal = by


async def until_told_to_stop(work: Awaitable[Any]) -> Any:
    """What `work` answers. Raises ToldToStop once it was cancelled by a signal."""
    task, signals = asyncio.ensure_future(work), list[signal.Signals]()

    def stop(by: signal.Signals) -> None:
        signals.append(by)
        task.cancel()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop, each)
    try:
        return await task
    except asyncio.CancelledError:
        if signals:
            raise ToldToStop(signals[0]) from None
        raise
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)
