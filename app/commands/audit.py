"""`stateward audit`: hold the log against itself, or say in it that a backup was restored, or what a witness saw."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.commands.opening.checking import NOTHING, check_of
from app.commands.opening.services import place_of, prepared, running, signing_of
from app.commands.terminal.failing import FOUND_SOMETHING, USED_WRONGLY, CommandFailed
from app.db import open_store
from app.domain.log.cosignatures import Cosignature, WitnessKey, cosignature_of
from app.domain.log.notes import DASH, BadNote, UnknownKeys, text_of
from app.domain.values.rfc3339 import rfc3339
from app.services.log.restored import departed, tell_restored
from app.services.log.signing import PlaceUnusable
from app.services.log.witnessing import tell_witnessed
from app.settings import Settings, system_user

TOLD_EVERY = 5_000
MOST_TOLD = 1_000
MOST_READ = 1 << 20


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.action == "witness":
        return await _witnessed(arguments, settings)
    return await (_check(settings) if arguments.action == "check" else _restored(arguments, settings))


async def _check(settings: Settings) -> int:
    await prepared(settings)
    signing, place = signing_of(settings), place_of(settings)
    looked, found, told = Counter[str](), 0, 0
    async with running(settings, NOTHING) as assembly:
        async for step in check_of(assembly, settings).steps():
            looked[step.what] += step.count
            found += len(step.wrong)
            for wrong in step.wrong[: max(0, MOST_TOLD - told)]:
                print(wrong)
            told += len(step.wrong)
            if looked.total() % TOLD_EVERY < step.count:
                _progress(_counts(looked))
        waits = [one for one in await assembly.store.warnings() if one.startswith("an entry has waited")]
    _progress("")
    for wrong in waits:
        print(wrong)
    if told > MOST_TOLD:
        print(f"and {told - MOST_TOLD:,} more")
    found += len(waits)
    print(f"{_counts(looked)}: {found:,} faults")
    for left in _left_out(signing is not None, place is not None):
        print(f"not checked: {left}")
    return FOUND_SOMETHING if found else 0


def _left_out(signs: bool, publishes: bool) -> list[str]:
    keys = [] if signs else ["signatures of checkpoints, for STATEWARD_SIGNING_KEY is not set"]
    place = [] if signs and publishes else ["what was published, for it takes STATEWARD_SIGNING_KEY and _CHECKPOINTS"]
    return [*keys, *place, "bytes of files; clocks (`stateward sla verify`); values that were erased"]


def _counts(looked: Counter[str]) -> str:
    kinds = ("entries", "values", "tiles", "checkpoints", "published logs", "cases")
    return ", ".join(f"{looked[kind]:,} {kind}" for kind in kinds)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


async def _restored(arguments: argparse.Namespace, settings: Settings) -> int:
    signing, place = signing_of(settings), place_of(settings)
    if signing is None or place is None:
        missing = "STATEWARD_SIGNING_KEY" if signing is None else "STATEWARD_CHECKPOINTS"
        raise CommandFailed(
            f"{missing} is not set: there is nothing published that the log could differ from", USED_WRONGLY
        )
    if not arguments.reason.strip():
        raise CommandFailed("--reason must say why", USED_WRONGLY)
    await prepared(settings)
    store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
    operator, told = f"operator:{settings.operator or system_user()}", 0
    try:
        async for head, before in departed(store, place, signing.name):
            await tell_restored(store, head, before, operator, arguments.reason)
            print(f"{head.tenant}: {before.size} entries were published, {head.size} are there; said so in the log")
            told += 1
    except PlaceUnusable as unusable:
        raise CommandFailed(f"it cannot be seen what was published, because {unusable}") from None
    finally:
        await store.close()
    if not told:
        print("every log begins with what was published of it; nothing to say")
    return 0


async def _witnessed(arguments: argparse.Namespace, settings: Settings) -> int:
    witnesses = [WitnessKey.parse(one) for one in (settings.witnesses or "").split()]
    if not witnesses:
        raise CommandFailed("STATEWARD_WITNESSES is not set: nobody's word would count", USED_WRONGLY)
    lines = [line for line in _read(arguments.file).splitlines() if line.startswith(DASH)]
    await prepared(settings)
    store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
    try:
        checkpoint = await store.checkpoint(arguments.tenant, arguments.size)
        if checkpoint is None:
            size = "" if arguments.size is None else f" of {arguments.size} entries"
            raise CommandFailed(f"{arguments.tenant} has no checkpoint{size}", USED_WRONGLY)
        found = _cosignatures(lines, text_of(checkpoint.note), witnesses)
        operator = f"operator:{settings.operator or system_user()}"
        new = await tell_witnessed(store, checkpoint, found, operator)
    finally:
        await store.close()
    for one in found:
        print(f"{one.witness.name} saw {checkpoint.size} entries of {checkpoint.tenant} by {rfc3339(one.at)}")
    print(f"{new} of {len(found)} added")
    return 0


def _cosignatures(lines: Sequence[str], text: str, witnesses: Sequence[WitnessKey]) -> list[Cosignature]:
    """A note has lines of others too, which are passed over."""
    found, unknown = [], ""
    for line in lines:
        try:
            found.append(cosignature_of(line, text, witnesses))
        except UnknownKeys as other:
            unknown = str(other)
        except BadNote as false:
            raise CommandFailed(str(false)) from None
    if not found:
        raise CommandFailed(unknown or "there is no line of a witness in it", USED_WRONGLY)
    return found


def _read(file: str) -> str:
    try:
        return sys.stdin.read(MOST_READ) if file == "-" else Path(file).read_text(encoding="utf-8")[:MOST_READ]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
