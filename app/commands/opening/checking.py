"""Check the logs now and then, by a process of its own, as `stateward audit check` does when it is asked."""

import asyncio
import logging
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from app.commands.opening.beside import BesideProcess
from app.commands.opening.declared import Declared
from app.commands.opening.services import place_of, running, signing_of
from app.logs import configure_logs
from app.services.assembly import Assembly
from app.services.log.checking import LogCheck
from app.services.store.log_checks import LastCheck
from app.settings import Settings, load_settings

DAY: Final = timedelta(days=1)
LEASE: Final = timedelta(minutes=5)
TELL_EVERY: Final = 20.0
NICE: Final = 19
REST: Final = timedelta(0)
REST_AFTER_A_PROBLEM: Final = timedelta(hours=1)
MOST_TOLD: Final = 20
NOTHING = Declared({}, {}, (), ())
"""Nothing is put in force by it."""
log = logging.getLogger("stateward.audit")


def checker_of(settings: Settings) -> BesideProcess | None:
    return BesideProcess(__name__, "checks the log") if settings.audit_check == "daily" else None


def check_of(assembly: Assembly, settings: Settings) -> LogCheck:
    """With the keys and the place of the settings, where there are some."""
    signing, place = signing_of(settings), place_of(settings)
    verifiers = signing.verifiers if signing else ()
    return LogCheck(assembly.store, assembly.clocks, signing.name if signing else None, verifiers, place)


def main() -> int:
    os.nice(NICE)
    settings = load_settings()
    configure_logs(settings)
    asyncio.run(_checked(settings))
    return 0


async def _checked(settings: Settings) -> None:
    async with running(settings, NOTHING) as assembly:
        await checked(assembly, check_of(assembly, settings), DAY)


async def checked(assembly: Assembly, check: LogCheck, every: timedelta) -> LastCheck | None:
    """Check all logs, where that is due and nobody else's turn, and tell what came of it."""
    store, me = assembly.store, str(uuid4())
    if not await store.take_check(me, every, LEASE):
        return None
    try:
        found = await _found(assembly, check, me)
    except Exception as error:
        log.exception("the log cannot be checked")
        problem = f"it could not be checked: {type(error).__name__}"
        found = LastCheck(checked_at=None, entries=0, faults=0, problem=problem)
    if found is not None:
        await store.end_check(me, found, REST if found.checked_at else REST_AFTER_A_PROBLEM)
    return found


async def _found(assembly: Assembly, check: LogCheck, me: str) -> LastCheck | None:
    """None where somebody else is at it by now."""
    looked, faults, told = Counter[str](), 0, list[str]()
    loop = asyncio.get_running_loop()
    tell_at = loop.time() + TELL_EVERY
    async for step in check.steps():
        looked[step.what] += step.count
        faults += len(step.wrong)
        told += step.wrong[: MOST_TOLD - len(told)]
        if loop.time() >= tell_at:
            tell_at = loop.time() + TELL_EVERY
            if not await assembly.store.hold_check(me, LEASE):
                return None
    waits = [one for one in await assembly.store.warnings() if one.startswith("an entry has waited")]
    faults, told = faults + len(waits), [*told, *waits]
    for wrong in told:
        log.error("the log is not what it was: %s", wrong)
    found = LastCheck(checked_at=datetime.now(UTC), entries=looked["entries"], faults=faults, problem=None)
    return replace(found, problem=told[0]) if told else found
