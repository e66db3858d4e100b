"""Links from other systems: a case by its type and reference."""

from litestar import Response, get
from litestar.params import FromPath

from app.domain.values.errors import Invalid, NotFound
from app.http.border.services import services_of
from app.services.cases.views import Wanted
from app.ui.frame.reader import PageRequest
from app.ui.queue.going import to


@get("/c/{case_type:str}/{reference:path}")
async def by_reference(request: PageRequest, case_type: FromPath[str], reference: FromPath[str]) -> Response[str]:
    """To the case. Raises NotFound, alike for one that is not there and one that the reader may not read."""
    wanted = Wanted(case_type=case_type, reference=str(reference).removeprefix("/"), limit=1)
    try:
        found = await services_of(request).cases.find(request.user.actor, wanted)
    except Invalid:
        raise NotFound("no such case") from None
    if not found.items:
        raise NotFound("no such case")
    return to(f"/cases/{found.items[0].id}")


LINKS = (by_reference,)
