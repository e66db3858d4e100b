"""The composition root: the only file that knows everyone."""

import argparse
import asyncio
import gc
import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.types import ASGIApp

from app.commands import check, demo, diagram, migrate, policy, replay, replay_back_test, serve, sla, token, work
from app.commands.declared import digests
from app.commands.failing import USED_WRONGLY, CommandFailed, no_such_case_type
from app.commands.house import build, declared, prepared, running, ticking
from app.commands.stopping import when_told_to_stop
from app.domain.case import Actor, Attempt, Json
from app.domain.errors import Invalid
from app.domain.names import TENANT
from app.http import answers
from app.http.app import HttpSettings, Lifespan, create_app
from app.http.attempts import trying
from app.http.auth import mint
from app.http.body import validated
from app.http.observed import Observed
from app.http.requests import TryEvent
from app.http.services import Readiness, Services
from app.http.values import Limits
from app.logs import configure_logs
from app.metrics import LOOK_EVERY
from app.services.calendars import CalendarOfThePast
from app.services.callers import counting_callers
from app.services.house import House
from app.services.identity import new_id
from app.services.ports import StoreUnavailable
from app.services.rate_limits import RateLimits
from app.services.repeating import repeating
from app.services.replay import BadAttempt, Submit
from app.settings import Settings, SettingsError, load_settings
from app.tracing import Tracing, tracing_of

if TYPE_CHECKING:
    from app.metrics.process import Metrics

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


def application() -> ASGIApp:
    """The ASGI application of one worker process."""
    settings = load_settings()
    configure_logs(settings)
    house = build(settings)
    tracing = tracing_of(os.environ)
    metrics = _watched(house, tracing)
    rates = RateLimits(house.store, settings.rate_limit) if settings.rate_limit else None
    services = Services(
        desk=house.desk,
        cases=house.cases,
        case_types=house.case_types,
        clocks=house.clocks,
        simulations=house.simulations,
        policy_changes=house.policy_changes,
        who_can=house.who_can,
        readiness=partial(_readiness, house, settings.policies),
        metrics=metrics.exposed,
        api_keys=house.api_keys,
        keys=house.keys,
        rates=rates,
        work=house.work,
        next_case=house.next_case,
        attachments=house.attachments,
        ledger=house.ledger,
    )
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
    lived = [_watching(metrics, tracing), _lived(house, settings, rates)]
    limits = Limits(settings.body_values, settings.attempt_values)
    app = create_app(services, HttpSettings(secret, settings.issuers, settings.behind_tls, limits), lifespan=lived)
    return Observed(app, metrics.record_call, tracing, access_log=settings.access_log)


def _watched(house: House, tracing: Tracing | None) -> "Metrics":
    """Let metrics and traces know what the desk does."""
    from app.metrics.process import Metrics  # by a worker, which may share a folder with others

    metrics = Metrics(house.store, house.levels)
    house.tell_fired(metrics.record_fired)
    house.tell_sequenced(metrics.record_sequenced)
    house.tell_answered(metrics.record_answered)
    house.tell_committed(metrics.record_committed, *([tracing.record] if tracing else []))
    if tracing:
        house.come_from(tracing.origin)
    return metrics


def _watching(metrics: "Metrics", tracing: Tracing | None) -> Lifespan:
    @asynccontextmanager
    async def lived(_: Litestar) -> AsyncIterator[None]:
        async with repeating((LOOK_EVERY, metrics.look), first=True):
            yield
        if tracing:
            await tracing.close()

    return lived


def _lived(house: House, settings: Settings, rates: RateLimits | None) -> Lifespan:
    @asynccontextmanager
    async def lived(_: Litestar) -> AsyncIterator[None]:
        found = await declared(settings, told=True)  # by the process that started this one
        async with (
            house.running(found.case_types, found.calendars, found.policies),
            counting_callers(house.keys, rates),
        ):
            stay()
            async with ticking(house, settings, fires=settings.scheduler):
                with when_told_to_stop(house.arrivals.close):
                    yield

    return lived


def stay() -> None:
    """Let the garbage collector pass over what was built at the start: a look at all of a large policy takes 60 ms."""
    gc.collect()
    gc.freeze()


async def _readiness(house: House, policies: Path) -> Readiness:
    problems = tuple(await house.store.problems())
    warnings = () if problems else (*await house.store.warnings(), *await _unapplied(house, policies))
    return Readiness(not problems, problems, warnings, house.store.details())


async def _unapplied(house: House, policies: Path) -> list[str]:
    """The files that were changed, before the start or since, and are not what decides."""
    try:
        names = await house.policies.unapplied(await asyncio.to_thread(digests, policies))
    except StoreUnavailable:
        return []  # the database went away since it was asked, and the next question tells
    return [f"{name} differs from the policy in force; run `stateward policy apply {name}` to use it" for name in names]


@asynccontextmanager
async def _in_process(settings: Settings, case_type: str, tenant: str) -> AsyncIterator[Submit]:
    """A submit for `replay` without a server: the same attempts, the same answers."""
    found = await declared(settings)
    if case_type not in found.case_types:
        raise no_such_case_type(case_type, found.case_types)
    importer = _importer(tenant)
    await prepared(settings)
    async with running(settings, found) as house:

        async def submit(attempts: Sequence[dict[str, Json]]) -> Sequence[Json]:
            tried = [trying(importer, new_id(), _read(place, attempt)) for place, attempt in enumerate(attempts)]
            return [answers.result(answer) for answer in await house.desk.submit(tried)]

        yield submit


def _attempt(tenant: str, attempt: dict[str, Json]) -> Attempt:
    return trying(_importer(tenant), new_id(), _read(0, attempt))


def _importer(tenant: str) -> Actor:
    if not TENANT.fullmatch(tenant):
        raise CommandFailed(f"--tenant is a name in lower case, not {tenant!r}", USED_WRONGLY)
    return Actor(tenant, "system:replay", frozenset({"role:admin"}), authenticated="process")


def _replay(given: argparse.Namespace, settings: Settings) -> Any:
    in_process = partial(_in_process, settings, given.case_type)
    return replay.run(given, in_process, partial(replay_back_test.run, given, settings, _attempt), partial(_read, 0))


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
        "work": (work, work.run),
        "migrate": (migrate, migrate.run),
        "check": (check, check.run),
        "token": (token, lambda given, settings: token.run(given, settings, mint)),
        "policy": (policy, policy.run),
        "replay": (replay, _replay),
        "sla": (sla, sla.run),
        "diagram": (diagram, diagram.run),
    }
    for name, (module, run) in table.items():
        command = commands.add_parser(name, help=module.__doc__.partition(": ")[2].rstrip("."))
        module.add_arguments(command)
        command.set_defaults(run=run)
    return parser
