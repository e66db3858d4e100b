"""A response of server-sent events (WHATWG HTML, 9.2), which ends when its reader has gone or is too slow."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing

import structlog
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from app.http.border.disconnecting import gone

EVENT_STREAM = "text/event-stream"
TOO_SLOW = 30.0
"""Seconds that a reader may leave the next piece lying in full buffers."""
LARGE = 64 * 2**10
"""Bytes of a piece that is sent without waiting for more."""
HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold the events back
}
LOGGER = structlog.get_logger("stateward.http")


class EventStream(ASGIResponse):
    """Sends pieces as they come. The server takes the next one when the reader has taken enough of those before."""

    __slots__ = ("_pieces",)
    _should_set_content_length = False

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        super().__init__(media_type=EVENT_STREAM, headers=HEADERS)
        self._pieces = pieces

    async def send_body(self, send: Send, receive: Receive) -> None:
        sending = asyncio.create_task(self._send(send))
        hung_up = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait((sending, hung_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            hung_up.cancel()
            await asyncio.gather(sending, hung_up, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        try:
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    async with asyncio.timeout(TOO_SLOW):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            LOGGER.info("a stream ended: its reader is too slow")


def pieces(events: Iterable[bytes]) -> Iterator[bytes]:
    """The events together, as far as they are small: to send one costs the loop more than to make it."""
    piece = bytearray()
    for one in events:
        piece += one
        if len(piece) >= LARGE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def event(number: int, data: bytes) -> bytes:
    """One event; `data` is JSON, which has no line breaks."""
    return b"id: %d\ndata: %b\n\n" % (number, data)


def sign_of_life(number: int) -> bytes:
    """A comment that keeps the connection alive; it raises no event, but the reader remembers the id."""
    return b":\nid: %d\n\n" % number
