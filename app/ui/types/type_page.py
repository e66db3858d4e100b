"""The list of case types, one case type, and its diagram alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response, get

from app.domain.definition.titles import titled, titled_case_type
from app.domain.values.errors import NotFound
from app.http.border.services import TypeRightsPort, services_of
from app.services.definitions.case_types import CaseTypeView, PublishedVersion
from app.services.fairness.yielding import LoopTurn
from app.ui.frame.page import page, times_for, words_for
from app.ui.frame.reader import PageRequest
from app.ui.types.asked import Against, First, TypeName, Version
from app.ui.types.clock_words import told_clocks
from app.ui.types.drawing import drawing
from app.ui.types.transitions import table_rows, told_rows
from app.ui.types.versions import compared, told_versions

ROWS = 50


@get("/types")
async def list_types(request: PageRequest) -> Response[str]:
    """Those that the reader has to do with."""
    words = words_for(request)
    readable = await _rights(request).readable(request.user.actor)
    views = [view for view in services_of(request).case_types.list() if view.case_type.case_type in readable]
    rows = [
        {
            "href": f"/types/{view.case_type.case_type}",
            "title": titled_case_type(view.case_type, words.language),
            "description": titled(view.case_type.description, words.language),
            "version": view.version,
        }
        for view in views
    ]
    return page(request, "types/list.html", title=words.gettext("Case types"), rows=rows)


@get("/types/{name:str}")
async def show_type(
    request: PageRequest, name: TypeName, version: Version = None, against: Against = None, first: First = 1
) -> Response[str]:
    view = await _readable(request, name, version)
    case_type, words, turns = view.case_type, words_for(request), LoopTurn()
    rights, actor = _rights(request), request.user.actor
    table = table_rows(case_type)
    first = min(first, len(table))
    shown = table[first - 1 : first - 1 + ROWS]
    doers = await rights.doers(actor, name, [row.event for row in shown if row.event])
    versions = await services_of(request).case_types.versions(name)
    title = titled_case_type(case_type, words.language)
    return page(
        request,
        "types/type.html",
        title=title,
        name=name,
        description=titled(case_type.description, words.language),
        version=view.version,
        in_force=_in_force(versions, view),
        may_open=bool(await rights.openings(actor, name)),
        drawn=await drawing(case_type, view.hash, words),
        rows=await turns.taking(told_rows(case_type, shown, doers, words)),
        pages=_pages(first, len(shown), len(table), name, version),
        clocks=told_clocks(case_type, times_for(request)),
        versions=told_versions(versions, view.version),
        compared=await compared(request, view, versions, against, turns),
    )


@get("/types/{name:str}/diagram")
async def draw_type(request: PageRequest, name: TypeName, version: Version = None) -> Response[str]:
    """The picture on a page of its own, however large."""
    view, words = await _readable(request, name, version), words_for(request)
    title = titled_case_type(view.case_type, words.language)
    return page(
        request,
        "types/diagram.html",
        title=words.gettext("Diagram of %(title)s", title=title),
        name=name,
        type_title=title,
        version=view.version,
        drawn=await drawing(view.case_type, view.hash, words, whole=True),
    )


async def _readable(request: PageRequest, name: str, version: int | None) -> CaseTypeView:
    """Not theirs is not there. Of a case type that is not declared any more the newest version is shown."""
    case_types = services_of(request).case_types
    if not await _rights(request).reads(request.user.actor, name):
        raise NotFound("there is no such case type")
    versions = [one.version for one in await case_types.versions(name)]
    if version is not None and version not in versions:
        raise NotFound("there is no such version of the case type")
    try:
        return await case_types.version(name, version)
    except NotFound:
        return await case_types.version(name, versions[0])


def _rights(request: PageRequest) -> TypeRightsPort:
    rights = services_of(request).type_rights
    if rights is None:
        raise NotFound("this service shows no case types")
    return rights


def _in_force(versions: Sequence[PublishedVersion], view: CaseTypeView) -> bool:
    return any(one.in_force and one.version == view.version for one in versions)


def _pages(first: int, shown: int, total: int, name: str, version: int | None) -> Mapping[str, Any]:
    """Where the rows before and after are."""
    asked = f"version={version}&" if version else ""
    href = f"/types/{name}?{asked}from="
    return {
        "first": first,
        "last": first + shown - 1,
        "total": total,
        "previous": f"{href}{max(first - ROWS, 1)}#events" if first > 1 else None,
        "next": f"{href}{first + ROWS}#events" if first - 1 + shown < total else None,
    }
