"""Who stands how to a case, and how cases stand to each other."""

from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody

from app.domain.values.rfc3339 import rfc3339
from app.domain.verbs.linking import Link
from app.domain.verbs.roles import ChangeRoles
from app.http.border.codes import REFUSALS
from app.http.border.documented import REPLAYED, problems
from app.http.border.parameters import CaseId, DryRun, IdempotencyKey, IfMatch, existing
from app.http.border.services import ApiRequest, services_of
from app.http.cases import answers
from app.http.cases.verb_attempts import done, made, working
from app.http.work.requests import ChangeCaseRoles, LinkCase
from app.http.work.views import CaseRolesView, LinkedView, LinksView, StandingView, TriedWorkView


@post(
    "/cases/{case_id:str}/roles",
    operation_id="changeCaseRoles",
    summary="Give roles on a case",
    status_code=200,
    response_headers=[REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", writes=True),
)
async def change_case_roles(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[ChangeCaseRoles],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[CaseRolesView | TriedWorkView]:
    """Give people roles on this case alone, or take them away. They bind the next attempt on it."""
    give, take = (tuple((one.subject, one.role) for one in some) for some in (data.give, data.take))
    attempt = working(request, ChangeRoles(give, take), "roles", data, case_id=existing(case_id))
    answer = await done(request, attempt, dry_run)
    response = answers.fired(answer)
    if answer.shown is not None:
        response.content = {**answer.shown, **response.content}
    return response


@get(
    "/cases/{case_id:str}/roles",
    operation_id="readCaseRoles",
    summary="Who stands to a case",
    responses=problems("not_found"),
)
async def read_case_roles(request: ApiRequest, case_id: CaseId) -> Response[StandingView]:
    """Its creator, its assignee, and everybody who was given a role on it, by name."""
    found = await services_of(request).work.roles(request.user, existing(case_id))
    return Response({"roles": [{"subject": one.subject, "role": one.role} for one in found]})


@post(
    "/cases/{case_id:str}/links",
    operation_id="linkCase",
    summary="Link a case to another",
    response_headers=[REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", "conflict", writes=True),
)
async def link_case(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[LinkCase],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[LinkedView | TriedWorkView]:
    """Both cases show it, each in its own direction, and both logs say so. It needs the right to comment on both. The
    same link once more is a conflict."""
    attempt = working(request, Link(data.type, data.to), "links", data, case_id=existing(case_id))
    return made(await done(request, attempt, dry_run), "link")


@get(
    "/cases/{case_id:str}/links",
    operation_id="readLinks",
    summary="The links of a case",
    responses=problems("not_found"),
)
async def read_links(request: ApiRequest, case_id: CaseId) -> Response[LinksView]:
    """Those to cases that the caller may read, the oldest first."""
    found = await services_of(request).work.links(request.user, existing(case_id))
    items: Any = [
        {
            "type": link.type,
            "to": link.to,
            "author": link.author,
            "linked_at": rfc3339(link.linked_at),
            "case_type": link.case_type,
            "reference": link.reference,
            "state": link.state,
        }
        for link in found
    ]
    return Response({"items": items})
