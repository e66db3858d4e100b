"""Open cases, find them, read one."""

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import JSONBody

from app.domain.errors import invalid
from app.http import answers
from app.http.attempts import opening
from app.http.documented import ETAG, LOCATION, REPLAYED, problems
from app.http.parameters import (
    AssigneeFilter,
    CaseId,
    CaseTypeFilter,
    Cursor,
    IdempotencyKey,
    Limit,
    OverdueFilter,
    ReferenceFilter,
    Sort,
    StateFilter,
    TeamFilter,
    existing,
)
from app.http.requests import OpenCase
from app.http.services import ApiRequest, services_of
from app.http.views import AppliedView, CasePageView, CaseView
from app.services.answer import NO_CLOCKS, case_json
from app.services.views import Wanted


@post(
    "/cases",
    operation_id="openCase",
    summary="Open a case",
    response_headers=[ETAG, LOCATION, REPLAYED],
    responses=problems(
        "denied", "not_found", "wrong_state", "guard_refused", "conflict", "idempotency_mismatch", writes=True
    ),
)
async def open_case(
    request: ApiRequest, data: JSONBody[OpenCase], idempotency_key: IdempotencyKey = None
) -> Response[AppliedView]:
    """Fire an opening event of a case type. The reference, if given, is unique per tenant and case type."""
    [answer] = await services_of(request).desk.submit([opening(request, data)])
    return answers.opened(answer)


LATER = {"q"}


@get("/cases", operation_id="findCases", summary="Find cases", responses=problems("invalid"))
async def find_cases(
    request: ApiRequest,
    case_type: CaseTypeFilter = None,
    state_filter: StateFilter = None,
    assignee: AssigneeFilter = None,
    team: TeamFilter = None,
    reference: ReferenceFilter = None,
    overdue: OverdueFilter = None,
    sort: Sort = "-changed_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[CasePageView]:
    """The cases that the caller may read, a page at a time. By case type and reference: one or none."""
    if unknown := sorted(LATER & set(request.query_params)):
        raise invalid(unknown[0], "is not a filter yet")  # ignored, it would answer with cases that nobody asked for
    wanted = Wanted(case_type, state_filter, assignee, team, reference, overdue, sort, limit, cursor)
    page = await services_of(request).cases.find(request.user, wanted)
    items: Any = [case_json(case, page.clocks.get(case.id, NO_CLOCKS)) for case in page.items]
    return Response({"items": items, "next_cursor": page.next_cursor})


@get(
    "/cases/{case_id:str}",
    operation_id="readCase",
    summary="Read a case",
    response_headers=[ETAG],
    responses=problems("not_found"),
)
async def read_case(request: ApiRequest, case_id: CaseId) -> Response[CaseView]:
    """The case as it stands. Its ETag is its version, for If-Match."""
    found = await services_of(request).cases.show(request.user, existing(case_id))
    case, shown = found.case, cast(Any, case_json(found.case, found.clocks))
    return Response(shown, headers={"ETag": answers.etag(case.version)})
