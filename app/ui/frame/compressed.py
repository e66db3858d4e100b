"""Send pages compressed to whoever takes it so; what may be large or is compressed already passes as it is."""

import gzip
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 1024
LEVEL = 1
"""A page is a tenth of its size so, and hardly smaller at six times the processor."""
TEXT = (b"text/html", b"image/svg+xml", b"text/csv")


def compressed(app: ASGIApp) -> ASGIApp:
    """A middleware for pages, whose bodies come in one piece."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _packing(send) if _takes_gzip(scope) else send)

    return answering


def _packing(send: Send) -> Send:
    held: list[Message] = []

    async def packing(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_text(message):
            held.append(message)
            return
        if held and message["type"] == "http.response.body":
            start: Any = held.pop()
            body = message["body"]
            if not message.get("more_body") and len(body) >= SMALL:
                body = gzip.compress(body, LEVEL, mtime=0)
                start["headers"] = _of_packed(start["headers"], len(body))
                message = {"type": "http.response.body", "body": body, "more_body": False}
            await send(start)
        await send(message)

    return packing


def _of_packed(headers: Any, length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    told = [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"), (b"content-length", b"%d" % length)]
    return [*kept, *told]


def _takes_gzip(scope: Scope) -> bool:
    asked = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    return any(_names_gzip(part) for part in asked.lower().split(b","))


def _names_gzip(part: bytes) -> bool:
    name, _, quality = part.replace(b" ", b"").partition(b";q=")
    return name == b"gzip" and quality.rstrip(b"0") not in (b"", b"0.") if b";" in part else name == b"gzip"


def _is_text(start: Any) -> bool:
    headers = {name.lower(): value for name, value in start["headers"]}
    return b"content-encoding" not in headers and headers.get(b"content-type", b"").startswith(TEXT)
