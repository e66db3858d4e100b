"""`stateward replay`: an event log into cases, over HTTP or straight into the database."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import httpx

from app.commands.replay.over_http import over_http
from app.commands.replay.telling import lines_in, opened, progress, summary
from app.commands.terminal.interrupting import ToldToStop, until_told_to_stop
from app.domain.values.json import JsonObject
from app.services.replay.event_log import BadLine, LoggedEvent, looked_at, read
from app.services.replay.replay import LANES, BadAttempt, Submit, replay
from app.services.replay.report import Report

InProcess = Callable[[str], AbstractAsyncContextManager[Submit]]  # takes the tenant
BackTest = Callable[[], Awaitable[int]]
Readable = Callable[[JsonObject], object]  # raises BadAttempt


async def run(
    arguments: argparse.Namespace, in_process: InProcess, back_test: BackTest, readable: Readable = lambda _: None
) -> int:
    """0: every line was answered, refusals included; 1: it ended early; 2: used wrongly; 130, 143: told to stop."""
    if problem := misuse(arguments):
        print(f"stateward replay: {problem}", file=sys.stderr)
        return 2
    if arguments.check:
        return checked(arguments, readable)
    if arguments.clock:
        return await back_test()
    report = Report()
    try:
        await until_told_to_stop(_replayed(arguments, in_process, report))
    except ToldToStop as by:
        report.stopped = f"told to stop by {by}; what is counted was answered, start it again to go on."
        print_report(report, arguments)
        return 128 + by.signal
    return print_report(report, arguments)


async def _replayed(arguments: argparse.Namespace, in_process: InProcess, report: Report) -> None:
    url, case_type = arguments.url, arguments.case_type
    chosen = over_http(url, arguments.token, case_type=case_type) if url else in_process(arguments.tenant)
    with opened(arguments.file) as lines:
        async with chosen as submit:
            events = read(case_type, lines, str(arguments.file))
            telling = progress(lines_in(arguments.file))
            await replay(events, submit, lanes=_lanes(arguments), progress=telling, report=report)


def checked(arguments: argparse.Namespace, readable: Readable) -> int:
    """Whether each line can be read and sent; every one that cannot is told."""
    faults = count = 0
    with opened(arguments.file) as lines:
        for event in looked_at(arguments.case_type, lines, str(arguments.file)):
            count += 1
            if fault := str(event) if isinstance(event, BadLine) else _unreadable(event, readable):
                faults += 1
                print(fault, file=sys.stderr)
    print(f"{count:,} lines, {faults:,} of them with a fault; nothing was sent")
    return 1 if faults else 0


def _unreadable(event: LoggedEvent, readable: Readable) -> str | None:
    try:
        readable(event.attempt)
    except BadAttempt as bad:
        return f"{event.place}: {bad}"
    return None


def misuse(arguments: argparse.Namespace) -> str | None:
    if not arguments.file.is_file():
        return f"there is no file {arguments.file}; give an event log of JSON lines."
    for name, path in (("report", arguments.report), ("breaches", arguments.breaches)):
        if path and (path.is_dir() or not path.parent.is_dir()):
            return f"--{name} is a file in a folder that exists, not {path}."
    if (arguments.until or arguments.breaches) and not arguments.clock:
        return "--until and --breaches belong to --clock log; give it, or leave them out."
    if arguments.clock and arguments.url:
        return "--clock log runs in a scratch database of this process; leave out --url and --token."
    if not 1 <= _lanes(arguments) <= 64:
        return "--lanes is a number from 1 to 64."
    if arguments.token and not arguments.url:
        return "--token belongs to --url; give both, or neither to replay in this process."
    if not arguments.url:
        return None
    if not arguments.token:
        return "--url needs --token; `stateward token --tenant T --user U --role admin` prints one."
    return None if is_http(arguments.url) else f"--url is the address of a service, not {arguments.url!r}."


def _lanes(arguments: argparse.Namespace) -> int:
    return LANES if arguments.lanes is None else int(arguments.lanes)


def is_http(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def print_report(report: Report, arguments: argparse.Namespace) -> int:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print("\n".join(summary(report)))
    if arguments.report:
        arguments.report.write_text(json.dumps(report.to_json(), indent=2) + "\n")
    if report.stopped is None:
        return 0
    print(f"stateward replay: {report.stopped}", file=sys.stderr)
    return 1
