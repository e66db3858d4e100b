"""`stateward work`: the scheduler alone, which fires what is due."""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.commands.opening.checking import checker_of
from app.commands.opening.making import MakerProcess
from app.commands.opening.services import declared, prepared, running, ticking
from app.commands.terminal.listening import port_to_listen_on
from app.metrics import LOOK_EVERY
from app.services.assembly import Assembly
from app.services.process.repeating import repeating
from app.settings import Settings

COUNT_EVERY = 30.0
"""Seconds between two counts of what the database has."""


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Work until a signal says stop."""
    found = await declared(settings)
    await prepared(settings)
    stopped = asyncio.Event()
    async with (
        running(settings, found, MakerProcess(), checker_of(settings)) as assembly,
        ticking(assembly, settings, fires=True),
        _telling(assembly, settings),
    ):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        print("Stateward works: it fires what is due. Ctrl-C stops it.", flush=True)
        await stopped.wait()
    return 0


@asynccontextmanager
async def _telling(assembly: Assembly, settings: Settings) -> AsyncIterator[None]:
    """Tell the metrics of this process, where that is wanted."""
    if settings.metrics_port is None:
        yield
        return
    from app.metrics.process import Metrics  # no other command needs what it loads

    metrics = Metrics(assembly.store, assembly.gauges, assembly.store if assembly.scans else None, assembly.store)
    assembly.tell_fired(metrics.record_fired)
    assembly.tell_sequenced(metrics.record_sequenced)
    assembly.tell_signed(metrics.record_signed)
    assembly.tell_scanned(metrics.record_scanned)
    port = port_to_listen_on(settings.host, settings.metrics_port, "STATEWARD_METRICS_PORT")
    with metrics.served(settings.host, port):
        async with repeating((LOOK_EVERY, metrics.look), (COUNT_EVERY, metrics.refresh), first=True):
            yield
