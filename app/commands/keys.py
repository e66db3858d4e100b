"""`stateward keys`: make a key that signs checkpoints, show the public half of those that sign, or revoke one."""

import argparse
import os
from collections.abc import Awaitable
from pathlib import Path

from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.domain.log.notes import BadNote, SigningKey
from app.settings import Settings
from app.signers.naming import signer_of


def run(arguments: argparse.Namespace, settings: Settings) -> int | Awaitable[int]:
    if arguments.action == "new":
        print(new_key(arguments.name, arguments.file).verifier)
        return 0
    if arguments.action == "revoke" or arguments.all:
        from app.commands import key_lives

        return key_lives.run(arguments, settings)
    signing = signer_of(settings.signing_key, settings.signing_command)
    if signing is None:
        raise CommandFailed("STATEWARD_SIGNING_KEY is not set; make a key with: stateward keys new FILE", USED_WRONGLY)
    for key in signing.verifiers:
        print(key)
    return 0


def new_key(name: str, file: Path) -> SigningKey:
    """In a file that nobody else may read. Raises CommandFailed, also where the file is there: keys are not lost so."""
    try:
        key = SigningKey.new(name)
    except BadNote as fault:
        raise CommandFailed(f"--name {name!r} is none: {fault}", USED_WRONGLY) from None
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be made: {error.strerror}", USED_WRONGLY) from None
    with os.fdopen(opened, "w", encoding="utf-8") as written:
        written.write(f"{key.written()}\n")
    return key
