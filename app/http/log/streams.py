"""Read along: the log of the tenant, or of one case, as server-sent events."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
import structlog
from litestar import get
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from app.domain.values.errors import invalid
from app.http.border.documented import problems
from app.http.border.event_stream import EVENT_STREAM, EventStream, event, pieces, sign_of_life
from app.http.border.headers import request_id
from app.http.border.parameters import CaseId, existing
from app.http.border.services import ApiRequest, readmitting, services_of
from app.http.border.views import LeafEventView
from app.http.log.feed import leaf_view
from app.http.log.noting import STREAM, note
from app.services.log.ledger import FeedPage
from app.services.store.failures import StoreUnavailable
from app.services.store.log import FROM_THE_FIRST, Leaf

NOW = "now"
LEAF_INDEX = re.compile("-1|[0-9]{1,15}")
EVENTS = ResponseSpec(
    data_container=LeafEventView,
    generate_examples=False,
    media_type=EVENT_STREAM,
    description="An event per entry, each of this schema. Comments keep the connection alive. The stream ends when the "
    "service stops or a right is taken away: connect again",
)
LOGGER = structlog.get_logger("stateward.http")

AfterOrNow = Annotated[
    str | None,
    QueryParameter(
        description="Begin after this leaf_index. -1, the default, begins with the first entry; `now` with what is new",
        pattern=rf"^(now|{LEAF_INDEX.pattern})$",
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The id of the last event that the caller has: the stream goes on behind it, whatever `after` says",
        schema_extra={"pattern": f"^({LEAF_INDEX.pattern})$"},
    ),
]
PRODUCES = (EVENT_STREAM,)


@get(
    "/stream",
    operation_id="streamFeed",
    summary="The log of the tenant as it grows",
    media_type=EVENT_STREAM,
    responses={200: EVENTS, **problems("invalid")},
    produces=PRODUCES,
)
async def stream_tenant(
    request: ApiRequest, after: AfterOrNow = None, last_event_id: LastEventId = None
) -> EventStream:
    """What `GET /audit` answers, without an end. It ends at the next entry for one who may read nothing any more."""
    cursor = _cursor(after, last_event_id)
    await note(request, STREAM)
    return await _stream(request, None, cursor)


@get(
    "/cases/{case_id:str}/stream",
    operation_id="streamCase",
    summary="The log of a case as it grows",
    media_type=EVENT_STREAM,
    responses={200: EVENTS, **problems("not_found", "invalid")},
    produces=PRODUCES,
)
async def stream_case(
    request: ApiRequest, case_id: CaseId, after: AfterOrNow = None, last_event_id: LastEventId = None
) -> EventStream:
    """The chain of the case and its refused attempts, in the order of the tenant's log. It ends at the next entry
    for one who may not read the case any more."""
    case_id = existing(case_id)
    await services_of(request).cases.show(request.user, case_id)
    return await _stream(request, case_id, _cursor(after, last_event_id))


async def _stream(request: ApiRequest, case_id: str | None, after: int | None) -> EventStream:
    """The first page before the status is sent: who may not come in, or finds no room, is told so."""
    pages = services_of(request).ledger.follow(readmitting(request), case_id, after)
    return EventStream(_followed(request, await anext(pages), _noted(request, pages) if case_id is None else pages))


async def _followed(request: ApiRequest, first: FeedPage, pages: AsyncGenerator[FeedPage]) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(pages):
            yield sign_of_life(first.next_after)
            async for page in pages:
                for piece in pieces(
                    event(leaf.leaf_index, msgspec.json.encode(leaf_view(leaf))) for leaf in page.items
                ):
                    yield piece
                if not page.items:
                    yield sign_of_life(page.next_after)
    except StoreUnavailable:
        LOGGER.info("a stream ended: the database is not available", request_id=request_id(request.scope))


async def _noted(request: ApiRequest, pages: AsyncGenerator[FeedPage]) -> AsyncGenerator[FeedPage]:
    """A stream of hours is read in each of them."""
    async with aclosing(pages):
        async for page in pages:
            if page.items:
                await note(request, STREAM)
            yield page


def _event(leaf: Leaf) -> bytes:
    return event(leaf.leaf_index, msgspec.json.encode(leaf_view(leaf)))


def _cursor(after: str | None, last_event_id: str | None) -> int | None:
    """Where to begin; None is now."""
    if last_event_id is None:
        return None if after == NOW else int(after or FROM_THE_FIRST)
    if not LEAF_INDEX.fullmatch(last_event_id):
        raise invalid("Last-Event-ID", "must be the id of an event of this stream")
    return int(last_event_id)
