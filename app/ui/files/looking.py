"""Look at a file of a case."""

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from app.domain.values.errors import NotFound
from app.domain.values.names import canonical_uuid
from app.http.border.files import shown
from app.http.border.parameters import existing
from app.http.border.services import services_of
from app.ui.frame.reader import PageRequest


@get("/cases/{case_id:str}/files/{file_id:str}/view")
async def look_at_file(request: PageRequest, case_id: FromPath[str], file_id: FromPath[str]) -> Stream:
    """Images and PDFs are shown, everything else is saved. Raises NotFound for a case that the reader may not read, as
    for a file that it does not have."""
    services, actor = services_of(request), request.user.actor
    if (name := canonical_uuid(file_id)) is None:
        raise NotFound("no such file")
    found = await services.work.attachment(actor, existing(case_id), name)
    return await shown(found, await services.attachments.read(actor, found.sha256))
