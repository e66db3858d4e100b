"""What each command of the terminal takes. Only words: a command loads what it needs when it runs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.commands.export_arguments import export, verify

DRAWN_AS: Final = ("mermaid", "svg")
KINDS: Final = ("case_type", "part", "calendar")


def demo(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Serve sample people and cases, on an address to open and with lines to paste. Now and then one of the people "
        "does something, so that you see live updates. The database is a file that is removed at the end, unless "
        "STATEWARD_DATABASE_URL names one: there the cases stay."
    )
    parser.add_argument("--port", type=port_number, help="a port, 0 for any free one (STATEWARD_PORT)")
    parser.add_argument("--seed", type=int, default=1, help="another sample; the same for a seed and a day (default 1)")
    parser.add_argument("--no-colleague", action="store_true", help="nobody works on cases but you")


def serve(parser: argparse.ArgumentParser) -> None:
    parser.description = "Serve the HTTP API. SQLite is migrated first; PostgreSQL needs `stateward migrate` before."
    parser.add_argument("--host", help="an address to listen on (STATEWARD_HOST)")
    parser.add_argument("--port", type=port_number, help="a port, 0 for any free one (STATEWARD_PORT)")
    parser.add_argument("--workers", type=number_of_workers, help="processes (STATEWARD_WORKERS)")
    parser.add_argument("--no-scheduler", action="store_true", help="serve without ticks (STATEWARD_SCHEDULER=false)")


def work(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fire what is due, without the HTTP API: beside `stateward serve --no-scheduler`. Any number may work on one "
        "PostgreSQL. SQLite is migrated first; PostgreSQL needs `stateward migrate` before."
    )


def migrate(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Migrate the database of STATEWARD_DATABASE_URL, connecting with STATEWARD_MIGRATE_URL where that is set. "
        "On PostgreSQL it also makes the roles stateward_owner and stateward_service."
    )


def check(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check case types, calendars and policies, beside the cases of STATEWARD_DATABASE_URL where it is there. "
        "Exit 0: no errors (warnings and notes do not count), 1: errors."
    )
    parser.add_argument("machines", nargs="?", type=Path, help="the folder of case types (STATEWARD_MACHINES)")
    parser.add_argument("policies", nargs="?", type=Path, help="the folder of policies (STATEWARD_POLICIES)")


def token(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print a token for a user of a tenant. Bare names become user:NAME and role:NAME."
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--role", action="append", default=[], help="may be given several times")
    parser.add_argument("--ttl", default="1h", help="how long it is valid: 90s, 15m, 8h, 30d (default 1h)")


def person(parser: argparse.ArgumentParser) -> None:
    parser.description = "People of a tenant, as the pages know them. A password is asked for, or read from stdin."
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|disable|enable|password")
    add = _person(actions, "add", "somebody who may sign in to the pages")
    add.add_argument("--name", help="what the pages call them, such as 'Ada Lund' (left out: NAME)")
    add.add_argument("--address", help="an e-mail address")
    add.add_argument("--zone", help="a time zone such as Europe/Berlin (left out: UTC, until they choose one)")
    add.add_argument("--language", help="en or de (left out: en, until they choose one)")
    add.add_argument(
        "--role", action="append", default=[], help="a role that the policy is to give them; several may be"
    )
    add.add_argument("--no-password", action="store_true", help="for those who sign in at an issuer")
    _reads_password(add)
    listing = actions.add_parser("list", help="all of a tenant, as tab-separated lines")
    listing.add_argument("--tenant", required=True)
    _person(actions, "disable", "sign somebody out everywhere, and let them in no more")
    _person(actions, "enable", "let somebody in again")
    password = _person(actions, "password", "set a new password, which signs them out everywhere")
    password.add_argument("--no-one-time", action="store_true", help="and switch one-time passwords off: a lost phone")
    _reads_password(password)


def _person(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, told: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=told)
    parser.add_argument("subject", metavar="NAME", help="as the policy and the log name them: NAME, or user:NAME")
    parser.add_argument("--tenant", required=True)
    return parser


def _reads_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="read the password from the first line of stdin")


def keys(parser: argparse.ArgumentParser) -> None:
    parser.description = "Keys that sign checkpoints of the log. What `show` prints is for auditors: it signs nothing."
    actions = parser.add_subparsers(dest="action", required=True, metavar="new|show|revoke")
    new = actions.add_parser("new", help="make a key")
    new.add_argument("--name", default="stateward", help="what the logs are called, such as cases.example.com")
    new.add_argument("file", type=Path, metavar="FILE", help="a new file for the key, which only you may read then")
    show = actions.add_parser("show", help="print the public half of the keys of STATEWARD_SIGNING_KEY")
    show.add_argument(
        "--all", action="store_true", help="every key that the log knows, with from, until and revoked: for auditors"
    )
    revoke = actions.add_parser("revoke", help="say in every log that what a key signs counts no more")
    revoke.add_argument("key", metavar="KEY", help="as `keys show --all` prints it, or its id")
    revoke.add_argument("--reason", required=True, help="why, for the log")
    revoke.add_argument("--since", metavar="WHEN", help="the moment from which nobody should trust it (default: now)")


def audit(parser: argparse.ArgumentParser) -> None:
    parser.description = "The log of the database of STATEWARD_DATABASE_URL."
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|restored|witness")
    actions.add_parser("check", help="entries, chains, tree, checkpoints, cases; exit 1 where something is wrong")
    restored = actions.add_parser("restored", help="say in the log that a backup was restored, so that it is signed on")
    restored.add_argument("--reason", required=True, help="why, for the log")
    witness = actions.add_parser("witness", help="add to a checkpoint what a witness of STATEWARD_WITNESSES signed")
    witness.add_argument("--tenant", required=True)
    witness.add_argument("--size", type=int, help="of the checkpoint of so many entries (default: the newest)")
    witness.add_argument("file", metavar="FILE", help="with the line of the witness, or the note with it; - is stdin")


def policy(parser: argparse.ArgumentParser) -> None:
    parser.description = "The living policy is in the database; files seed it once."
    actions = parser.add_subparsers(dest="action", required=True, metavar="apply|show|verify")
    apply = actions.add_parser("apply", help="replace the lines that came from these files by what they say now")
    apply.add_argument("files", nargs="*", type=Path, metavar="FILE", help="(default: all of STATEWARD_POLICIES)")
    show = actions.add_parser("show", help="print the lines in force")
    show.add_argument("--tenant", help="only the lines that hold in this tenant")
    verify = actions.add_parser("verify", help="hold every line against the log; exit 1 where one has no entry")
    verify.add_argument("--tenant", help="only the lines of this tenant (* for those of all)")


def replay(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Replay an event log: each line is {reference, event, actor, roles, at, payload?, reason?, data?}, and the "
        "first line of a reference opens its case. The same log again changes nothing for 24 hours. With --clock log "
        "it is a back-test: events happen at the log's own time in a scratch database, a temporary SQLite file that is "
        "gone afterwards and never the one of the settings, and the report says what the clocks would have said."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, also gzipped (.gz)")
    parser.add_argument("--case-type", required=True, metavar="NAME", help="the case type of all cases in it")
    parser.add_argument("--url", help="a running service, such as http://127.0.0.1:8000 (left out: in this process)")
    parser.add_argument("--token", help="a token with role:admin, for --url")
    parser.add_argument("--tenant", default="default", help="in this process only; over HTTP the token names it")
    parser.add_argument("--lanes", type=int, help="requests in flight; a case stays in one lane")
    parser.add_argument("--check", action="store_true", help="look at every line of the file, and send nothing")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the counts there as JSON")
    parser.add_argument(
        "--clock", choices=["log"], help="judge the clocks by the log's own time, in a scratch database"
    )
    parser.add_argument(
        "--until", metavar="DAY", help="with --clock: judge on that day (left out: the last event's time)"
    )
    parser.add_argument("--breaches", type=Path, metavar="FILE", help="with --clock: write there as CSV what was late")


def sla(parser: argparse.ArgumentParser) -> None:
    parser.description = "The clocks are caches of what the log says: see that they are, or correct what they count by."
    actions = parser.add_subparsers(dest="action", required=True, metavar="verify|correct")
    verify = actions.add_parser("verify", help="rebuild every clock from the log; exit 1 where one differs")
    verify.add_argument("--repair", action="store_true", help="replace what differs by what the log says")
    correct = actions.add_parser("correct", help="show what a calendar of the past would change, and apply it")
    correct.add_argument("calendar", metavar="CALENDAR", help="of machines/calendars/CALENDAR.yaml")
    correct.add_argument("--apply", action="store_true", help="put it in force, with an entry in each case it changes")
    correct.add_argument("--reason", help="why, for the log; needed with --apply")
    correct.add_argument("--by", default="user:operator", metavar="user:NAME", help="who says so (user:operator)")
    correct.add_argument("--wait", type=int, help=argparse.SUPPRESS)


def diagram(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print the state diagram of a case type."
    parser.add_argument("case_type", metavar="CASE_TYPE")
    parser.add_argument("--format", choices=DRAWN_AS, default="mermaid")


def schema(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the JSON Schema of a case type's file, of a part's or of a calendar's, for an editor to complete and "
        "check it by. "
        "It refers to nothing outside itself, so no internet is needed."
    )
    parser.add_argument("kind", nargs="?", choices=KINDS, default="case_type", help="(default: case_type)")


def port_number(text: str) -> int:
    return _within(text, 0, 65535)


def number_of_workers(text: str) -> int:
    return _within(text, 1, 256)


def _within(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be a number from {least} to {most}, not {text!r}")
    return int(text)


TAKES: Final[dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]] = {
    "demo": ("a sample tenant with people and cases, and the API to try it with", demo),
    "serve": ("the HTTP API, in one process or several", serve),
    "work": ("the scheduler alone, which fires what is due", work),
    "migrate": ("bring the database to the schema of this release", migrate),
    "check": ("every fault in machines, calendars and policies, with file, line and what to do", check),
    "token": ("a bearer token that our own secret signs", token),
    "person": ("people of a tenant: add, list, disable, enable, set a password", person),
    "keys": ("make a key that signs checkpoints of the log, or show its public half", keys),
    "audit": ("hold the log against itself, or say in it that a backup was restored", audit),
    "policy": ("show the policy in force, put a changed file in force, or hold it against the log", policy),
    "replay": ("an event log into cases, over HTTP or straight into the database", replay),
    "sla": ("hold every clock against the log, and correct a calendar for a time that has passed", sla),
    "export": ("a tenant's log as a file that proves itself, or for a spreadsheet", export),
    "verify": ("an export, offline: whether it is what was recorded, and where it is not", verify),
    "diagram": ("draw a case type", diagram),
    "schema": ("what a case type or a calendar may hold, for editors", schema),
}
"""Each command, in the order in which `--help` tells them."""
