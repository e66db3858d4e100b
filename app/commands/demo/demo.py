"""`stateward demo`: a sample tenant with people and cases, and the API to try it with."""

import argparse
import asyncio
import os
import secrets
import signal
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.commands.demo.cases import stories
from app.commands.demo.past import past_cases
from app.commands.demo.people import PEOPLE, TENANT
from app.commands.demo.tell import key, tell, tell_past
from app.commands.demo.welcome import LINES, welcome
from app.commands.opening.services import declared, prepared, running
from app.commands.serve import serve
from app.commands.terminal.listening import base_url, port_to_listen_on
from app.commands.token import Mint
from app.db.schema.shipped import shipped
from app.settings import PREFIX, Settings, load_settings

TOKENS_LAST = 12 * 3600


def run(arguments: argparse.Namespace, settings: Settings, mint: Mint, target: str) -> int:
    """Make the sample, then serve it until a signal says stop."""
    port = port_to_listen_on(settings.host, settings.port if arguments.port is None else arguments.port)
    # A stop while the sample is made removes the folder too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="stateward-demo-") as folder:
        settings, where = settled(settings, Path(folder))
        secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
        count, cases = asyncio.run(_sampled(settings))
        token = partial(_token, mint, secret)
        told = welcome(base_url(settings.host, port), token, cases, count, where)
        serve(target, settings.host, port, settings.workers, told)
    return 0


def settled(settings: Settings, folder: Path) -> tuple[Settings, str]:
    """The settings with what the demo makes for itself; the environment hands them to the workers."""
    where = "the database of STATEWARD_DATABASE_URL"
    if "database_url" not in settings.model_fields_set:
        os.environ["STATEWARD_DATABASE_URL"] = f"sqlite:///{folder / 'demo.db'}"
        where = "a database that goes when the demo stops"
    for name in ("machines", "policies"):
        if name not in settings.model_fields_set and not getattr(settings, name).is_dir():
            os.environ[f"{PREFIX}{name.upper()}"] = str(shipped(name))
    os.environ[f"{PREFIX}DEMO"] = "true"
    if settings.jwt_secret is None:
        os.environ["STATEWARD_JWT_SECRET"] = secrets.token_urlsafe(48)
    return load_settings(), where


async def _sampled(settings: Settings) -> tuple[int, Mapping[str, str]]:
    """How many sample cases there are, and the ids of those that the lines name."""
    found = await declared(settings)
    await prepared(settings)
    told = [story for story in stories() if story.case_type in found.case_types]
    async with running(settings, found) as house:
        past = [case for case in past_cases(datetime.now(UTC)) if case.case_type in found.case_types]
        await tell_past(house, past)
        await tell(house, told)
        ids = {}
        for story in told:
            if case := await house.store.case(key(story.case_type, story.reference)):
                ids[story.reference] = case.case.id
    needed = {reference for _, _, reference, _ in LINES}
    return len(ids) + len(past), {reference: found for reference, found in ids.items() if reference in needed}


def _token(mint: Mint, secret: str, name: str) -> str:
    return mint(secret, TENANT, name, list(PEOPLE[name].roles), TOKENS_LAST)
