"""The files of a case: their list, and each of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from app.domain.values.errors import NotFound
from app.domain.values.names import canonical_uuid
from app.http.border.files import SHOWN, saved
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.store.scans import CLEAN, INFECTED
from app.services.store.work import StoredAttachment
from app.ui.case.around import around
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.telling import Telling
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest

PAGE = 50
After = Annotated[int | None, QueryParameter(description="Files after this one", ge=0, le=10**15)]
FileId = Annotated[str, PathParameter(description="The file's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file as a list shows it. `shown`: a browser may show it, and does not only save it; `held`: a scanner has not
    found it clean, and maybe found it infected."""

    id: str
    name: str
    size: str
    author: str
    attached_at: datetime
    sha256: str
    shown: bool
    held: bool = False
    infected: bool = False


def file_line(told: Telling, one: StoredAttachment) -> FileLine:
    name = one.file_name or told.gettext("a file whose name was erased")
    size, author = size_words(one.size), told.person(one.author)
    held, infected = one.scan not in (None, CLEAN), one.scan == INFECTED
    shown = one.sniffed_type in SHOWN and not held
    return FileLine(
        id=one.id,
        name=name,
        size=size,
        author=author,
        attached_at=one.attached_at,
        sha256=one.sha256,
        shown=shown,
        held=held,
        infected=infected,
    )


def size_words(size: int) -> str:
    """`340 B`, `12 KB`, `3.4 MB`."""
    if size < 1_000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size // 1_000} KB"
    return f"{size / 1_000_000:.1f} MB"


@get("/cases/{case_id:str}/files")
async def show_files(request: PageRequest, case_id: CaseId, after: After = None) -> Response[str]:
    """In the order in which they came."""
    case = await opened(request, case_id)
    found = await pages_of(request).files(case, after, PAGE + 1)
    told = await telling(request, case, {one.author for one in found})
    about = around(told, case)
    shown = found[:PAGE]
    return page(
        request,
        "case/files.html",
        title=told.gettext("Files of %(case)s", case=about["bar"].name),
        files=[file_line(told, one) for one in shown],
        next_after=shown[-1].case_seq if len(found) > PAGE else None,
        **about,
    )


@get("/cases/{case_id:str}/files/{file_id:str}")
async def fetch_file(request: PageRequest, case_id: CaseId, file_id: FileId) -> Stream:
    """The bytes as they came, to be saved: nothing that came with a case is run by a browser."""
    case = await opened(request, case_id)
    name = canonical_uuid(file_id)
    found = await pages_of(request).file(case, name) if name else None
    if found is None:
        raise NotFound("no such file")
    return saved(found, await services_of(request).attachments.read(request.user.actor, found.sha256))
