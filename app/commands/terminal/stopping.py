"""Hear that the process is to stop before the server has waited for its open responses."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def when_told_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on the loop at the first signal, besides what the server does with it.

    Granian ends the lifespan when the last response is out (its issue 547), and a stream is never out by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # a test's: no signals come here
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stopped(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        handler: Any = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in SIGNALS:
        signal.signal(number, stopped)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
