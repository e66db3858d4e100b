"""Requests of built-in verbs as attempts, and what came of them as answers."""

from dataclasses import replace
from typing import Any

from litestar import Response

from app.domain.case.attempt import Attempt
from app.domain.deciding.verb import Verb
from app.domain.values.errors import NotFound
from app.domain.values.json import JsonObject
from app.http.bodies.requests import Body
from app.http.border.headers import expected_version, request_id
from app.http.border.services import ApiRequest, decider, services_of
from app.http.cases import answers
from app.http.cases.attempts import idempotency
from app.services.desk.answer import Answer, case_json
from app.services.entries.identity import new_id

NOTHING: JsonObject = {}


def working(
    request: ApiRequest,
    verb: Verb,
    call: str,
    body: Body | JsonObject = NOTHING,
    *,
    case_id: str | None = None,
    reason: str | None = None,
    patch: JsonObject | None = None,
    keyed: bool = True,
    versioned: bool = True,
) -> Attempt:
    """`call` is where the request went, such as `claim`; with the body it is what an Idempotency-Key stands for.
    `patch` is of the data of the case."""
    path = f"POST /cases/{case_id}/{call}" if case_id else f"POST /{call}"
    return Attempt(
        actor=request.user,
        event=None,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=request_id(request.scope),
        case_id=case_id,
        data=patch,
        reason=reason,
        if_version=expected_version(request.headers.get("if-match")) if keyed and versioned else None,
        idempotency=idempotency(request, path, body) if keyed else None,
        verb=verb,
    )


async def done(request: ApiRequest, attempt: Attempt, dry_run: bool = False) -> Answer:
    [answer] = await decider(request, dry_run).submit([attempt])
    return answer


async def with_case(request: ApiRequest, answer: Answer) -> Answer:
    """An answer that is given again with the case as it is now, where the attempt itself did not name one."""
    if not answer.replayed or answer.case_id is None or answer.case is not None:
        return answer
    try:
        found = await services_of(request).cases.show(request.user, answer.case_id)
    except NotFound:  # the caller may not read it any more
        return answer
    return replace(answer, case=case_json(found.case, found.clocks))


def made(answer: Answer, name: str) -> Response[Any]:
    """201 with what was made under its name, and the receipt."""
    response = answers.fired(answer)
    if answer.error is None:
        response.content = {name: answer.shown, **response.content}
        response.status_code = 201
    return response
