"""The queue: what is to be done, in the order in which it is done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from litestar import Response, get

from app.domain.values.errors import Invalid
from app.domain.values.names import canonical_uuid
from app.domain.values.near_names import choose
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.http.border.services import services_of
from app.services.cases.queues import QUEUES
from app.services.cases.views import Wanted
from app.services.store.saved_views import SavedView, Shows
from app.ui.frame.headers import PAGE_HEADERS
from app.ui.frame.page import page, rendered, times_for, words_for
from app.ui.frame.reader import FRAGMENT, PageRequest
from app.ui.frame.words import Words
from app.ui.queue.asked import Asked, is_queue, read
from app.ui.queue.listed import Listed, listed
from app.ui.queue.names import names
from app.ui.queue.side import Work, in_words, titles, work_of

MOST_NEW = 50
SEEN = 8
"""Characters of an id that tell it from the others of a page."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Which list a page shows: one of the queues, or a saved view."""

    asked: Asked
    shows: Shows
    title: str
    view: SavedView | None = None


@get("/")
async def queue(request: PageRequest) -> Response[str]:
    looked, work = await looked_at(request, read(request.query_params.multi_items())), await work_of(request)
    found = await listed(request, looked.asked, looked.shows)
    queues = services_of(request).queues
    nothing = await _sees_nothing(request, looked, found)
    givers = list(queues.administrators(request.user.actor)) if nothing == "right" else []
    return page(
        request,
        "queue/queue.html",
        title=looked.title,
        status=found.status,
        errors=found.faults,
        looked=looked,
        found=found,
        tabs_=_tabs(request, looked, work),
        unassigned=_unassigned(work, words_for(request)),
        nothing=nothing,
        givers=(await names(request, givers)).values(),
        people=found.people,
        live_href=_live_href(request, looked.asked, found.seen),
    )


@get("/queue/new", opt={FRAGMENT: True})
async def new_in_queue(request: PageRequest) -> Response[str]:
    """How many cases came into a list since a page of it was made."""
    pairs = list(request.query_params.multi_items())
    beside = {name: value for name, value in pairs if name in ("since", "seen")}
    looked = await looked_at(request, read([pair for pair in pairs if pair[0] not in beside]))
    since, seen = _moment(beside.get("since", "")), beside.get("seen", "")
    number = 0 if since is None or looked.asked.faults else await _new(request, looked, since, seen)
    text = rendered(request, "queue/new.html", count=number, more=number == MOST_NEW, href=looked.asked.href())
    return Response(text if number else "", media_type="text/html", headers=PAGE_HEADERS)


async def looked_at(request: PageRequest, asked: Asked) -> Looked:
    """Raises NotFound for a saved view that there is not, or that is not the reader's to see."""
    say = words_for(request)
    name = asked.view or (await work_of(request)).first
    if is_queue(name):
        return Looked(replace(asked, view=name), Shows(name), titles(say)[name])
    view_id = canonical_uuid(name)
    if view_id is None:
        fault = ("view", f"is no queue; {choose(name, QUEUES, 'queues')}")
        wrong = replace(asked, view=QUEUES[0], faults=(*asked.faults, fault))
        return Looked(wrong, Shows(QUEUES[0]), titles(say)[QUEUES[0]])
    view = await services_of(request).views.read(request.user.actor, view_id)
    return Looked(replace(asked, view=view.id), view.shows, view.title, view)


def _tabs(request: PageRequest, looked: Looked, work: Work) -> Sequence[tuple[str, str, str | None, bool]]:
    """The queues; the filters that are set stay."""
    say, asked = words_for(request), looked.asked
    return [
        (title, f"/?view={name}", in_words(work.counts.get(name), say), name == asked.view)
        for name, title in titles(say).items()
    ]


def _unassigned(work: Work, say: Words) -> str:
    """`14 cases are unassigned.`"""
    count = work.counts.get("unassigned")
    if count is None or not count.value:
        return ""
    one, many = "%(number)s case is unassigned.", "%(number)s cases are unassigned."
    return say.ngettext(one, many, count.value, number=in_words(count, say))


async def _sees_nothing(request: PageRequest, looked: Looked, found: Listed) -> str | None:
    """Why there is no case at all for the reader: no `right`, or none is there, which is `new` to who reads all."""
    if found.rows or found.faults or looked.asked.given:
        return None
    every = await services_of(request).cases.find(request.user.actor, Wanted(limit=1))
    if every.items:
        return None
    if not found.may.whole:
        return "right"
    return "new" if found.may.whole == found.may.known else None


def _live_href(request: PageRequest, asked: Asked, seen: str) -> str | None:
    """Only on the first page: on the others nothing new is to be seen."""
    if asked.cursor is not None or asked.faults:
        return None
    since = rfc3339(times_for(request).now - timedelta(seconds=1))
    shown = asked.href("/queue/new")
    return f"{shown}{'&' if '?' in shown else '?'}since={since}&seen={seen}"


async def _new(request: PageRequest, looked: Looked, since: datetime, seen: str) -> int:
    reader, services = request.user, services_of(request)
    filters = {**looked.shows.filters, **looked.asked.filters(reader.id, reader.zone)}
    wanted = services.queues.wanted(
        reader.actor, replace(looked.shows, filters=filters), sort="-changed_at", limit=MOST_NEW, changed_after=since
    )
    known = {seen[start : start + SEEN] for start in range(0, len(seen), SEEN)}
    try:
        found = await services.cases.find(reader.actor, wanted)
    except Invalid:
        return 0
    return sum(case.id[-SEEN:] not in known for case in found.items)


def _moment(text: str) -> datetime | None:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return None
