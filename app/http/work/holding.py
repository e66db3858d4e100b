"""Send a file that a field is to hold."""

from typing import Annotated

from litestar import Response, post
from litestar.params import QueryParameter

from app.domain.verbs.attaching import LONGEST_NAME, Attach
from app.http.border.documented import problems
from app.http.border.entrance import leave
from app.http.border.parameters import PLAIN
from app.http.border.services import ApiRequest, services_of
from app.http.work.attaching import announced_by, body_of, declared_by
from app.http.work.views import HeldFileView

Name = Annotated[
    str,
    QueryParameter(name="name", description="What it is called", min_length=1, max_length=LONGEST_NAME, pattern=PLAIN),
]


@post(
    "/files",
    operation_id="sendFile",
    summary="Send a file for a field",
    request_max_body_size=None,
    responses=problems("invalid", "over_quota", "too_large", "unsupported_media_type"),
)
async def send_file(request: ApiRequest, name: Name) -> Response[HeldFileView]:
    """The body is the file. A field of `format: file` holds the id: whoever sent it names it, within a day, in the data
    of an opening, of an event or of a correction, which attaches it to the case. Until then nobody else has it, and
    nobody can fetch it; what nobody named is gone after a day."""
    declared = declared_by(request)
    file = Attach(file_name=name, sha256="", size=0, declared_type=declared, sniffed_type=None)
    leave(request.scope)  # the bytes may take minutes
    held = await services_of(request).held_files.hold(request.user, file, body_of(request), announced_by(request))
    shown: HeldFileView = {"file": held.id, "sha256": held.sha256, "size": held.size}
    return Response(shown, status_code=201)
