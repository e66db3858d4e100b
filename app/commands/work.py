"""`stateward work`: the scheduler alone, which fires what is due."""

import argparse
import asyncio
import signal

from app.commands.house import declared, prepared, running, ticking
from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fire what is due, without the HTTP API: beside `stateward serve --no-scheduler`. Any number may work on one "
        "PostgreSQL. SQLite is migrated first; PostgreSQL needs `stateward migrate` before."
    )


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Work until a signal says stop."""
    found = declared(settings)
    await prepared(settings)
    stopped = asyncio.Event()
    async with running(settings, found) as house, ticking(house, settings, fires=True):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        print("Stateward works: it fires what is due. Ctrl-C stops it.", flush=True)
        await stopped.wait()
    return 0
