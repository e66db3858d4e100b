"""`stateward replay`: an event log into cases, over HTTP or straight into the database."""

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from time import monotonic

import httpx

from app.commands.replay_over_http import over_http
from app.services.event_log import read
from app.services.replay import LANES, Submit, replay
from app.services.replay_report import Report

DEFAULT_TENANT = "default"

InProcess = Callable[[str], AbstractAsyncContextManager[Submit]]  # takes the tenant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Replay an event log: each line is {reference, event, actor, roles, at, payload?, reason?, data?}, and the "
        "first line of a reference opens its case. The same log again changes nothing for 24 hours."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, also gzipped (.gz)")
    parser.add_argument("--case-type", required=True, metavar="NAME", help="the case type of all cases in it")
    parser.add_argument("--url", help="a running service, such as http://127.0.0.1:8000 (left out: in this process)")
    parser.add_argument("--token", help="a token with role:admin, for --url")
    parser.add_argument("--tenant", default=DEFAULT_TENANT, help="in this process only; over HTTP the token names it")
    parser.add_argument("--lanes", type=int, default=LANES, help="requests in flight; a case stays in one lane")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the counts there as JSON")


async def run(arguments: argparse.Namespace, in_process: InProcess) -> int:
    """0: every line was answered, refusals included; 1: it ended early; 2: used wrongly."""
    if problem := misuse(arguments):
        print(f"stateward replay: {problem}", file=sys.stderr)
        return 2
    chosen = over_http(arguments.url, arguments.token) if arguments.url else in_process(arguments.tenant)
    with opened(arguments.file) as lines:
        async with chosen as submit:
            events = read(arguments.case_type, lines, str(arguments.file))
            report = await replay(events, submit, lanes=arguments.lanes, progress=progress())
    return told(report, arguments)


def misuse(arguments: argparse.Namespace) -> str | None:
    if not arguments.file.is_file():
        return f"there is no file {arguments.file}; give an event log of JSON lines."
    if arguments.report and (arguments.report.is_dir() or not arguments.report.parent.is_dir()):
        return f"--report is a file in a folder that exists, not {arguments.report}."
    if not 1 <= arguments.lanes <= 64:
        return "--lanes is a number from 1 to 64."
    if arguments.token and not arguments.url:
        return "--token belongs to --url; give both, or neither to replay in this process."
    if not arguments.url:
        return None
    if not arguments.token:
        return "--url needs --token; `stateward token --tenant T --user U --role admin` prints one."
    return None if is_http(arguments.url) else f"--url is the address of a service, not {arguments.url!r}."


def is_http(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
        yield stream


def progress() -> Callable[[Report], None]:
    """One line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda _: None
    began = monotonic()

    def show(report: Report) -> None:
        speed = report.events / max(monotonic() - began, 0.001)
        print(
            f"\r\x1b[K{report.events:,} events, {report.refused.total():,} refused, {speed:,.0f}/s",
            end="",
            file=sys.stderr,
            flush=True,
        )

    return show


def told(report: Report, arguments: argparse.Namespace) -> int:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print("\n".join(summary(report)))
    if arguments.report:
        arguments.report.write_text(json.dumps(report.to_json(), indent=2) + "\n")
    if report.stopped is None:
        return 0
    print(f"stateward replay: {report.stopped}", file=sys.stderr)
    return 1


def summary(report: Report) -> Iterator[str]:
    told = report.to_json()
    yield f"{told['events']:,} events of {told['cases']:,} cases in {told['seconds']:.1f} s"
    yield f"{told['events_per_second']:,.0f} events per second"
    yield f"accepted  {told['accepted']:>10,}"
    yield f"refused   {sum(told['refused'].values()):>10,}"
    for code, count in told["refused"].items():
        yield f"  {code:<24} {count:>10,}"
    yield "final states"
    for state, count in told["final_states"].items():
        yield f"  {state:<40} {count:>10,}"
