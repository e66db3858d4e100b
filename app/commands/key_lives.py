"""`stateward keys show --all` and `revoke`: what the log says of the keys that sign it, and one that counts no more."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime

from app.commands.opening.services import prepared
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.db import open_store
from app.domain.log.notes import BadNote, VerifierKey
from app.domain.values.names import SERVICE_TENANT
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.services.log.signing_keys import KIND, MOST, KeyLife, lives, named, tell_revoked
from app.settings import Settings, system_user
from app.signers.naming import signer_of


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    return await (_revoke(arguments, settings) if arguments.action == "revoke" else _show_all(settings))


async def _show_all(settings: Settings) -> int:
    """Those of the settings that the log does not know yet, too."""
    set_here = signer_of(settings.signing_key, settings.signing_command)
    await prepared(settings)
    store = open_store(settings.database_url.get_secret_value(), 1)
    try:
        known = lives(await store.said(SERVICE_TENANT, KIND, MOST))
    finally:
        await store.close()
    for key in set_here.verifiers if set_here else ():
        known.setdefault(named(key), KeyLife(key=named(key), public=str(key)))
    for life in known.values():
        print(life.told())
    return 0


async def _revoke(arguments: argparse.Namespace, settings: Settings) -> int:
    since = _moment(arguments.since)
    if not arguments.reason.strip():
        raise CommandFailed("--reason must say why", USED_WRONGLY)
    await prepared(settings)
    store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
    try:
        key = _key(arguments.key, lives(await store.said(SERVICE_TENANT, KIND, MOST)))
        operator = f"operator:{settings.operator or system_user()}"
        told = await tell_revoked(store, key, rfc3339(since), operator, arguments.reason)
    finally:
        await store.close()
    print(f"{named(key)} is revoked since {rfc3339(since)}; said so in {len(told):,} logs")
    return 0


def _key(told: str, known: Mapping[str, KeyLife]) -> VerifierKey:
    """A whole key, or the id of one that the log knows."""
    try:
        found = [life.public for one, life in known.items() if told in (one, one.rpartition("+")[2]) and life.public]
        return VerifierKey.parse(found[0] if found else told)
    except BadNote:
        wanted = "a key as `stateward keys show --all` prints one, or the id of one that it shows"
        raise CommandFailed(f"{told!r} is no key that can be revoked: name {wanted}", USED_WRONGLY) from None


def _moment(told: str | None) -> datetime:
    if told is None:
        return datetime.now(UTC)
    try:
        moment = parse_rfc3339(told)
    except ValueError:
        wanted = "a moment such as 2026-11-20T08:00:00Z"
        raise CommandFailed(f"--since is {wanted}, not {told!r}", USED_WRONGLY) from None
    if moment > datetime.now(UTC):
        raise CommandFailed("--since must not be in the future", USED_WRONGLY)
    return moment
