"""A worker of `stateward serve`: the services on one database, behind HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.types import ASGIApp

from app.commands.opening.checking import checker_of
from app.commands.opening.declared import digests
from app.commands.opening.making import MakerProcess
from app.commands.opening.services import build, declared, ticking
from app.commands.terminal.stopping import when_told_to_stop
from app.http.app import HttpSettings, Lifespan
from app.http.bodies.body import BodyLimits
from app.http.border.entrance import Entrance
from app.http.border.services import Readiness, Services
from app.http.operating.request_log import Observed
from app.logs import configure_logs
from app.metrics import LOOK_EVERY
from app.services.assembly import Assembly
from app.services.callers.rate_limits import RateLimits
from app.services.callers.use_counts import counting_callers
from app.services.process.garbage import LOOK_EVERY as LOOK_AFTER_GARBAGE
from app.services.process.garbage import Garbage
from app.services.process.repeating import repeating
from app.services.process.standing_still import faulty, unchecked, unfired
from app.services.store.failures import StoreUnavailable
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
    assembly = build(settings, MakerProcess(), checker_of(settings))
    tracing = tracing_of(os.environ)
    metrics = _watched(assembly, tracing)
    rates = RateLimits(assembly.store, settings.rate_limit) if settings.rate_limit else None
    services = Services(
        desk=assembly.desk,
        trials=assembly.trials,
        cases=assembly.cases,
        case_types=assembly.case_types,
        type_rights=assembly.type_rights,
        clocks=assembly.clocks,
        simulations=assembly.simulations,
        policy_changes=assembly.policy_changes,
        who_can=assembly.who_can,
        readiness=partial(readiness, assembly, settings.policies, beside=unsafe(settings)),
        metrics=metrics.exposed,
        api_keys=assembly.api_keys,
        keys=assembly.keys,
        people=assembly.signing_in.people,
        rates=rates,
        work=assembly.work,
        next_case=assembly.next_case,
        queues=assembly.queues,
        views=assembly.views,
        attachments=assembly.attachments,
        held_files=assembly.held_files,
        case_pages=assembly.case_pages,
        ledger=assembly.ledger,
        proofs=assembly.proofs,
        noted_reads=assembly.noted_reads,
        exports=assembly.export_jobs,
        field_history=assembly.field_history,
        forms=assembly.forms,
        slices=assembly.slices,
        together=assembly.store.together,
    )
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
    lived = [_watching(metrics, tracing), _lived(assembly, settings, rates)]
    limits = settings.part(BodyLimits)
    readers = Readers(assembly.signing_in.sessions)
    frame = framed(readers, settings.brand, secure=not settings.plain_loopback, demo=settings.demo)
    border = HttpSettings(secret, settings.issuers, settings.behind_tls, limits)
    app = with_pages(services, border, frame, lived, _ways(assembly, settings))
    return Observed(Entrance(app), metrics.record_call, tracing, access_log=settings.access_log)


def _ways(assembly: Assembly, settings: Settings) -> Ways:
    """The people of the demo come in by one click on this machine only."""
    return Ways(
        signing_in=assembly.signing_in,
        tenant=settings.sign_in_tenant,
        demo_people=settings.demo_people or () if settings.demo and settings.plain_loopback else (),
        public_url=settings.public_url,
        forwarded_by=settings.forwarded_by,
        behind_tls=settings.behind_tls,
    )


def _watched(assembly: Assembly, tracing: Tracing | None) -> "Metrics":
    """Let metrics and traces know what the desk does."""
    from app.metrics.process import Metrics  # by a worker, which may share a folder with others

    metrics = Metrics(assembly.store, assembly.gauges, assembly.store if assembly.scans else None, assembly.store)
    assembly.tell_fired(metrics.record_fired)
    assembly.tell_sequenced(metrics.record_sequenced)
    assembly.tell_answered(metrics.record_answered)
    assembly.tell_tried(metrics.record_tried)
    assembly.tell_signed(metrics.record_signed)
    assembly.tell_scanned(metrics.record_scanned)
    assembly.tell_committed(metrics.record_committed, *([tracing.record] if tracing else []))
    if tracing:
        assembly.come_from(tracing.origin)
    return metrics


def _watching(metrics: "Metrics", tracing: Tracing | None) -> Lifespan:
    @asynccontextmanager
    async def lived(_: Litestar) -> AsyncIterator[None]:
        async with repeating((LOOK_EVERY, metrics.look), first=True):
            yield
        if tracing:
            await tracing.close()

    return lived


def _lived(assembly: Assembly, settings: Settings, rates: RateLimits | None) -> Lifespan:
    @asynccontextmanager
    async def lived(_: Litestar) -> AsyncIterator[None]:
        found = await declared(settings, warned=True)  # by the process that started this one
        async with (
            assembly.running(found.case_types, found.calendars, found.policies),
            counting_callers(assembly.keys, rates, *assembly.signing_in.jobs),
        ):
            garbage = Garbage()
            garbage.stay()
            async with (
                ticking(assembly, settings, fires=settings.scheduler),
                repeating((LOOK_AFTER_GARBAGE, garbage.look)),
            ):
                with when_told_to_stop(assembly.log_watches.close):
                    yield

    return lived


async def readiness(assembly: Assembly, policies: Path, beside: Sequence[str] = ()) -> Readiness:
    problems = tuple(await assembly.store.problems())
    warnings = () if problems else (*await _standing_still(assembly), *await _unapplied(assembly, policies))
    warnings = (*warnings, *beside)
    details = {**assembly.store.details(), "checkpoints": assembly.checkpoints.manner}
    return Readiness(not problems, problems, warnings, details)


def unsafe(settings: Settings) -> list[str]:
    """What is set so that somebody may be harmed."""
    if not settings.behind_tls or settings.forwarded_by or any(issuer.client_id for issuer in settings.issuers):
        return []
    return [
        "attempts to sign in are counted for all addresses together, as only the proxy knows them; say with"
        " STATEWARD_FORWARDED_BY how many proxies add to X-Forwarded-For"
    ]


async def _standing_still(assembly: Assembly) -> list[str]:
    try:
        scans = await unchecked(assembly.store) if assembly.scans is not None else []
        signs = await assembly.checkpoints.warnings()
        wrong = await faulty(assembly.store) if assembly.checker is not None else []
        return [*await assembly.store.warnings(), *await unfired(assembly.store), *scans, *signs, *wrong]
    except StoreUnavailable:
        return []  # as below


async def _unapplied(assembly: Assembly, policies: Path) -> list[str]:
    """The files that were changed, before the start or since, and are not what decides."""
    try:
        names = await assembly.policies.unapplied(await asyncio.to_thread(digests, policies))
    except StoreUnavailable:
        return []  # the database went away since it was asked, and the next question tells
    return [f"{name} differs from the policy in force; run `stateward policy apply {name}` to use it" for name in names]
