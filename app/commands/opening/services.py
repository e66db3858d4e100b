"""Open the services for a command, from the settings and the declared folders."""

import errno
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from app.commands.migrate import migrated
from app.commands.opening.beside_cases import read_beside_cases
from app.commands.opening.declared import Declared, read_folders
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.db import open_store
from app.db.blobs.checkpoints import CheckpointFolder
from app.db.blobs.folder import AttachmentFolder
from app.db.schema.migrate import schema_problem
from app.db.sqlite.tick_lock import TickLock
from app.policy.engine import PolicyEngine
from app.scanners.naming import scanner_of
from app.scheduler import Ticks
from app.services.assembly import Assembly
from app.services.fairness.limits import ProcessLimits
from app.services.log.export_jobs import Beside, ExportLimits, Maker
from app.services.log.signing import Place, Signing
from app.services.log.watches import WatchLimits
from app.services.work.uploads import AttachmentLimits
from app.settings import PREFIX, Settings, system_user
from app.signers.naming import signer_of

LOOPS = 2
"""Transactions that fire side by side on PostgreSQL: one decides while the other commits."""


async def declared(settings: Settings, *, warned: bool = False) -> Declared:
    """The folders, without errors; what `check` would say goes to stderr, without notes, and warnings only once.

    Only where something is wrong is the database asked whether it is right for the cases that it has.
    """
    _check_folder("machines", settings.machines)
    _check_folder("policies", settings.policies)
    found = read_folders(settings.machines, settings.policies)
    if found.errors:
        found = await read_beside_cases(settings, settings.machines, settings.policies)
    for fault in found.errors if warned else found.faults:
        if fault.severity != "note":
            print(fault, file=sys.stderr)
    if found.errors:
        raise CommandFailed(f"cannot start with {len(found.errors)} errors in machines and policies; mend them first")
    return found


def _check_folder(name: str, folder: Path) -> None:
    if not folder.is_dir():
        wanted = Settings.model_fields[name].description
        raise CommandFailed(f"{PREFIX}{name.upper()} must be {wanted}, but {folder} is no folder", USED_WRONGLY)


async def prepared(settings: Settings) -> None:
    """A schema to work on: SQLite is migrated, PostgreSQL only looked at."""
    url = settings.database_url.get_secret_value()
    if is_sqlite(settings):
        await migrated(url)
    elif problem := await schema_problem(url):
        raise CommandFailed(problem)


def build(settings: Settings, maker: Maker | None = None, checker: Beside | None = None) -> Assembly:
    """The services on the database of the settings; not connected yet. `maker`: of exports, where some are made;
    `checker`: of the log, where it is checked now and then."""
    folder = attachments_of(settings)
    store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
    desks, operator = 1 if is_sqlite(settings) else 2, f"operator:{settings.operator or system_user()}"
    limits, watches = settings.part(ProcessLimits), settings.part(WatchLimits)
    attachments = settings.part(AttachmentLimits)
    sealing, scanner = settings.sealing_secret, scanner_of(settings.scan) if settings.scan else None
    assembly = partial(Assembly, signing=signing_of(settings), place=place_of(settings), maker=maker)
    assembly = partial(assembly, checker=checker, exports=settings.part(ExportLimits))
    return assembly(store, PolicyEngine(), desks, attachments, folder, watches, limits, operator, sealing, scanner)


def signing_of(settings: Settings) -> Signing | None:
    return signer_of(settings.signing_key, settings.signing_command)


def attachments_of(settings: Settings) -> AttachmentFolder | None:
    """Where new files go; without a folder they go into the database."""
    return None if settings.attachments is None else AttachmentFolder(_folder("attachments", settings.attachments))


def place_of(settings: Settings) -> Place | None:
    """Where checkpoints are published, once there is somebody to sign them."""
    if settings.checkpoints is None or signing_of(settings) is None:
        return None
    if isinstance(settings.checkpoints, Path):
        return CheckpointFolder(_folder("checkpoints", settings.checkpoints))
    from app.signers.checkpoint_url import CheckpointUrl  # who publishes to a folder needs no client of HTTP

    return CheckpointUrl(str(settings.checkpoints))


def _folder(name: str, path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CommandFailed(
            f"{PREFIX}{name.upper()} must be a folder that the service may write, but {path} is none:"
            f" {error.strerror}.",
            USED_WRONGLY,
        ) from None
    return path


@asynccontextmanager
async def running(
    settings: Settings, found: Declared, maker: Maker | None = None, checker: Beside | None = None
) -> AsyncIterator[Assembly]:
    """The services of this process, started."""
    assembly = build(settings, maker, checker)
    async with assembly.running(found.case_types, found.calendars, found.policies):
        yield assembly


@asynccontextmanager
async def ticking(assembly: Assembly, settings: Settings, *, fires: bool) -> AsyncIterator[None]:
    """The ticks of this process. Of several on one SQLite file one fires; on PostgreSQL all do."""
    lock = TickLock(settings.database_url.get_secret_value())
    ticks = Ticks(assembly, fires=fires, loops=1 if is_sqlite(settings) else LOOPS, is_my_turn=lock.is_mine)
    ticks.start()
    try:
        yield
    finally:
        await ticks.stop()
        lock.give_up()


def is_sqlite(settings: Settings) -> bool:
    return settings.database_url.get_secret_value().startswith("sqlite")
