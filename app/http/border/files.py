"""A file of a case as an answer: to be saved, or to be looked at where its bytes are of a kind that is safe to show."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from litestar.response import Stream

from app.domain.values.media_types import ENOUGH, sniffed
from app.services.store.work import StoredAttachment

UNKNOWN: Final = "application/octet-stream"
SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
"""Types that a browser shows and does not run. SVG is none of them: it holds scripts."""
SAVED_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
SHOWN_POLICY: Final = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox"
)
"""Browsers make a page around an image, with a style of their own; it has no origin, and runs nothing."""


def saved(file: StoredAttachment, pieces: AsyncIterator[bytes]) -> Stream:
    """The bytes as they came, to be saved: never to be shown or run by a browser, whatever they are."""
    return Stream(pieces, media_type=UNKNOWN, headers=_headers(file, "attachment", SAVED_POLICY))


async def shown(file: StoredAttachment, pieces: AsyncIterator[bytes]) -> Stream:
    """To be looked at, where the first bytes are of a type that may be; else to be saved. What its sender says it is,
    and its name, say nothing here."""
    head = await anext(pieces)
    kind = sniffed(head[:ENOUGH])
    if kind is None or kind not in SHOWN:
        return saved(file, _again(head, pieces))
    return Stream(_again(head, pieces), media_type=kind, headers=_headers(file, "inline", SHOWN_POLICY))


def _headers(file: StoredAttachment, how: str, policy: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.file_name or file.id, safe='')}",
        "Content-Length": str(file.size),
        "Content-Security-Policy": policy,
        "ETag": f'"{file.sha256}"',
    }


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
