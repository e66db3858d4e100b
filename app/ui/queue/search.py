"""Search: words and filters together, with what was found marked, by case type."""

from collections.abc import Sequence

from litestar import Response, get

from app.services.store.saved_views import Shows
from app.ui.frame.page import page, words_for
from app.ui.frame.reader import PageRequest
from app.ui.queue.asked import FILTERS, PAGING, Asked, read
from app.ui.queue.listed import Listed, listed

NEWEST_FIRST = "-changed_at"
KNOWN = (*FILTERS, *PAGING)
COLUMNS = ("state", "due", "assignee", "case_type", "changed_at")


@get("/search")
async def search(request: PageRequest) -> Response[str]:
    """Open and closed cases alike. Without words or filters nothing is listed yet."""
    asked, say = read(request.query_params.multi_items(), "/search", KNOWN), words_for(request)
    found = await listed(request, asked, Shows(sort=NEWEST_FIRST, columns=_columns(asked)), idle=not asked.given)
    words = asked.given.get("q", "")
    return page(
        request,
        "queue/search.html",
        title=say.gettext("Search: %(words)s", words=words) if words else say.gettext("Search"),
        status=found.status,
        errors=found.faults,
        asked=asked,
        found=found,
        tabs_=_tabs(asked, found, say.gettext("All case types")),
        people=found.people,
        search=words,
    )


def _columns(asked: Asked) -> tuple[str, ...]:
    return tuple(key for key in COLUMNS if key != "case_type" or "type" not in asked.given)


def _tabs(asked: Asked, found: Listed, every: str) -> Sequence[tuple[str, str, None, bool]]:
    """The case types, one of which may be chosen."""
    options = found.panel.options.get("type", ())
    chosen = asked.given.get("type")
    tabs = [(every, asked.without("state").href(type=None), None, chosen is None)]
    named = [(title, asked.without("state").href(type=name), None, name == chosen) for name, title in options if name]
    return [*tabs, *named] if options else []


SEARCH = (search,)
