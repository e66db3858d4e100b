"""Whose a case is: assign it, claim it, release it, ask for the next one."""

from typing import Any

from litestar import Response, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from app.domain.deciding.verb import Verb
from app.domain.verbs.assigning import Assign, Claim, Release, Skip
from app.http.border.codes import REFUSALS
from app.http.border.documented import ETAG, REPLAYED, problems
from app.http.border.limiting import charge
from app.http.border.parameters import CaseId, DryRun, IdempotencyKey, IfMatch, existing
from app.http.border.services import ApiRequest, services_of
from app.http.border.views import AppliedView, TriedView
from app.http.cases import answers
from app.http.cases.verb_attempts import NOTHING, done, with_case, working
from app.http.work.requests import AssignCase, TakeNext
from app.services.work.work import Wish

CLAIMING = problems(*REFUSALS, "version_conflict", "guard_refused", "invalid")


@post(
    "/cases/{case_id:str}/assignment",
    operation_id="assignCase",
    summary="Assign a case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", writes=True),
)
async def assign_case(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[AssignCase],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AppliedView | TriedView]:
    """To a person, a team, both, or nobody. Of another team nobody has the case yet, unless the assignee is given."""
    verb = Assign(data.assignee, data.team, frozenset(data.model_fields_set & {"assignee", "team"}))
    attempt = working(request, verb, "assignment", data, case_id=existing(case_id), reason=data.reason)
    return answers.fired(await done(request, attempt, dry_run))


@post(
    "/cases/{case_id:str}/claim",
    operation_id="claimCase",
    summary="Claim a case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses=CLAIMING,
)
async def claim_case(
    request: ApiRequest,
    case_id: CaseId,
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AppliedView | TriedView]:
    """The case is the caller's, unless somebody else has it (409). There is no body."""
    return await _mine(request, case_id, Claim(), "claim", dry_run)


@post(
    "/cases/{case_id:str}/release",
    operation_id="releaseCase",
    summary="Release a case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses=CLAIMING,
)
async def release_case(
    request: ApiRequest,
    case_id: CaseId,
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AppliedView | TriedView]:
    """The caller's case is nobody's again; its team stays. There is no body."""
    return await _mine(request, case_id, Release(), "release", dry_run)


@post(
    "/next-case",
    operation_id="nextCase",
    summary="Give me the next case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses={
        **problems(*REFUSALS, "guard_refused", writes=True),
        204: ResponseSpec(None, description="Nothing waits that the caller may claim", generate_examples=False),
    },
)
async def next_case(
    request: ApiRequest, data: JSONBody[TakeNext], idempotency_key: IdempotencyKey = None
) -> Response[AppliedView]:
    """Claim the first case of the caller's queues: open, nobody's, the most urgent first, then by due moment, then by
    age. No two callers get the same one."""
    charge(request, 1 + len(data.skip))
    skips = [
        working(request, Skip(), "next-case/skip", NOTHING, case_id=skip.case_id, reason=skip.reason, keyed=False)
        for skip in data.skip
    ]
    attempt = working(request, Claim(), "next-case", data, versioned=False)
    answer = await services_of(request).next_case.claim(attempt, Wish(data.case_type, data.team), skips)
    nothing: Response[Any] = Response(None, status_code=204)
    return nothing if answer is None else answers.fired(await with_case(request, answer))


async def _mine(request: ApiRequest, case_id: str, verb: Verb, call: str, dry_run: bool) -> Response[Any]:
    return answers.fired(await done(request, working(request, verb, call, case_id=existing(case_id)), dry_run))
