"""`stateward policy`: show the policy in force, put a changed file in force, or hold it against the log."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.commands.opening.beside_cases import read_beside_cases
from app.commands.opening.declared import read_source
from app.commands.opening.services import build, prepared
from app.commands.terminal.failing import FOUND_SOMETHING, USED_WRONGLY, CommandFailed
from app.domain.declaring.fault import Fault
from app.policy.lines import as_csv
from app.services.policy.verification import PolicyVerification
from app.settings import Settings

SAYS = {
    "added": "is there, and no entry of the log says who put it in force",
    "removed": "is out of force, and no entry of the log says who took it out",
    "lost": "was put in force by the log, and the database has no such line",
}


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    await prepared(settings)
    if arguments.action == "show":
        return await _show(arguments, settings)
    if arguments.action == "verify":
        return await _verify(arguments, settings)
    files = [_file(path, settings) for path in arguments.files] or sorted(settings.policies.glob("*.csv"))
    if not files:
        raise CommandFailed(
            f"{settings.policies} holds no policies; name files, or set STATEWARD_POLICIES", USED_WRONGLY
        )
    return await _apply(files, settings)


async def _apply(files: list[Path], settings: Settings) -> int:
    read = [read_source(path) for path in files]
    faults = dict.fromkeys(fault for _, found in read for fault in found)
    faults |= dict.fromkeys(await _against_the_case_types(files, settings))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise CommandFailed("nothing was applied; mend the files first")
    assembly = build(settings)
    try:
        for source, _ in read:
            added, removed = await assembly.policies.apply(source)
            print(f"{source.file.name}: {added} lines added, {removed} removed")
    finally:
        await assembly.store.close()
    return 0


async def _against_the_case_types(files: list[Path], settings: Settings) -> list[Fault]:
    """What `check` finds wrong in these files, where they stand in the folder that it reads."""
    found = await read_beside_cases(settings, settings.machines, settings.policies)
    return _in(files, found.errors)


def _in(files: list[Path], faults: Sequence[Fault]) -> list[Fault]:
    meant = {path.resolve() for path in files}
    return [fault for fault in faults if Path(fault.file).resolve() in meant]


async def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    assembly = build(settings)
    try:
        lines = await assembly.store.policy_lines()
    finally:
        await assembly.store.close()
    for line in sorted(lines, key=lambda line: (line.source or "", line.id)):
        if arguments.tenant in (None, line.tenant) or line.tenant == "*":
            print(as_csv(line))
    return 0


async def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    assembly = build(settings)
    try:
        looked_at, found = await PolicyVerification(assembly.store).unaccounted(arguments.tenant)
    finally:
        await assembly.store.close()
    for one in found:
        print(f"{one.line.tenant}, version {one.version}: `{as_csv(one.line)}` {SAYS[one.what]}")
    print(f"{looked_at} lines looked at: {len(found)} without their entries")
    return FOUND_SOMETHING if found else 0


def _file(path: Path, settings: Settings) -> Path:
    """A path, or the bare name of a file in the folder of policies."""
    return path if path.exists() else settings.policies / path
