"""All that a page reads is of one moment and comes over one connection, from who its reader is known until it is
answered."""

from contextlib import AsyncExitStack
from typing import Any

from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.http.border.services import services_of

KEPT = "reading"


def at_one_moment(app: ASGIApp) -> ASGIApp:
    """A middleware for pages. What is sent piece by piece reads each for itself: a slow reader holds nothing."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as reading:
            scope["state"][KEPT] = reading

            async def sending(message: Message) -> None:
                await reading.aclose()
                await send(message)

            await app(scope, receive, sending)

    return answering


async def begin_reading(connection: ASGIConnection[Any, Any, Any, Any], tenant: str) -> None:
    """For what only looks: whoever does something reads what came of it afterwards."""
    reading = connection.scope["state"].get(KEPT)
    if isinstance(reading, AsyncExitStack) and connection.scope.get("method") == "GET":
        await reading.enter_async_context(services_of(connection).together(tenant))  # type: ignore[arg-type]
