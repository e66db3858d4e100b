"""The cookies: who is signed in, who is about to, and the way over an issuer."""

from secrets import token_urlsafe
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from app.ui.frame.frame import SECURE_COOKIE, frame_of

VISIT, WAY = "visit", "way"
WAY_LASTS = 600
LONGEST = 4000


def session_cookie(request: Request[Any, Any, Any]) -> str | None:
    return request.cookies.get(frame_of(request).cookie)


def set_session(request: Request[Any, Any, Any], response: Response[Any], value: str) -> None:
    """It goes with the browser: the server ends it sooner, or after twelve hours."""
    response.set_cookie(_cookie(request, frame_of(request).cookie, value))


def forget_session(request: Request[Any, Any, Any], response: Response[Any]) -> None:
    response.set_cookie(_cookie(request, frame_of(request).cookie, "", 0))


def visit(request: Request[Any, Any, Any]) -> str:
    """What a browser has before anybody is signed in, and keeps: forms of the ways in belong to it. A page that carries
    a form waits in one tab while somebody signs in in another."""
    kept = request.scope["state"]
    if VISIT not in kept:
        kept[VISIT] = request.cookies.get(_name(request, VISIT)) or token_urlsafe(32)
    return str(kept[VISIT])


def set_beside(request: Request[Any, Any, Any], response: Response[Any], which: str, value: str) -> None:
    response.set_cookie(_cookie(request, _name(request, which), value, WAY_LASTS if which == WAY else None))


def beside(request: Request[Any, Any, Any], which: str) -> str:
    return request.cookies.get(_name(request, which), "")[:LONGEST]


def forget(request: Request[Any, Any, Any], response: Response[Any], which: str) -> None:
    response.set_cookie(_cookie(request, _name(request, which), "", 0))


def _name(request: Request[Any, Any, Any], which: str) -> str:
    return f"{frame_of(request).cookie}_{which}"


def _cookie(request: Request[Any, Any, Any], name: str, value: str, lasts: int | None = None) -> Cookie:
    """`__Host-`: no other host, also none below ours, can set it (RFC 6265bis, 4.1.3)."""
    secure = frame_of(request).cookie == SECURE_COOKIE
    return Cookie(key=name, value=value, path="/", secure=secure, httponly=True, samesite="lax", max_age=lasts)
