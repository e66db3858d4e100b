"""What shows that a form comes from a page of ours: its origin, and a token that only this session's pages hold."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from app.domain.values.errors import CaseError
from app.ui.frame.frame import frame_of
from app.ui.frame.posted import posted
from app.ui.frame.words import to_say

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BYTES = hashlib.sha256().digest_size


class NotFromOurPage(CaseError):
    """Another site may have made the browser send it, or the page is of a session that is over."""

    code = "denied"


def masked(secret: str) -> str:
    """A token for the pages of a session, another one each time: answers are compressed, and what is the same in many
    of them can be guessed from their sizes (BREACH)."""
    mask = os.urandom(BYTES)
    return urlsafe_b64encode(mask + _xor(mask, _proof(secret))).decode()


def belongs(token: str, secret: str) -> bool:
    """Whether a token was made for this session."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return False
    return len(raw) == 2 * BYTES and hmac.compare_digest(_xor(raw[:BYTES], raw[BYTES:]), _proof(secret))


async def from_our_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """For every route that changes something. Raises NotFromOurPage."""
    if connection.scope.get("method") in SAFE or connection.scope["state"].get("from_our_page"):
        return
    check_origin(connection)
    secret = connection.cookies.get(frame_of(connection).cookie, "")
    token = connection.headers.get(HEADER)
    if token is None:
        assert isinstance(connection, Request)
        token = (await posted(connection)).one(FIELD)
    check_token(token, secret)
    connection.scope["state"]["from_our_page"] = True


def check_token(token: str, secret: str | None) -> None:
    """The form is of a page of this session, which may be over. Raises NotFromOurPage."""
    if not secret or not belongs(token, secret):
        raise NotFromOurPage(to_say("This page is no longer valid. Open it again and send it once more."))


def check_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """The form is of the address that it is sent to. Browsers say so of everything that is no GET."""
    origin = urlsplit(connection.headers.get("origin", ""))
    same = origin.netloc != "" and origin.netloc == connection.headers.get("host", "")
    secure = origin.scheme == "https" or not frame_of(connection).cookie.startswith("__Host-")
    if not same:
        raise NotFromOurPage(to_say("This was sent from another site. Open the page here and send it from there."))
    if not secure:
        raise NotFromOurPage(to_say("This page was opened without TLS. Open it by https:// and send it from there."))


def _proof(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"a form of this session", "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
