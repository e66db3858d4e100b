"""A worker of `stateward serve`: the services on one database, behind HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.types import ASGIApp

from app.commands.opening.declared import digests
from app.commands.opening.services import build, declared, ticking
from app.commands.terminal.stopping import when_told_to_stop
from app.http.app import HttpSettings, Lifespan
from app.http.bodies.body import Limits
from app.http.border.entrance import Entrance
from app.http.border.services import Readiness, Services
from app.http.operating.request_log import Observed
from app.logs import configure_logs
from app.metrics import LOOK_EVERY
from app.services.assembly import House
from app.services.callers.rate_limits import RateLimits
from app.services.callers.use_counts import counting_callers
from app.services.process.garbage import LOOK_EVERY as LOOK_AFTER_GARBAGE
from app.services.process.garbage import Garbage
from app.services.process.repeating import repeating
from app.services.process.standing_still import unchecked, unfired
from app.services.store.ports import StoreUnavailable
from app.settings import Settings, load_settings
from app.tracing import Tracing, tracing_of
from app.ui.application import framed, with_pages
from app.ui.sign_in.readers import Readers
from app.ui.sign_in.ways import Ways

if TYPE_CHECKING:
    from app.metrics.process import Metrics


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
        type_rights=house.type_rights,
        clocks=house.clocks,
        simulations=house.simulations,
        policy_changes=house.policy_changes,
        who_can=house.who_can,
        readiness=partial(readiness, house, settings.policies),
        metrics=metrics.exposed,
        api_keys=house.api_keys,
        keys=house.keys,
        people=house.signing_in.people,
        rates=rates,
        work=house.work,
        next_case=house.next_case,
        queues=house.queues,
        views=house.views,
        attachments=house.attachments,
        case_pages=house.case_pages,
        ledger=house.ledger,
        forms=house.forms,
        slices=house.slices,
    )
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
    lived = [_watching(metrics, tracing), _lived(house, settings, rates)]
    limits = settings.part(Limits)
    readers = Readers(house.signing_in.sessions)
    frame = framed(readers, settings.brand, secure=not settings.plain_loopback, demo=settings.demo)
    border = HttpSettings(secret, settings.issuers, settings.behind_tls, limits)
    app = with_pages(services, border, frame, lived, _ways(house, settings))
    return Observed(Entrance(app), metrics.record_call, tracing, access_log=settings.access_log)


def _ways(house: House, settings: Settings) -> Ways:
    """The people of the demo come in by one click on this machine only."""
    return Ways(
        house.signing_in,
        tenant=settings.sign_in_tenant,
        demo_people=settings.demo_people or () if settings.demo and settings.plain_loopback else (),
        public_url=settings.public_url,
        forwarded_by=settings.forwarded_by,
        behind_tls=settings.behind_tls,
    )


def _watched(house: House, tracing: Tracing | None) -> "Metrics":
    """Let metrics and traces know what the desk does."""
    from app.metrics.process import Metrics  # by a worker, which may share a folder with others

    metrics = Metrics(house.store, house.levels, house.store if house.scans else None)
    house.tell_fired(metrics.record_fired)
    house.tell_sequenced(metrics.record_sequenced)
    house.tell_answered(metrics.record_answered)
    house.tell_scanned(metrics.record_scanned)
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
            counting_callers(house.keys, rates, *house.signing_in.jobs),
        ):
            garbage = Garbage()
            garbage.stay()
            async with (
                ticking(house, settings, fires=settings.scheduler),
                repeating((LOOK_AFTER_GARBAGE, garbage.look)),
            ):
                with when_told_to_stop(house.arrivals.close):
                    yield

    return lived


async def readiness(house: House, policies: Path) -> Readiness:
    problems = tuple(await house.store.problems())
    warnings = () if problems else (*await _standing_still(house), *await _unapplied(house, policies))
    return Readiness(not problems, problems, warnings, house.store.details())


async def _standing_still(house: House) -> list[str]:
    try:
        scans = await unchecked(house.store) if house.scans is not None else []
        return [*await house.store.warnings(), *await unfired(house.store), *scans]
    except StoreUnavailable:
        return []  # as below


async def _unapplied(house: House, policies: Path) -> list[str]:
    """The files that were changed, before the start or since, and are not what decides."""
    try:
        names = await house.policies.unapplied(await asyncio.to_thread(digests, policies))
    except StoreUnavailable:
        return []  # the database went away since it was asked, and the next question tells
    return [f"{name} differs from the policy in force; run `stateward policy apply {name}` to use it" for name in names]
