"""`stateward check`: every fault in machines, calendars and policies, with file, line and what to do."""

import argparse
from pathlib import Path

from app.commands.standing import read_beside_cases
from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check case types, calendars and policies, beside the cases of STATEWARD_DATABASE_URL where it is there. "
        "Exit 0: no errors (warnings and notes do not count), 1: errors."
    )
    parser.add_argument("machines", nargs="?", type=Path, help="the folder of case types (STATEWARD_MACHINES)")
    parser.add_argument("policies", nargs="?", type=Path, help="the folder of policies (STATEWARD_POLICIES)")


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
