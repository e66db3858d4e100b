"""`stateward export`: a tenant's log as a file that proves itself, or as one for a spreadsheet or a program."""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from app.commands.opening.files import StoredFiles
from app.commands.opening.services import attachments_of, prepared, signing_of
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.commands.terminal.going import going
from app.db import open_store
from app.domain.values.names import SERVICE_TENANT, TENANT
from app.domain.values.rfc3339 import DATE, parse_date, parse_rfc3339
from app.exports.access import day_of
from app.exports.extras import Missing, library
from app.exports.registry import WRITES
from app.exports.sidecar import sidecar
from app.policy.engine import PolicyEngine
from app.services.log.enclosed_files import NoFiles
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import PROVE_THEMSELVES, Asked, EmptyLog, Exports, Extract, NoCases
from app.services.log.sampling import Draw
from app.services.log.signing import SigningFailed
from app.settings import Settings, system_user
from app.verify.verify import BESIDE

STDOUT = Path("-")
OF_ONE_CASE = ("html", "pdf")


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    during, wanted = _during(arguments), _filter(arguments)
    if arguments.format in OF_ONE_CASE and len(wanted.cases) != 1:
        raise CommandFailed(f"--format {arguments.format} is of one case: name it with --case ID", USED_WRONGLY)
    if during is not None and (wanted or arguments.sample is not None):
        raise CommandFailed("--format access is of everybody: it takes --at, and no filter", USED_WRONGLY)
    asked = Asked(
        tenant=_tenant(arguments.tenant),
        wanted=wanted if during is None else replace(wanted, until=during[1]),
        during=during,
        format=arguments.format,
        operator=f"operator:{settings.operator or system_user()}",
        keys=_keys(settings),
        unsigned=arguments.unsigned,
        draw=_draw(arguments),
        language=arguments.language,
    )
    if arguments.files and asked.format not in PROVE_THEMSELVES:
        raise CommandFailed(f"--files goes into a zip, and {asked.format} is none", USED_WRONGLY)
    try:
        library(asked.format)
    except Missing as error:
        raise CommandFailed(str(error)) from None
    await prepared(settings)
    beside = None
    with _written(arguments.out) as out:
        store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
        try:
            exports = Exports(store)
            extract = await exports.begin(asked, going("entries"))
            extract.files = StoredFiles(store, attachments_of(settings)) if arguments.files else None
            await WRITES[asked.format](extract, out, PolicyEngine())
            if arguments.out != STDOUT and asked.format not in PROVE_THEMSELVES:
                beside = await _sidecar(extract, out, settings)
            await exports.made(extract)
        except EmptyLog:
            raise CommandFailed(f"the log of {asked.tenant} is empty: is that the name of the tenant?") from None
        except NoCases:
            raise CommandFailed("no case has an entry that is asked for") from None
        except (NoFiles, SigningFailed) as error:
            raise CommandFailed(str(error)) from None
        finally:
            await store.close()
    if beside is not None:
        with _written(arguments.out.with_name(f"{arguments.out.name}{BESIDE}")) as out:
            out.write(beside)
    _tell(extract, arguments.out)
    return 0


async def _sidecar(extract: Extract, out: IO[bytes], settings: Settings) -> bytes:
    out.seek(0)
    digest = hashlib.file_digest(out, "sha256")  # type: ignore[arg-type]  # a file of ours, which is read and written
    return await sidecar(extract, digest.hexdigest(), out.tell(), signing_of(settings))


@contextmanager
def _written(out: Path) -> Iterator[IO[bytes]]:
    """A file that has its name only once it is whole, and that nobody else may read: it holds what people said."""
    if out == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        opened = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}", USED_WRONGLY) from None
    try:
        with open(opened, "w+b", buffering=1 << 20) as file:
            yield file
        part.replace(out)
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _tell(extract: Extract, out: Path) -> None:
    of = "all" if len(extract.kept) == extract.size else f"{len(extract.kept):,} of"
    told = f"{of} {extract.size:,} entries of {extract.asked.tenant}"
    if extract.sample is not None:
        told += f", {len(extract.sample.cases):,} of {extract.sample.population:,} cases"
    print(f"{told}: {'written' if out == STDOUT else out}", file=sys.stderr)


def _keys(settings: Settings) -> Sequence[str]:
    """Those that are set here; where none is, an auditor has to have them from elsewhere, as they should."""
    signing = signing_of(settings)
    return [str(key) for key in signing.verifiers] if signing else []


def _during(arguments: argparse.Namespace) -> tuple[datetime, datetime] | None:
    """The day that is asked about, or the moment; today where none is named."""
    if arguments.format != "access":
        if arguments.at is not None:
            raise CommandFailed("--at is of --format access", USED_WRONGLY)
        return None
    at = _moment("--at", arguments.at) or datetime.now(UTC)
    whole_day = arguments.at is None or DATE.fullmatch(arguments.at)
    return day_of(at) if whole_day else (at, at + timedelta(microseconds=1))


def _draw(arguments: argparse.Namespace) -> Draw | None:
    if arguments.sample is None and arguments.seed is None:
        return None
    if arguments.sample is None or arguments.seed is None or arguments.sample < 1:
        wanted = "--sample N and --seed TEXT go together: the same text draws the same cases again"
        raise CommandFailed(wanted, USED_WRONGLY)
    return Draw(arguments.sample, arguments.seed)


def _filter(arguments: argparse.Namespace) -> ExportFilter:
    return ExportFilter(
        case_types=frozenset(arguments.case_type),
        cases=frozenset(one.lower() for one in arguments.case),
        actors=frozenset(one if ":" in one else f"user:{one}" for one in arguments.actor),
        kinds=frozenset(arguments.kind),
        since=_moment("--from", arguments.since),
        until=_moment("--to", arguments.until),
    )


def _moment(option: str, told: str | None) -> datetime | None:
    """A day is its beginning in UTC."""
    if told is None:
        return None
    try:
        day = parse_date(told)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        pass
    try:
        return parse_rfc3339(told)
    except ValueError:
        wanted = "a day such as 2026-11-20, or a moment such as 2026-11-20T08:00:00Z"
        raise CommandFailed(f"{option} is {wanted}, not {told!r}", USED_WRONGLY) from None


def _tenant(told: str) -> str:
    if told != SERVICE_TENANT and not TENANT.fullmatch(told):
        raise CommandFailed(f"--tenant is a name in lower case, not {told!r}", USED_WRONGLY)
    return told
