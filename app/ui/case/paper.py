"""The file of a case for paper: all of its history in one page, which is sent piece by piece as it is read."""

from collections.abc import AsyncIterator

from litestar import get
from litestar.response import Stream
from markupsafe import Markup

from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.work.case_pages import OpenCase, Wanted
from app.ui.case.around import around
from app.ui.case.entries import subjects
from app.ui.case.files import file_line
from app.ui.case.history import read_history
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.summary import EVERY_FIELD, summary
from app.ui.frame.headers import PAGE_HEADERS
from app.ui.frame.page import HTML, rendered
from app.ui.frame.reader import PageRequest

ENTRIES, FILES = 50, 100
"""Read at a time."""
HERE = Markup("<!-- here -->")
"""Where in the page that which is read piece by piece stands: nothing that somebody wrote can hold it unescaped."""


@get("/cases/{case_id:str}/paper")
async def show_paper(request: PageRequest, case_id: CaseId) -> Stream:
    """Raises NotFound, also for a case that the reader may not read."""
    case = await opened(request, case_id)
    told = await telling(request, case)
    about = around(told, case)
    text = rendered(
        request,
        "case/paper.html",
        title=told.gettext("File of %(case)s", case=about["bar"].name),
        here_pieces=HERE,
        summary=summary(told, case.views, EVERY_FIELD),
        standing=[(subject, told.role(role)) for subject, role in case.roles],
        **{**about, "acts_now": frozenset()},
    )
    return Stream(_pieces(request, case, text), media_type=HTML, headers=dict(PAGE_HEADERS))


async def _pieces(request: PageRequest, case: OpenCase, text: str) -> AsyncIterator[str]:
    begin, between, end = text.split(HERE)
    yield begin
    async for piece in _files(request, case):
        yield piece
    yield between
    async for piece in _history(request, case):
        yield piece
    yield end


async def _files(request: PageRequest, case: OpenCase) -> AsyncIterator[str]:
    after = None
    while found := await pages_of(request).files(case, after, FILES):
        told = await telling(request, case, {one.author for one in found})
        files = [file_line(told, one) for one in found]
        yield rendered(request, "case/paper_files.html", files=files, **around(told, case))
        after = found[-1].case_seq
    if after is None:
        told = await telling(request, case)
        yield rendered(request, "case/paper_files.html", files=[], **around(told, case))


async def _history(request: PageRequest, case: OpenCase) -> AsyncIterator[str]:
    wanted: Wanted | None = Wanted(limit=ENTRIES)
    while wanted is not None:
        history = await read_history(pages_of(request), case, wanted)
        told = await telling(request, case, subjects(history.entries))
        async with services_of(request).slices.of((request.user.tenant, request.user.id), small=True) as turn:
            timeline = await history.told(told, turn)
            await turn.give()
            piece = rendered(request, "case/paper_entries.html", timeline=timeline, **around(told, case))
        yield piece
        wanted = history.following(ENTRIES)
