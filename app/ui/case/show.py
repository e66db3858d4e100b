"""The page of a case: one read of the case, then what stands around it at once, and then one template."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from app.domain.diagram.travelled import Travelled
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.fairness.yielding import LoopTurn
from app.services.store.work import StoredAttachment, StoredComment, StoredLink
from app.services.work.case_pages import OpenCase
from app.ui.case.around import around
from app.ui.case.bar import Bar
from app.ui.case.comments import Said, said
from app.ui.case.diagram import part_drawn
from app.ui.case.entries import Told, subjects
from app.ui.case.files import file_line
from app.ui.case.history import SHOWN, ReadHistory, read_history
from app.ui.case.links import link_lines
from app.ui.case.notices import done_words
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.summary import summary
from app.ui.case.telling import Telling
from app.ui.case.why import why_not
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest

MOST_BARRED = 8
MOST_COMMENTS = 20
MOST_FILES = 20
Done = Annotated[str | None, QueryParameter(description="The entry that the reader just made", max_length=36)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """All that the page needs of the database."""

    case: OpenCase
    history: ReadHistory
    comments: Sequence[StoredComment]
    files: Sequence[StoredAttachment]
    links: Sequence[StoredLink]
    travelled: Travelled


@get("/cases/{case_id:str}")
async def show_case(request: PageRequest, case_id: CaseId, done: Done = None) -> Response[str]:
    """Everything about one case, and what may be done with it now."""
    return await case_page(request, await opened(request, case_id), done=done)


async def case_page(
    request: PageRequest, case: OpenCase, *, done: str | None = None, status: int = 200, **values: Any
) -> Response[str]:
    """`values` are what a form on the page brought, and what was wrong with it."""
    async with services_of(request).together(request.user.tenant):
        read = await _read(request, case)
        told = await telling(request, case, _mentioned(read))
    async with services_of(request).slices.of((request.user.tenant, request.user.id), small=True) as turn:
        shown = await _shown(request, told, read, turn)
    head: Bar = shown["bar"]
    entry = next((one for one in shown["timeline"] if one.proof.entry_id == done), None) if done else None
    return page(
        request,
        "case/case.html",
        title=head.name,
        status=status,
        **shown,
        **{"wrong": None, **values},
        done=done_words(told, case.case, entry) if entry else None,
        just_taken=entry is not None and entry.kind == "assigned" and shown["mine"],
    )


async def _read(request: PageRequest, case: OpenCase) -> Read:
    pages = pages_of(request)
    history, comments, files, links, travelled = await asyncio.gather(
        read_history(pages, case, SHOWN["all"]),
        pages.comments(case, None, MOST_COMMENTS + 1),
        pages.files(case, None, MOST_FILES + 1),
        pages.links(case, request.user.actor),
        pages.travelled(case),
    )
    return Read(case=case, history=history, comments=comments, files=files, links=links, travelled=travelled)


def _mentioned(read: Read) -> set[str]:
    authors = {one.author for one in read.comments} | {one.author for one in read.files}
    return subjects(read.history.entries) | authors


async def _shown(request: PageRequest, told: Telling, read: Read, turn: LoopTurn) -> dict[str, Any]:
    case = read.case
    barred, comments = [], []
    for event in case.barred[:MOST_BARRED]:
        barred.append(why_not(told, case, event, pages_of(request).why(case, event)))
        await turn.give()
    for comment in reversed(read.comments[:MOST_COMMENTS]):
        comments.append(said(told, comment))
        await turn.give()
    timeline = await read.history.told(told, turn)
    return {
        **around(told, case),
        "barred": barred,
        "barred_more": len(case.barred) - len(barred),
        "summary": summary(told, case.views),
        "comments": comments,
        "older_comments": len(read.comments) > MOST_COMMENTS,
        "files": [file_line(told, one) for one in read.files[:MOST_FILES]],
        "more_files": len(read.files) > MOST_FILES,
        "links": link_lines(told, read.links, services_of(request).case_types.list()),
        "drawing": await part_drawn(told, case, read.travelled),
        "standing": [(subject, told.role(role)) for subject, role in case.roles],
        "timeline": told_once(timeline, comments),
        "older": read.history.older(),
        "shown": "all",
        "filters": filters(told),
    }


def told_once(timeline: Sequence[Told], comments: Sequence[Said]) -> list[Told]:
    """What stands among the comments as it reads there is not said again in the timeline, which leads to it."""
    said_there = {(one.id, one.html) for one in comments}
    return [
        replace(one, quote=None, elsewhere=True) if (one.comment, one.quote) in said_there else one for one in timeline
    ]


def filters(told: Telling) -> list[tuple[str, str]]:
    """The words of what can be looked at of a timeline."""
    _ = told.gettext
    return [
        ("all", _("Everything")),
        ("events", _("Events")),
        ("clocks", _("Clocks")),
        ("comments", _("Comments")),
        ("files", _("Files")),
        ("refused", _("Refused")),
    ]
