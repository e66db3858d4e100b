"""Saved views: how people look at cases, kept for them and shared where they say so."""

from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter

from app.http.border.documented import problems
from app.http.border.parameters import existing
from app.http.border.services import ApiRequest, services_of
from app.http.cases.view_bodies import SavedViewsView, SavedViewView, SaveView
from app.services.cases.saved_views import NewView
from app.services.store.saved_views import SavedView, Shows

ViewId = Annotated[str, PathParameter(description="The view's id, a UUID", schema_extra={"format": "uuid"})]


@get("/views", operation_id="listViews", summary="The saved views", responses=problems())
async def list_views(request: ApiRequest) -> Response[SavedViewsView]:
    """The caller's own and those that others of the tenant share. A view says how to look at cases; which cases it
    shows is decided by what the caller may read when they look."""
    return Response({"items": [_shown(view) for view in await services_of(request).views.list(request.user)]})


@post(
    "/views", operation_id="saveView", summary="Save a view", responses=problems("conflict", "over_quota", writes=True)
)
async def save_view(request: ApiRequest, data: JSONBody[SaveView]) -> Response[SavedViewView]:
    """The caller's from now on. Each title stands once among their views. One default at most: the last one saved."""
    return Response(_shown(await services_of(request).views.make(request.user, _wanted(data))), status_code=201)


@get("/views/{view_id:str}", operation_id="readView", summary="Read a saved view", responses=problems("not_found"))
async def read_view(request: ApiRequest, view_id: ViewId) -> Response[SavedViewView]:
    """One's own, or one that is shared."""
    return Response(_shown(await services_of(request).views.read(request.user, existing(view_id))))


@put(
    "/views/{view_id:str}",
    operation_id="changeView",
    summary="Change a saved view",
    responses=problems("conflict", "denied", "not_found", "over_quota", writes=True),
)
async def change_view(request: ApiRequest, view_id: ViewId, data: JSONBody[SaveView]) -> Response[SavedViewView]:
    """What it is from now on, as a whole; only its owner may."""
    changed = await services_of(request).views.change(request.user, existing(view_id), _wanted(data))
    return Response(_shown(changed))


@delete(
    "/views/{view_id:str}",
    operation_id="dropView",
    summary="Remove a saved view",
    status_code=204,
    responses=problems("denied", "not_found"),
)
async def drop_view(request: ApiRequest, view_id: ViewId) -> None:
    """For everybody who saw it; only its owner may."""
    await services_of(request).views.drop(request.user, existing(view_id))


def _wanted(body: SaveView) -> NewView:
    shows, filters = body.shows, body.shows.filters.model_dump(exclude_none=True)
    columns = None if shows.columns is None else tuple(shows.columns)
    return NewView(body.title, Shows(shows.queue, filters, shows.sort, columns), body.shared, body.default)


def _shown(view: SavedView) -> SavedViewView:
    shows = view.shows
    return {
        "id": view.id,
        "owner": view.owner,
        "title": view.title,
        "shows": {
            "queue": shows.queue,
            "filters": dict(shows.filters),
            "sort": shows.sort,
            "columns": None if shows.columns is None else list(shows.columns),
        },
        "shared": view.shared,
        "default": view.preferred,
    }


SAVED_VIEWS = (list_views, save_view, read_view, change_view, drop_view)
