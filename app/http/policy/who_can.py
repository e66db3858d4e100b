"""Who could fire an event on a case now."""

from typing import Any

from litestar import Response, get

from app.http.border.documented import problems
from app.http.border.parameters import Limit, existing
from app.http.border.services import ApiRequest, services_of
from app.http.policy.parameters import AfterSubject, OfCase, OfEvent
from app.http.policy.views import WhoCanView, needs


@get(
    "/whocan",
    operation_id="whoCanFire",
    summary="Who could fire this event now?",
    responses=problems("denied", "not_found", "invalid"),
)
async def who_can_fire(
    request: ApiRequest, case_id: OfCase, event: OfEvent, after: AfterSubject = None, limit: Limit = 50
) -> Response[WhoCanView]:
    """People and roles, with guards and four eyes. It takes case:admin, as it tells the roles of other people."""
    found = await services_of(request).who_can.fire(request.user, existing(case_id), event, after, limit)
    subjects: Any = [{"subject": able.name, **needs(able)} for able in found.subjects]
    roles: Any = [{"role": able.name, **needs(able)} for able in found.roles]
    return Response(
        {
            "case_id": found.case_id,
            "event": found.event,
            "version": found.version,
            "subjects": subjects,
            "roles": roles,
            "next_after": found.after,
        }
    )
