"""The `stateward` command: what is given on the terminal, and which command that is.

A command loads what it needs when it runs: all of it takes seconds, and `--help` needs nothing.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app import __version__
from app.commands.arguments import TAKES

if TYPE_CHECKING:
    from app.settings import Settings

APPLICATION = "app.worker:application"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the terminal; what it returns is the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code = _done(given)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from app.commands.told import told

        return told(error)


def _done(given: argparse.Namespace) -> int:
    if given.command == "schema":  # an editor asks, whatever is set
        return _schema(given)
    from app.logs import configure_logs_when_needed
    from app.settings import load_settings

    settings = load_settings()
    configure_logs_when_needed(settings)
    done = RUNS[given.command](given, settings)
    if isinstance(done, int):
        return done
    import asyncio

    return int(asyncio.run(done))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stateward", description="Case management that can prove what it did.")
    parser.add_argument("--version", action="version", version=f"stateward {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (told, takes) in TAKES.items():
        takes(commands.add_parser(name, help=told))
    return parser


def _demo(given: argparse.Namespace, settings: "Settings") -> int:
    from app.commands import demo
    from app.http.auth import mint

    return demo.run(given, settings, mint, APPLICATION)


def _serve(given: argparse.Namespace, settings: "Settings") -> int:
    from app.commands import serve

    return serve.run(given, settings, APPLICATION)


def _work(given: argparse.Namespace, settings: "Settings") -> Any:
    from app.commands import work

    return work.run(given, settings)


def _migrate(given: argparse.Namespace, settings: "Settings") -> Any:
    from app.commands import migrate

    return migrate.run(given, settings)


def _check(given: argparse.Namespace, settings: "Settings") -> Any:
    from app.commands import check

    return check.run(given, settings)


def _token(given: argparse.Namespace, settings: "Settings") -> int:
    from app.commands import token
    from app.http.auth import mint

    return token.run(given, settings, mint)


def _policy(given: argparse.Namespace, settings: "Settings") -> Any:
    from app.commands import policy

    return policy.run(given, settings)


def _replay(given: argparse.Namespace, settings: "Settings") -> Any:
    from functools import partial

    from app import in_process
    from app.commands import replay, replay_back_test

    directly = partial(in_process.in_process, settings, given.case_type)
    back_test = partial(replay_back_test.run, given, settings, in_process.attempt)
    return replay.run(given, directly, back_test, partial(in_process.read_attempt, 0))


def _sla(given: argparse.Namespace, settings: "Settings") -> Any:
    from app.commands import sla

    return sla.run(given, settings)


def _diagram(given: argparse.Namespace, settings: "Settings") -> int:
    from app.commands import diagram

    return diagram.run(given, settings)


def _schema(given: argparse.Namespace, _: "Settings | None" = None) -> int:
    from app.commands import schema

    return schema.run(given)


RUNS: dict[str, Callable[[argparse.Namespace, "Settings"], Any]] = {
    "demo": _demo,
    "serve": _serve,
    "work": _work,
    "migrate": _migrate,
    "check": _check,
    "token": _token,
    "policy": _policy,
    "replay": _replay,
    "sla": _sla,
    "diagram": _diagram,
    "schema": _schema,
}
