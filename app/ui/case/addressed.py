"""Find a case by what other systems know it as: its type and its reference."""

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from app.domain.values.errors import Invalid, NotFound
from app.http.border.parameters import CaseTypeName
from app.http.border.services import services_of
from app.services.cases.views import Wanted
from app.ui.case.opened import case_path
from app.ui.frame.reader import PageRequest

Reference = Annotated[str, PathParameter(description="The reference of a case")]


@get("/c/{case_type:str}/{reference:str}")
async def by_reference(request: PageRequest, case_type: CaseTypeName, reference: Reference) -> Response[str]:
    """To the page of the case; what the reader may not read is not there."""
    wanted = Wanted(case_type=case_type, reference=reference, limit=1)
    try:
        found = await services_of(request).cases.find(request.user.actor, wanted)
    except Invalid:
        raise NotFound("no such case") from None
    if not found.items:
        raise NotFound("no such case")
    headers = {"location": case_path(found.items[0].id), "cache-control": "no-store"}
    return Response("", status_code=303, headers=headers)
