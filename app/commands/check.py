"""`stateward check`: every fault in machines, calendars and policies, with file, line and what to do."""

import argparse

from app.commands.opening.beside_cases import read_beside_cases
from app.settings import Settings


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    machines, policies = arguments.machines or settings.machines, arguments.policies or settings.policies
    found = await read_beside_cases(settings, machines, policies)
    for fault in found.faults:
        print(fault)
    warnings = sum(fault.severity == "warning" for fault in found.faults)
    counts = f"{len(found.case_types)} case types, {len(found.calendars)} calendars, {len(found.policies)} policy files"
    print(f"{counts}: ", end="")
    print(f"{len(found.errors)} errors, {warnings} warnings")
    return 1 if found.errors else 0
