"""The clocks of a case, and why one is due when it is."""

from datetime import datetime
from typing import Any, cast

from litestar import Response, get

from app.domain.clocks.explained import MOST_SEGMENTS, Stretch
from app.domain.values.errors import invalid
from app.domain.values.rfc3339 import parse_rfc3339
from app.http.border.documented import problems
from app.http.border.parameters import CaseId, ClockName, Cursor, Cycle, SegmentLimit, existing
from app.http.border.services import ApiRequest, services_of
from app.http.clocks.views import CyclesView, ExplainedView
from app.services.desk.answer import cycle_json


@get(
    "/cases/{case_id:str}/slas",
    operation_id="listClocks",
    summary="The clocks of a case",
    responses=problems("not_found"),
)
async def list_clocks(request: ApiRequest, case_id: CaseId) -> Response[CyclesView]:
    """Every cycle of every clock that has started. The case itself shows the current ones."""
    found = await services_of(request).clocks.all(request.user, existing(case_id))
    items: Any = [shown for shown in map(cycle_json, found) if shown["started_at"]]
    return Response({"items": items})


@get(
    "/cases/{case_id:str}/slas/{name:str}/explain",
    operation_id="explainClock",
    summary="Why a clock is due when it is",
    responses=problems("not_found", "invalid"),
)
async def explain_clock(
    request: ApiRequest,
    case_id: CaseId,
    name: ClockName,
    cycle: Cycle = None,
    cursor: Cursor = None,
    limit: SegmentLimit = MOST_SEGMENTS,
) -> Response[ExplainedView]:
    """All of the time of a cycle without a gap: what counted, what did not, and why; told by the log alone. A clock
    that has run for long has more than one page of segments. At most two seconds of counting."""
    stretch = Stretch(_since(cursor), limit)
    found = await services_of(request).clocks.explain(request.user, existing(case_id), name, cycle, stretch)
    return Response(cast(Any, found))


def _since(cursor: str | None) -> datetime | None:
    try:
        return parse_rfc3339(cursor) if cursor else None
    except ValueError:
        raise invalid("cursor", "is not one that this service gave for this clock; start again without it") from None
