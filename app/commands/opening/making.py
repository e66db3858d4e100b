"""Have exports made by a process of its own, so that nobody waits for the loop meanwhile; and what that one does."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from app.commands.export_arguments import EXPORTED_AS
from app.commands.opening.services import signing_of
from app.db import open_store
from app.logs import configure_logs
from app.policy.engine import PolicyEngine
from app.services.log.export_jobs import ExportLimits
from app.services.log.export_making import ExportMaking
from app.settings import Settings, load_settings

CHILD: Final = "from app.commands.opening.making import main; raise SystemExit(main())"
OF_A_DAY: Final = frozenset({"access"})
"""Formats that are asked for a day, which only the command is told."""
NICE: Final = 10
STOP_WITHIN: Final = 3.0
log = logging.getLogger("stateward.exports")


class MakerProcess:
    """One at a time. It makes all that waits, and ends."""

    formats: Sequence[str] = tuple(name for name in EXPORTED_AS if name not in OF_A_DAY)
    patience = 5.0

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._again = False

    def wake(self) -> None:
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
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stdin=asyncio.subprocess.DEVNULL)
            try:
                if code := await child.wait():
                    log.error("the process that makes exports ended with %d; another one will try again", code)
            except asyncio.CancelledError:
                child.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(child.wait(), STOP_WITHIN)
                raise


def main() -> int:
    """Make what waits, in a process that is there for nothing else."""
    os.nice(NICE)
    settings = load_settings()
    configure_logs(settings)
    asyncio.run(_make(settings))
    return 0


async def _make(settings: Settings) -> None:
    from app.exports.registry import WRITES  # whoever serves needs none of what formats load

    store = open_store(settings.database_url.get_secret_value(), 2)
    signing = signing_of(settings)
    keys = [str(key) for key in signing.verifiers] if signing else []
    try:
        await ExportMaking(store, WRITES, PolicyEngine, keys, settings.part(ExportLimits)).make_all()
    finally:
        await store.close()
