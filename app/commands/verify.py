"""`stateward verify`: hold an export against its checkpoints, offline, by the file that every export encloses."""

import argparse
from typing import Any, Final

import msgspec

from app.verify import verify

READ: Final = msgspec.json.Decoder().decode


def run(arguments: argparse.Namespace) -> int:
    if not arguments.decide:
        return verify.run(arguments, parse=parsed)
    from app.commands.deciding_again import deciding

    return verify.run(arguments, deciding, parsed)


def parsed(text: bytes) -> Any:
    """As that of the enclosed file, several times sooner."""
    try:
        return READ(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError from None
