"""The log of a tenant as a feed: page by page, or waiting for what comes."""

from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import QueryParameter

from app.http.border.disconnecting import unless_gone
from app.http.border.documented import problems
from app.http.border.entrance import leave
from app.http.border.parameters import Limit
from app.http.border.services import ApiRequest, readmitting, services_of
from app.http.border.views import FeedView, LeafView
from app.http.log.audit import shown
from app.http.log.noting import FEED, note
from app.services.log.ledger import FeedPage
from app.services.store.log import FROM_THE_FIRST, Leaf

LONGEST_WAIT = 30
LARGEST = 10**15

AfterLeaf = Annotated[
    int,
    QueryParameter(
        description="Only entries with a leaf_index above this: the next_after of the previous page. "
        "The first entry of a tenant has leaf_index 0, so -1 begins with it",
        ge=FROM_THE_FIRST,
        le=LARGEST,
    ),
]
Wait = Annotated[
    int, QueryParameter(description="Seconds to wait for an entry while there is none", ge=0, le=LONGEST_WAIT)
]

WhichLog = Annotated[
    Literal["tenant", "service"],
    QueryParameter(
        description="`service`: what binds all tenants, as definitions, calendars, and lines of policy files for `*`"
    ),
]


@get("/audit", operation_id="readFeed", summary="The log of the tenant, in order", responses=problems("invalid"))
async def read_feed(
    request: ApiRequest, after: AfterLeaf = FROM_THE_FIRST, limit: Limit = 50, wait: Wait = 0, log: WhichLog = "tenant"
) -> Response[FeedView]:
    """The entries of all cases that the caller may read, in the order of their leaf_index, which has no gaps. What
    the caller may not read is left out, and next_after passes it. What concerns no case is for administrators and
    auditors, and so is the log of the service, which has indexes of its own and is answered at once."""
    await note(request, FEED, log)
    ledger = services_of(request).ledger
    if log == "service":
        page = await ledger.of_service(request.user, after, limit)
    else:
        if wait:
            leave(request.scope)  # what is new may come in half a minute
        feeding = ledger.feed(request.user, after, limit, wait, readmitting(request))
        page = await (unless_gone(request.receive, feeding, FeedPage((), after)) if wait else feeding)
    return Response({"items": [leaf_view(leaf) for leaf in page.items], "next_after": page.next_after})


def leaf_view(leaf: Leaf) -> LeafView:
    return {"leaf_index": leaf.leaf_index, "case_id": leaf.case_id, **shown(leaf.entry)}
