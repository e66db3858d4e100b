"""Saved views as pages: keep what a list shows now, rename and share it, remove it."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Response, get, post
from litestar.params import FromPath

from app.domain.values.errors import CaseError
from app.http.border.parameters import existing
from app.http.border.services import services_of
from app.services.cases.queues import SETS
from app.services.cases.saved_views import NewView
from app.services.store.saved_views import SavedView, Shows
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest
from app.ui.queue.asked import read
from app.ui.queue.faults import fault_words
from app.ui.queue.going import to
from app.ui.queue.names import names
from app.ui.queue.queue import Looked, looked_at

LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form."""

    title: str = ""
    shared: bool = False
    preferred: bool = False


@get("/views")
async def all_views(request: PageRequest) -> Response[str]:
    views = await services_of(request).views.list(request.user.actor)
    own = [view for view in views if view.owner == request.user.id]
    others = [view for view in views if view.owner != request.user.id]
    people = await names(request, (view.owner for view in others))
    title = words_for(request).gettext("Saved views")
    return page(request, "queue/views.html", title=title, own=own, others=others, people=people)


@get("/views/new")
async def new_view(request: PageRequest) -> Response[str]:
    """Of the list whose address stands behind the question mark."""
    looked = await looked_at(request, read(request.query_params.multi_items()))
    return _form(request, looked, Filled(_proposed(looked)))


@post("/views/new")
async def save_view(request: PageRequest) -> Response[str]:
    looked = await looked_at(request, read(request.query_params.multi_items()))
    filled = _filled(await posted(request))
    if faults := _faults(request, looked, filled):
        return _form(request, looked, filled, faults)
    wanted = NewView(filled.title, _shows(request, looked), filled.shared, filled.preferred)
    try:
        view = await services_of(request).views.make(request.user.actor, wanted)
    except CaseError as refused:
        return _form(request, looked, filled, _told(request, refused))
    return to(f"/?view={view.id}")


@get("/views/{view_id:str}")
async def read_view(request: PageRequest, view_id: FromPath[str]) -> Response[str]:
    """To change it. Raises NotFound."""
    view = await services_of(request).views.read(request.user.actor, existing(view_id))
    return await _view(request, view, Filled(view.title, view.shared, view.preferred))


@post("/views/{view_id:str}")
async def change_view(request: PageRequest, view_id: FromPath[str]) -> Response[str]:
    """Or remove it, where that button was used. Raises NotFound and Denied."""
    views, actor, sent = services_of(request).views, request.user.actor, await posted(request)
    view = await views.read(actor, existing(view_id))
    if sent.one("remove"):
        await views.drop(actor, view.id)
        return to("/views")
    filled = _filled(sent)
    try:
        await views.change(actor, view.id, NewView(filled.title, view.shows, filled.shared, filled.preferred))
    except CaseError as refused:
        return await _view(request, view, filled, _told(request, refused))
    return to(f"/?view={view.id}")


def _filled(sent: Posted) -> Filled:
    return Filled(" ".join(sent.one("title").split()), sent.one("shared") == "yes", sent.one("preferred") == "yes")


def _proposed(looked: Looked) -> str:
    return looked.view.title if looked.view else ""


def _shows(request: PageRequest, looked: Looked) -> Shows:
    """What the list shows now, which may be another saved view with more filters."""
    reader, asked = request.user, looked.asked
    filters = {**looked.shows.filters, **asked.filters(reader.id, reader.zone)}
    kept = {name: value for name, value in filters.items() if name not in SETS.get(looked.shows.queue or "", ())}
    return Shows(looked.shows.queue, kept, asked.sort or looked.shows.sort, looked.shows.columns)


def _faults(request: PageRequest, looked: Looked, filled: Filled) -> Sequence[tuple[str | None, str]]:
    say = words_for(request).gettext
    if not filled.title:
        return [("title", say("Enter a name"))]
    if len(filled.title) > LONGEST_TITLE:
        return [("title", say("Enter a name of at most %(number)s characters", number=LONGEST_TITLE))]
    return [(None, fault_words(words_for(request), name, fault)) for name, fault in looked.asked.faults]


def _told(request: PageRequest, refused: CaseError) -> Sequence[tuple[str | None, str]]:
    say = words_for(request)
    fields = [(fault.field, said_by_api(fault.message, say)) for fault in refused.errors]
    return fields or [(None, said_by_api(refused.message, say))]


def _form(
    request: PageRequest, looked: Looked, filled: Filled, errors: Sequence[tuple[str | None, str]] = ()
) -> Response[str]:
    return page(
        request,
        "queue/save_view.html",
        title=words_for(request).gettext("Save as view"),
        status=422 if errors else 200,
        action=looked.asked.href("/views/new"),
        back=looked.asked.href(),
        view=None,
        filled=filled,
        errors=errors,
    )


async def _view(
    request: PageRequest, view: SavedView, filled: Filled, errors: Sequence[tuple[str | None, str]] = ()
) -> Response[str]:
    return page(
        request,
        "queue/save_view.html",
        title=view.title,
        status=422 if errors else 200,
        action=f"/views/{view.id}",
        back=f"/?view={view.id}",
        view=view,
        filled=filled,
        errors=errors,
        people=await names(request, [view.owner]),
    )


VIEWS = (all_views, new_view, save_view, read_view, change_view)
