"""The `stateward` command: what is given on the terminal, and which command that is.

A command loads what it needs when it runs: all of it takes seconds, and `--help` needs nothing.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from app import __version__
from app.commands.arguments import TAKES

if TYPE_CHECKING:
    from app.settings import Settings

    Run = Callable[[argparse.Namespace, Settings], Any]

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
        from app.commands.terminal.exit_code import exit_code_of

        return exit_code_of(error)


def _done(given: argparse.Namespace) -> int:
    settings, run = _loaded(given.command)
    done = run(given, settings)
    if isinstance(done, int):
        return done
    import asyncio

    return int(asyncio.run(done))


def _loaded(command: str) -> tuple[Any, "Run"]:
    """What is loaded stays: that the garbage collector looks through it meanwhile is a tenth of all that it takes."""
    gc.disable()
    try:
        settings = None if command in WITHOUT_SETTINGS else _settings()
        return settings, RUNS[command]()
    finally:
        gc.enable()


def _settings() -> "Settings":
    from app.logs import configure_logs_when_needed
    from app.settings import load_settings

    settings = load_settings()
    configure_logs_when_needed(settings)
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stateward", description="Case management that can prove what it did.")
    parser.add_argument("--version", action="version", version=f"stateward {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (about, takes) in TAKES.items():
        takes(commands.add_parser(name, help=about))
    return parser


def _demo() -> "Run":
    from app.commands.demo import demo
    from app.http.sign_in.own_tokens import mint

    return lambda given, settings: demo.run(given, settings, mint, APPLICATION)


def _serve() -> "Run":
    from app.commands import serve

    return lambda given, settings: serve.run(given, settings, APPLICATION)


def _work() -> "Run":
    from app.commands import work

    return work.run


def _migrate() -> "Run":
    from app.commands import migrate

    return migrate.run


def _check() -> "Run":
    from app.commands import check

    return check.run


def _token() -> "Run":
    from app.commands import token
    from app.http.sign_in.own_tokens import mint

    return lambda given, settings: token.run(given, settings, mint)


def _person() -> "Run":
    from app.commands import person

    return person.run


def _keys() -> "Run":
    from app.commands import keys

    return keys.run


def _audit() -> "Run":
    from app.commands import audit

    return audit.run


def _policy() -> "Run":
    from app.commands import policy

    return policy.run


def _replay() -> "Run":
    from app import in_process
    from app.commands.replay import back_test as replay_back_test
    from app.commands.replay import replay

    def run(given: argparse.Namespace, settings: "Settings") -> Any:
        directly = partial(in_process.in_process, settings, given.case_type)
        back_test = partial(replay_back_test.run, given, settings, in_process.attempt)
        return replay.run(given, directly, back_test, partial(in_process.read_attempt, 0))

    return run


def _sla() -> "Run":
    from app.commands import sla

    return sla.run


def _export() -> "Run":
    from app.commands import export

    return export.run


def _verify() -> "Run":
    from app.commands import verify

    return lambda given, _: verify.run(given)


def _diagram() -> "Run":
    from app.commands import diagram

    return diagram.run


def _schema() -> "Run":
    from app.commands import schema

    return lambda given, _: schema.run(given)


RUNS: dict[str, Callable[[], "Run"]] = {
    "demo": _demo,
    "serve": _serve,
    "work": _work,
    "migrate": _migrate,
    "check": _check,
    "token": _token,
    "person": _person,
    "keys": _keys,
    "audit": _audit,
    "policy": _policy,
    "replay": _replay,
    "sla": _sla,
    "export": _export,
    "verify": _verify,
    "diagram": _diagram,
    "schema": _schema,
}
WITHOUT_SETTINGS = frozenset({"schema", "verify"})
"""An editor asks for one, an auditor without a service for the other, whatever is set."""
