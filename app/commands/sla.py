"""`stateward sla`: hold every clock against the log, and correct a calendar for a time that has passed."""

import argparse
import asyncio
import sys
from datetime import datetime

from app.commands.opening.declared import Declared
from app.commands.opening.services import declared, prepared, running
from app.commands.terminal.failing import FOUND_SOMETHING, USED_WRONGLY, CommandFailed
from app.domain.definition.calendar_file import CalendarFile
from app.domain.values.names import SUBJECT
from app.domain.values.rfc3339 import rfc3339
from app.scheduler import LEARN_EVERY
from app.services.assembly import Assembly
from app.services.clocks.calendars import applies_from, put_in_force
from app.services.clocks.recalculation import Correcting, Recounted
from app.settings import Settings

TOLD_EVERY = 100
NOTHING = Declared({}, {}, (), ())
"""These commands put nothing in force that the folders declare, but the one calendar."""


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    await prepared(settings)
    if arguments.action == "verify":
        async with running(settings, NOTHING) as assembly:
            return await _verify(assembly, repair=arguments.repair)
    return await _correct(arguments, settings)


async def _verify(assembly: Assembly, *, repair: bool) -> int:
    clocks = cases = found = 0
    async for count, differences in assembly.verification.differences(repair=repair):
        clocks, cases, found = clocks + count, cases + 1, found + len(differences)
        for difference in differences:
            print(difference)
        if cases % TOLD_EVERY == 0:
            _progress(f"{clocks:,} clocks of {cases:,} cases, {found:,} differences")
    _progress("")
    done = ", clocks now repaired" if repair and found else ""
    print(f"{clocks:,} clocks of {cases:,} cases rebuilt from the log: {found:,} differences{done}")
    return FOUND_SOMETHING if found else 0


async def _correct(arguments: argparse.Namespace, settings: Settings) -> int:
    name, found = arguments.calendar, await declared(settings)
    file = found.calendars.get(name)
    if file is None:
        known = ", ".join(sorted(found.calendars)) or "none"
        raise CommandFailed(f"there is no calendar {name}; there are: {known}", USED_WRONGLY)
    if arguments.apply and not (arguments.reason or "").strip():
        raise CommandFailed("--apply needs --reason TEXT: the log says why the past was changed", USED_WRONGLY)
    if not SUBJECT.fullmatch(arguments.by):
        raise CommandFailed(f"--by is written as user:NAME, not {arguments.by!r}", USED_WRONGLY)
    async with running(settings, NOTHING) as assembly:
        in_force = await _checked(assembly, name, file)
        if arguments.apply:
            return await _applied(assembly, arguments, file, in_force)
        return await _shown(assembly, name, file, in_force)


async def _checked(assembly: Assembly, name: str, file: CalendarFile) -> bool:
    """Whether this version is in force already, so that an application that was broken off goes on."""
    versions = [one for one in await assembly.store.calendars() if one.name == name]
    _, now = await assembly.store.next_due()
    since = applies_from(file)
    if versions and versions[-1].hash == file.hash():
        if assembly.calendars.is_correction(name):
            return True
        raise CommandFailed(f"calendar {name} is in force as it is; there is nothing to correct", USED_WRONGLY)
    if not versions or since is None or since > now:
        raise CommandFailed(
            f"calendar {name} corrects nothing that has passed: let `applies_from` name the day from which it should"
            " have counted, or let `serve` put it in force",
            USED_WRONGLY,
        )
    return False


async def _shown(assembly: Assembly, name: str, file: CalendarFile, in_force: bool) -> int:
    _, now = await assembly.store.next_due()
    would = assembly.calendars if in_force else assembly.calendars.corrected(name, file, now)
    changes = 0
    async for one in assembly.recalculation.would_correct(name, would):
        changes += 1
        print(_sentence(one, "would be"))
    print(f"{changes:,} clocks would change; nothing was written (--apply --reason TEXT does it)")
    return 0


async def _applied(assembly: Assembly, arguments: argparse.Namespace, file: CalendarFile, in_force: bool) -> int:
    name = arguments.calendar
    if not in_force:
        await put_in_force(assembly.store, name, file, assembly.operator, corrects=True)
        wait = 2 * LEARN_EVERY if arguments.wait is None else arguments.wait
        print(f"calendar {name} is in force; every process learns of it within {LEARN_EVERY} s")
        await asyncio.sleep(wait)  # whoever does not know it yet would move a corrected clock by the old one
    await assembly.calendars.learn(assembly.store)
    correcting = Correcting(arguments.by, arguments.reason.strip())
    changes = await assembly.recalculation.recalculate([name], correcting)
    for one in changes:
        print(_sentence(one, "is now"))
    print(f"{len(changes):,} clocks were corrected, each with an entry in its case")
    return 0


def _sentence(one: Recounted, verb: str) -> str:
    which = f"case {one.case_id} of {one.tenant}, clock {one.before.name}, cycle {one.before.cycle}"
    if one.before.status == "paused":
        return f"{which}: paused, with {one.before.counted} counted, {verb} {one.after.counted}"
    return f"{which}: due {_moment(one.before.due_at)}, {verb} {_moment(one.after.due_at)}"


def _moment(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else "at no time"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
