"""The composition root: the only file that knows everyone."""

import argparse
import asyncio
import gc
import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar

from app.commands import check, demo, diagram, migrate, policy, replay, serve, token
from app.commands.failing import USED_WRONGLY, CommandFailed
from app.commands.house import build, declared, prepared, running
from app.commands.stopping import when_told_to_stop
from app.domain.case import Actor, Json
from app.domain.errors import Invalid
from app.domain.names import TENANT
from app.http import answers
from app.http.app import HttpSettings, create_app
from app.http.attempts import trying
from app.http.auth import mint
from app.http.body import validated
from app.http.requests import TryEvent
from app.http.services import Readiness, Services
from app.logs import configure_logs
from app.scheduler import scheduler
from app.services.calendars import CalendarOfThePast
from app.services.house import House
from app.services.identity import new_id
from app.services.ports import StoreUnavailable
from app.services.replay import BadAttempt, Submit
from app.settings import Settings, SettingsError, load_settings

APPLICATION = "app.main:application"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the terminal; what it returns is the exit code."""
    given = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        configure_logs(settings)
        done = given.run(given, settings)
        code = int(asyncio.run(done) if inspect.iscoroutine(done) else done)
        sys.stdout.flush()
        return code
    except SettingsError as error:
        print(f"stateward: {error}", file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(f"stateward: {error}", file=sys.stderr)
        return error.code
    except CalendarOfThePast as error:
        print(f"stateward: {error}", file=sys.stderr)
        return 1
    except StoreUnavailable as error:
        print(f"stateward: the database cannot be used ({error}); is STATEWARD_DATABASE_URL right?", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read us has enough; what is still in the buffer would fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def application() -> Litestar:
    """The ASGI application of one worker process."""
    settings = load_settings()
    configure_logs(settings)
    assert settings.jwt_secret is not None, "`serve` checks it before it starts a worker"
    house = build(settings)
    services = Services(house.desk, house.cases, house.case_types, partial(_readiness, house), house.ledger)
    return create_app(
        services, HttpSettings(settings.jwt_secret.get_secret_value()), lifespan=[_lived(house, settings)]
    )


def _lived(house: House, settings: Settings) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lived(_: Litestar) -> AsyncIterator[None]:
        found = declared(settings, told=True)  # by the process that started this one
        async with house.running(found.case_types, found.calendars, found.policies):
            stay()
            ticks = scheduler(house.store, house.ledger)
            if settings.scheduler:
                ticks.start()
            with when_told_to_stop(house.arrivals.close):
                yield
            if ticks.running:
                ticks.shutdown(wait=False)

    return lived


def stay() -> None:
    """Let the garbage collector pass over what was built at the start: a look at all of a large policy takes 60 ms."""
    gc.collect()
    gc.freeze()


async def _readiness(house: House) -> Readiness:
    problems = tuple(await house.store.problems())
    warnings = () if problems else tuple(await house.store.warnings())
    return Readiness(not problems, problems, warnings, house.store.details())


@asynccontextmanager
async def _in_process(settings: Settings, case_type: str, tenant: str) -> AsyncIterator[Submit]:
    """A submit for `replay` without a server: the same attempts, the same answers."""
    found = declared(settings)
    if case_type not in found.case_types:
        known = ", ".join(found.case_types) or "none"
        raise CommandFailed(f"{case_type} is not a case type; there are: {known}", USED_WRONGLY)
    if not TENANT.fullmatch(tenant):
        raise CommandFailed(f"--tenant is a name in lower case, not {tenant!r}", USED_WRONGLY)
    await prepared(settings)
    importer = Actor(tenant, "system:replay", frozenset({"role:admin"}), authenticated="process")
    async with running(settings, found) as house:

        async def submit(attempts: Sequence[dict[str, Json]]) -> Sequence[Json]:
            tried = [trying(importer, new_id(), _read(place, attempt)) for place, attempt in enumerate(attempts)]
            return [answers.result(answer) for answer in await house.desk.submit(tried)]

        yield submit


def _read(place: int, attempt: dict[str, Json]) -> TryEvent:
    try:
        return validated(TryEvent, attempt)
    except Invalid as refused:
        fault = refused.errors[0]
        raise BadAttempt(place, f"{fault.field} {fault.message}".strip()) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stateward", description="Case management that can prove what it did.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    table: dict[str, tuple[Any, Callable[[argparse.Namespace, Settings], Any]]] = {
        "demo": (demo, lambda given, settings: demo.run(given, settings, mint, APPLICATION)),
        "serve": (serve, lambda given, settings: serve.run(given, settings, APPLICATION)),
        "migrate": (migrate, migrate.run),
        "check": (check, check.run),
        "token": (token, lambda given, settings: token.run(given, settings, mint)),
        "policy": (policy, policy.run),
        "replay": (replay, lambda given, settings: replay.run(given, partial(_in_process, settings, given.case_type))),
        "diagram": (diagram, diagram.run),
    }
    for name, (module, run) in table.items():
        command = commands.add_parser(name, help=module.__doc__.partition(": ")[2].rstrip("."))
        module.add_arguments(command)
        command.set_defaults(run=run)
    return parser
