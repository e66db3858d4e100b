"""What all pages share, made once at the start: where their words, files and readers come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection

if TYPE_CHECKING:
    from app.ui.frame.brand import Brand
    from app.ui.frame.reader import ReadersPort
    from app.ui.frame.static import Assets

SECURE_COOKIE = "__Host-stateward"
PLAIN_COOKIE = "stateward_session"
"""On plain http only: `__Host-` needs a connection by TLS."""


@dataclass(frozen=True, slots=True)
class Side:
    """A line of the side; `count` is in words already ("1000+"), or None where nobody counted."""

    title: str
    href: str
    count: str | None = None
    current: bool = False


Sides = Callable[[Any], Awaitable[Sequence[Side]]]
"""The side for a request whose reader is known."""

Ended = Callable[[Any], Awaitable[Any]]
"""What answers a form that was sent when its session was over; None where it leads to the sign-in page only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """`places` are the paths that there are, so that the bar names no page that is not; `demo`: pages that only the
    demo shows, and ways in that only it has."""

    readers: ReadersPort
    assets: Assets
    brand: Brand
    cookie: str = SECURE_COOKIE
    demo: bool = False
    sides: Sides | None = None
    ended: Ended | None = None
    places: frozenset[str] = frozenset()


def frame_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Frame:
    frame: Frame = connection.app.state.frame
    return frame
