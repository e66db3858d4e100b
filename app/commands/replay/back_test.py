"""`stateward replay --clock log`: what the clocks of a case type would have said of a log, in a scratch database."""

import argparse
import csv
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from app.commands.opening.declared import Declared
from app.commands.opening.services import declared
from app.commands.replay.back_test_log import LogByCase
from app.commands.replay.telling import opened, progress, summary
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed, no_such_case_type
from app.db import open_store
from app.db.schema.migrate import migrate
from app.domain.case.attempt import Attempt
from app.domain.values.json import JsonObject
from app.domain.values.rfc3339 import near, parse_date, parse_rfc3339, rfc3339
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.replay.back_test import BY_LOG, BackTest
from app.services.replay.back_test_report import BREACH, in_words
from app.services.replay.event_log import BadLine, LoggedEvent, read
from app.services.replay.replay import BadAttempt
from app.settings import Settings

AttemptOf = Callable[[str, JsonObject], Attempt]  # takes the tenant


async def run(arguments: argparse.Namespace, settings: Settings, attempt_of: AttemptOf) -> int:
    """0 whatever the clocks say; CommandFailed where the log cannot be read."""
    found = await declared(settings)
    if arguments.case_type not in found.case_types:
        raise no_such_case_type(arguments.case_type, found.case_types)
    began = monotonic()
    with _by_case(arguments, attempt_of) as log:
        until = _until(arguments.until, log)
        async with scratch(found) as assembly:
            test = BackTest(assembly, until, keep_breaches=arguments.breaches is not None)
            await test.run(log.lives(), progress(log.lines))
    test.report.seconds = monotonic() - began
    _tell(test, arguments, has_clocks=bool(found.case_types[arguments.case_type].slas))
    return 0


@asynccontextmanager
async def scratch(found: Declared) -> AsyncIterator[Assembly]:
    """The services on a database that is gone afterwards, whatever the settings name."""
    with TemporaryDirectory(prefix="stateward-back-test-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'scratch.db'}"
        await migrate(url)
        assembly = Assembly(open_store(url), PolicyEngine(), desks=1)
        async with assembly.running(found.case_types, found.calendars, found.policies):
            yield assembly


@contextmanager
def _by_case(arguments: argparse.Namespace, attempt_of: AttemptOf) -> Iterator[LogByCase]:
    """The whole log, looked at before anything happens."""

    def read_line(event: LoggedEvent) -> Attempt:
        try:
            return attempt_of(arguments.tenant, {k: v for k, v in event.attempt.items() if k not in BY_LOG})
        except BadAttempt as bad:
            raise CommandFailed(f"{arguments.file}:{event.number}: {bad}") from None

    with TemporaryDirectory(prefix="stateward-log-") as folder:
        log = LogByCase(arguments.case_type, str(arguments.file), read_line, Path(folder))
        try:
            with opened(arguments.file) as lines:
                _keep_all(log, arguments, lines)
            yield log
        finally:
            log.close()


def _keep_all(log: LogByCase, arguments: argparse.Namespace, lines: Iterator[str]) -> None:
    try:
        for event in read(arguments.case_type, lines, str(arguments.file)):
            log.keep(event)
    except BadLine as bad:
        raise CommandFailed(str(bad)) from None
    if not log.lines:
        raise CommandFailed(f"{arguments.file} holds no events")


def _until(written: str | None, log: LogByCase) -> datetime:
    """A moment, or the end of a day in UTC; the log's last event where nothing is given."""
    last = log.last
    assert last is not None
    if written is None:
        return last
    try:
        until = _moment(written)
    except (ValueError, OverflowError):
        raise CommandFailed(f"--until is a day such as 2026-12-31 or an RFC 3339 time, not {written}", 2) from None
    if until < last:
        raise CommandFailed(f"--until lies before the last event of the log, which is of {rfc3339(last)}", USED_WRONGLY)
    return until


def _moment(written: str) -> datetime:
    if len(written) > len("2026-12-31"):
        return near(parse_rfc3339(written))
    day = parse_date(written) + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _tell(test: BackTest, arguments: argparse.Namespace, *, has_clocks: bool) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print("\n".join(summary(test.report)))
    if has_clocks:
        print("\n".join(in_words(test.judged)))
    else:
        print(f"{arguments.case_type} declares no clocks, so there is nothing to judge; add `slas` to its file")
    if arguments.report:
        whole = {**test.report.to_json(), **test.judged.to_json()}
        arguments.report.write_text(json.dumps(whole, indent=2) + "\n")
    if arguments.breaches:
        with arguments.breaches.open("w", newline="") as stream:
            rows = csv.DictWriter(stream, BREACH)
            rows.writeheader()
            rows.writerows(test.judged.by_moment())
