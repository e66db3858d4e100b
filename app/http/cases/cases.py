"""Open cases, find them, read one."""

from collections.abc import Sequence
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import JSONBody

from app.http.bodies.requests import OpenCase
from app.http.border.codes import REFUSALS
from app.http.border.documented import ETAG, LOCATION, REPLAYED, problems
from app.http.border.large import slice_of
from app.http.border.parameters import (
    CaseId,
    Cursor,
    DryRun,
    IdempotencyKey,
    Limit,
    Q,
    WithCount,
    existing,
)
from app.http.border.services import ApiRequest, Services, decider, services_of
from app.http.border.views import AppliedView, CasePageView, CasePersonView, CaseView, TriedView
from app.http.cases import answers
from app.http.cases.attempts import opening
from app.http.cases.listed_by import Order, filtered
from app.http.cases.verb_attempts import with_case
from app.services.cases.views import Wanted
from app.services.desk.answer import NO_CLOCKS, case_json


@post(
    "/cases",
    operation_id="openCase",
    summary="Open a case",
    response_headers=[ETAG, LOCATION, REPLAYED],
    responses=problems(*REFUSALS, "wrong_state", "guard_refused", "conflict", writes=True),
)
async def open_case(
    request: ApiRequest, data: JSONBody[OpenCase], dry_run: DryRun = False, idempotency_key: IdempotencyKey = None
) -> Response[AppliedView | TriedView]:
    """Fire an opening event of a case type. The reference, if given, is unique per tenant and case type."""
    async with slice_of(request):
        attempt = opening(request, data)
    [answer] = await decider(request, dry_run).submit([attempt])
    return answers.opened(await with_case(request, answer))


@get("/cases", operation_id="findCases", summary="Find cases", responses=problems("invalid"))
@filtered
async def find_cases(
    request: ApiRequest,
    filters: dict[str, Any],
    q: Q = None,
    sort: Order = "-changed_at",
    limit: Limit = 50,
    cursor: Cursor = None,
    with_count: WithCount = False,
) -> Response[CasePageView]:
    """The cases that the caller may read, a page at a time. By case type and reference: one or none.

    What is found by words is in the order of `sort`, not by rank. A search that takes long ends a page early, perhaps
    without any case: the last page is the one whose `next_cursor` is null.
    """
    wanted = Wanted(**filters, sort=sort, limit=limit, cursor=cursor, q=q, count=with_count)
    page = await services_of(request).cases.find(request.user, wanted)
    items: Any = [case_json(case, page.clocks.get(case.id, NO_CLOCKS)) for case in page.items]
    shown: CasePageView = {"items": items, "next_cursor": page.next_cursor}
    if page.count is not None:
        shown["count"] = {"value": page.count.value, "more": page.count.more}
    return Response(shown)


@get(
    "/cases/{case_id:str}",
    operation_id="readCase",
    summary="Read a case",
    response_headers=[ETAG],
    responses=problems("not_found"),
)
async def read_case(request: ApiRequest, case_id: CaseId) -> Response[CaseView]:
    """The case as it stands, and who stands to it. Its ETag is its version, for If-Match."""
    services = services_of(request)
    found = await services.cases.show(request.user, existing(case_id))
    people = await _people(services, request.user.tenant, found.standing)
    case, shown = found.case, cast(Any, {**case_json(found.case, found.clocks), "people": people})
    return Response(shown, headers={"ETag": answers.etag(case.version)})


async def _people(services: Services, tenant: str, standing: Sequence[tuple[str, str]]) -> list[CasePersonView]:
    found: dict[str, list[str]] = {}
    for subject, role in standing:
        found.setdefault(subject, []).append(role)
    names = await services.case_pages.names(tenant, list(found)) if services.case_pages else {}
    return [{"subject": subject, "name": names.get(subject), "roles": roles} for subject, roles in found.items()]
