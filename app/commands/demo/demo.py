"""`stateward demo`: a sample tenant with people and cases, and the service to try it with."""

import argparse
import asyncio
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.commands.demo.colleague import Somebody, working
from app.commands.demo.past import past_cases
from app.commands.demo.people import PEOPLE, TENANT, introduce, one_click
from app.commands.demo.tell import key, tell
from app.commands.demo.welcome import LINES, welcome
from app.commands.keys import new_key
from app.commands.opening.services import declared, prepared, running
from app.commands.serve import serve
from app.commands.terminal.listening import base_url, port_to_listen_on
from app.commands.token import Mint
from app.db.connections.urls import sqlite_file
from app.db.schema.shipped import shipped
from app.services.desk.report import Committed
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
        count, cases = asyncio.run(_sampled(settings, arguments.seed))
        token = partial(_token, mint, secret)
        url = base_url(settings.host, port)
        told = welcome(url, token, cases, count, where)
        somebody = Somebody(url, token, arguments.seed, frozenset(cases.values()))
        with nullcontext() if arguments.no_colleague else working(somebody):
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
    os.environ[f"{PREFIX}DEMO_PEOPLE"] = one_click()
    if settings.jwt_secret is None:
        os.environ["STATEWARD_JWT_SECRET"] = secrets.token_urlsafe(48)
    _sign(load_settings(), folder)
    return load_settings(), where


def _sign(settings: Settings, folder: Path) -> None:
    """With a key that is made on the first start, and checkpoints in a folder, both beside the file of the database."""
    file = sqlite_file(settings.database_url.get_secret_value())
    beside = Path(file) if file else folder / "demo.db"
    if settings.signing_key is None and settings.signing_command is None:
        key = beside.with_name(f"{beside.name}-signing-key")
        if not key.exists():
            new_key("stateward.demo", key)
        os.environ["STATEWARD_SIGNING_KEY_FILE"] = str(key)
    if settings.checkpoints is None:
        os.environ["STATEWARD_CHECKPOINTS"] = str(beside.with_name(f"{beside.name}-checkpoints"))


async def _sampled(settings: Settings, seed: int) -> tuple[int, Mapping[str, str]]:
    """How many sample cases there are, and the ids of those that the lines name."""
    progress = Progress(sys.stderr.isatty())
    progress.say("Reading what is declared ...")
    found = await declared(settings)
    await prepared(settings)
    cases = [case for case in past_cases(datetime.now(UTC), seed) if case.case_type in found.case_types]
    async with running(settings, found) as assembly:
        assembly.tell_committed(progress.committed)
        await introduce(assembly)
        await tell(assembly, cases, progress.of)
        needed = {reference for _, _, reference, _ in LINES}
        named = [key(case.case_type, case.reference) for case in cases if case.reference in needed]
        found_cases = [await assembly.store.case(one) for one in named]
    progress.say("")
    return len(cases), {one.case.reference or "": one.case.id for one in found_cases if one}


class Progress:
    """One line on a terminal that is written over; nothing elsewhere."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._done = self._of = 0

    def say(self, text: str) -> None:
        if self._shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def of(self, done: int, whole: int) -> None:
        self._done, self._of = done, whole
        self._tell()

    def committed(self, batch: Committed) -> None:
        self._done += batch.attempts
        self._tell()

    def _tell(self) -> None:
        self.say(f"Weeks of work go through the desk: {self._done:,} of {self._of:,} acts ...")


def _token(mint: Mint, secret: str, name: str) -> str:
    return mint(secret, TENANT, name, list(PEOPLE[name].held), TOKENS_LAST)
