"""A process of its own for what is long and would keep the loop from everybody: one at a time, as nice as can be."""

import asyncio
import logging
import sys
from contextlib import suppress
from typing import Final

STOP_WITHIN: Final = 3.0
log = logging.getLogger("stateward.beside")


class BesideProcess:
    """Runs the `main` of a module. What it does it finds in the database, where it says too what came of it."""

    def __init__(self, module: str, what: str) -> None:
        # what is loaded stays: looking through it for garbage meanwhile is a tenth of the time
        load = f"import gc; gc.disable(); from {module} import main; gc.enable()"
        self._code = f"{load}; raise SystemExit(main())"
        self._what = what
        self._running: asyncio.Task[None] | None = None
        self._again = False

    def wake(self) -> None:
        """Let it look, once more where it is at it already."""
        self._again = True
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """What it is at is taken up again by whoever comes next."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        while self._again:
            self._again = False
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", self._code, stdin=asyncio.subprocess.DEVNULL
            )
            try:
                if code := await child.wait():
                    log.error("the process that %s ended with %d; another one will try again", self._what, code)
            except asyncio.CancelledError:
                child.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(child.wait(), STOP_WITHIN)
                raise
