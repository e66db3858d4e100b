"""What a replay without a server needs of the HTTP border: lines are read and answered as a request would be."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from app.commands.opening.services import declared, prepared, running
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed, no_such_case_type
from app.domain.case.attempt import Actor, Attempt
from app.domain.values.errors import Invalid
from app.domain.values.json import JsonObject
from app.domain.values.names import TENANT
from app.http.bodies.body import validated
from app.http.bodies.requests import TryEvent
from app.http.cases import answers
from app.http.cases.attempts import trying
from app.services.entries.identity import new_id
from app.services.replay.replay import BadAttempt, Submit
from app.settings import Settings


@asynccontextmanager
async def in_process(settings: Settings, case_type: str, tenant: str) -> AsyncIterator[Submit]:
    """A submit for `replay` without a server: the same attempts, the same answers."""
    found = await declared(settings)
    if case_type not in found.case_types:
        raise no_such_case_type(case_type, found.case_types)
    importer = _importer(tenant)
    await prepared(settings)
    async with running(settings, found) as assembly:

        async def submit(attempts: Sequence[JsonObject]) -> Sequence[JsonObject]:
            tried = [trying(importer, new_id(), read_attempt(place, attempt)) for place, attempt in enumerate(attempts)]
            return [answers.result(answer) for answer in await assembly.desk.submit(tried)]

        yield submit


def attempt(tenant: str, attempt: JsonObject) -> Attempt:
    return trying(_importer(tenant), new_id(), read_attempt(0, attempt))


def _importer(tenant: str) -> Actor:
    if not TENANT.fullmatch(tenant):
        raise CommandFailed(f"--tenant is a name in lower case, not {tenant!r}", USED_WRONGLY)
    return Actor(tenant=tenant, id="system:replay", roles=frozenset({"role:admin"}), authenticated="process")


def read_attempt(place: int, attempt: JsonObject) -> TryEvent:
    try:
        return validated(TryEvent, attempt)
    except Invalid as refused:
        fault = refused.errors[0]
        raise BadAttempt(place, f"{fault.field} {fault.message}".strip()) from None
