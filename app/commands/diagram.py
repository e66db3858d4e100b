"""`stateward diagram`: draw a case type."""

import argparse

from app.commands.opening.declared import read_folders
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.domain.diagram import DRAWN
from app.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    found = read_folders(settings.machines, settings.policies)
    case_types = found.case_types
    if arguments.case_type not in case_types:
        known = ", ".join(case_types) or "none"
        broken = "; `stateward check` says what is wrong there" if found.errors else ""
        raise CommandFailed(
            f"{arguments.case_type} is not a case type of {settings.machines} (there are: {known}){broken}",
            USED_WRONGLY,
        )
    print(DRAWN[arguments.format](case_types[arguments.case_type]))
    return 0
