"""Put right what was entered wrongly."""

from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from app.domain.verbs.correcting import Correct
from app.http.border.codes import REFUSALS
from app.http.border.documented import ETAG, REPLAYED, problems
from app.http.border.parameters import CaseId, DryRun, IdempotencyKey, IfMatch, existing
from app.http.border.services import ApiRequest
from app.http.border.views import AppliedView, TriedView
from app.http.cases import answers
from app.http.cases.verb_attempts import done, working
from app.http.work.requests import CorrectCase


@post(
    "/cases/{case_id:str}/corrections",
    operation_id="correctCase",
    summary="Correct the data of a case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", writes=True),
)
async def correct_case(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[CorrectCase],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AppliedView | TriedView]:
    """What was entered wrongly becomes what it should have been; the log keeps both, with the reason. No event is
    invented: the state stays, closed cases can be corrected too, and clocks that read a field count anew."""
    attempt = working(
        request, Correct(), "corrections", data, case_id=existing(case_id), reason=data.reason, patch=data.data
    )
    response: Response[Any] = answers.fired(await done(request, attempt, dry_run))
    return response
