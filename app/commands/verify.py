"""`stateward verify`: hold an export against its checkpoints, offline, by the file that every export encloses."""

import argparse

from app.verify import verify


def run(arguments: argparse.Namespace) -> int:
    if not arguments.decide:
        return verify.run(arguments)
    from app.commands.deciding_again import deciding

    return verify.run(arguments, deciding)
