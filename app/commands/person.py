"""`stateward person`: people of a tenant, as the pages know them."""

import argparse
import getpass
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from app.commands.opening.services import prepared
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.db import open_store
from app.domain.values.errors import Conflict, NotFound
from app.domain.values.names import ROLE, SUBJECT, TENANT
from app.domain.values.near_names import nearest
from app.services.callers.passwords import Passwords, fault_of
from app.services.callers.people import LANGUAGES, LONGEST_NAME, zones
from app.services.callers.registry import Registry, Whom
from app.services.store.people import StoredPerson
from app.services.store.ports import Store
from app.settings import Settings, system_user

SPELLING = "letters, digits and _ . - @ | +"
SAYS = {
    "disable": "signed out everywhere, and let in no more",
    "enable": "let in again",
    "password": "has a new password",
}


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    tenant = _tenant(arguments.tenant)
    whom = None if arguments.action == "list" else Whom(tenant, _subject(arguments.subject))
    fault = _fault(arguments)
    if fault:
        raise CommandFailed(fault, USED_WRONGLY)
    password = _password(arguments, whom) if whom and _wants_password(arguments) else None
    await prepared(settings)
    store = open_store(settings.database_url.get_secret_value(), settings.pool_size)
    try:
        people = Registry(store, f"operator:{settings.operator or system_user()}")
        if whom is None:
            return _list(await people.all(tenant))
        await _do(arguments, people, store, whom, await Passwords().hashed(password) if password else None)
    finally:
        await store.close()
    return 0


async def _do(arguments: argparse.Namespace, people: Registry, store: Store, whom: Whom, hashed: str | None) -> None:
    try:
        match arguments.action:
            case "add":
                await people.add(_made(arguments, whom, hashed), roles := _roles(arguments.role))
                told = f" with {', '.join(roles)}" if roles else "; roles are given by `g` lines of the policy"
                print(f"{whom.subject} is a person of {whom.tenant} now{told}")
                return
            case "disable":
                await people.disable(whom)
            case "enable":
                await people.enable(whom)
            case "password":
                await people.set_password(whom, hashed or "", no_one_time=arguments.no_one_time)
    except Conflict as known:
        raise CommandFailed(f"{known.message}; `stateward person password` and `enable` change one") from None
    except NotFound as unknown:
        known_ones = [person.subject for person in await people.all(whom.tenant)]
        raise CommandFailed(f"{unknown.message}; {_meant(whom, known_ones)}") from None
    print(f"{whom.subject}: {SAYS[arguments.action]}")


def _list(people: Iterable[StoredPerson]) -> int:
    for one in people:
        state = "disabled" if one.disabled_at else "password" if one.password else "no password"
        one_time = " and one-time password" if one.otp else ""
        print("\t".join([one.subject, one.name, one.address or "-", state + one_time, _day(one.seen_at)]))
    return 0


def _day(moment: datetime | None) -> str:
    return f"last signed in {moment.date().isoformat()}" if moment else "never signed in"


def _made(arguments: argparse.Namespace, whom: Whom, hashed: str | None) -> StoredPerson:
    return StoredPerson(
        tenant=whom.tenant,
        subject=whom.subject,
        made_at=datetime.now(UTC),
        display_name=arguments.name,
        address=arguments.address,
        zone=arguments.zone,
        language=arguments.language,
        password=hashed,
    )


def _roles(told: Sequence[str]) -> list[str]:
    roles = [one if one.startswith("role:") else f"role:{one}" for one in told]
    if wrong := [one for one in roles if not ROLE.fullmatch(one)]:
        raise CommandFailed(f"--role is a name such as clerk, not {wrong[0]!r}", USED_WRONGLY)
    return list(dict.fromkeys(roles))


def _fault(arguments: argparse.Namespace) -> str | None:
    if arguments.action != "add":
        return None
    if arguments.zone is not None and arguments.zone not in zones():
        close = nearest(arguments.zone, zones())
        return f"--zone is a time zone such as Europe/Berlin, not {arguments.zone!r}" + (
            f"; did you mean {close}?" if close else ""
        )
    if arguments.language is not None and arguments.language not in LANGUAGES:
        return f"--language is {' or '.join(LANGUAGES)}, not {arguments.language!r}"
    for told in (arguments.name, arguments.address):
        if told is not None and not (told.isprintable() and 0 < len(told) <= LONGEST_NAME):
            return f"--name and --address have 1 to {LONGEST_NAME} characters, on one line"
    return None


def _tenant(told: str) -> str:
    if not TENANT.fullmatch(told):
        raise CommandFailed(f"--tenant is a name in lower case, not {told!r}", USED_WRONGLY)
    return told


def _subject(told: str) -> str:
    subject = told if told.startswith("user:") else f"user:{told}"
    if not SUBJECT.fullmatch(subject):
        raise CommandFailed(f"a person's name is {SPELLING}, not {told!r}", USED_WRONGLY)
    return subject


def _meant(whom: Whom, known: list[str]) -> str:
    names = [one.removeprefix("user:") for one in known]
    close = nearest(whom.subject.removeprefix("user:"), names)
    if close:
        return f"did you mean {close}?"
    return f"there are: {', '.join(names[:12])}" if names else "there are none yet: `stateward person add` makes one"


def _wants_password(arguments: argparse.Namespace) -> bool:
    return arguments.action == "password" or (arguments.action == "add" and not arguments.no_password)


def _password(arguments: argparse.Namespace, whom: Whom) -> str:
    """From the first line of stdin, or asked for twice without showing it."""
    if arguments.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise CommandFailed("there is no terminal to ask for a password; use --password-stdin", USED_WRONGLY)
    else:
        password = getpass.getpass(f"Password for {whom.subject}: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandFailed("the two passwords differ; nothing was changed", USED_WRONGLY)
    if fault := fault_of(password, whom.subject.removeprefix("user:")):
        raise CommandFailed(f"this is no good password: {fault}", USED_WRONGLY)
    return password
