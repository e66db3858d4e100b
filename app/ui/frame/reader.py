"""Who reads a page: the person behind a session, and how they like their pages."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler

from app.domain.case.attempt import Actor
from app.http.border.gate import Border
from app.ui.frame.at_one_moment import begin_reading
from app.ui.frame.frame import frame_of

Theme = Literal["auto", "light", "dark"]
Density = Literal["comfortable", "compact"]
UTC = ZoneInfo("UTC")
FRAGMENT = "fragment"
"""In a handler's `opt`: it answers a part that a page asks for by itself, which needs no side and is no click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody signed in. `actor` is whom the services know, `name` what people call them."""

    actor: Actor
    name: str
    session_id: str
    language: str = "en"
    zone: ZoneInfo = UTC
    theme: Theme = "auto"
    density: Density = "comfortable"
    keys: bool = True

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def id(self) -> str:
        return self.actor.id


PageRequest = Request[Reader, None, State]


class ReadersPort(Protocol):
    async def reader(self, cookie: str | None, *, used: bool = True) -> Reader | None:
        """Whom the cookie's session is of, as of now; None where it is no session, or none any more. Not `used`: a page
        asks by itself, which keeps no session open."""
        ...

    def tenant(self, cookie: str | None) -> str | None:
        """Of whom the cookie speaks, whether that is true or not; None where it names nobody."""
        ...


class Nobody:
    """The readers of a service that knows no sessions."""

    async def reader(self, cookie: str | None, *, used: bool = True) -> Reader | None:
        return None

    def tenant(self, cookie: str | None) -> str | None:
        return None


class SignInFirst(Exception):
    """Nobody is signed in, and the page is for those who are. `answer` carries what somebody wrote meanwhile."""

    def __init__(self, answer: Any = None) -> None:
        super().__init__()
        self.answer = answer


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Put the reader on the request once there is a place for it, as for a call of the API. Raises SignInFirst, and
    what the border raises."""
    if reader_of(connection) is not None:
        return
    frame = frame_of(connection)
    alone = bool(handler.opt.get(FRAGMENT))
    cookie = connection.cookies.get(frame.cookie)
    if tenant := frame.readers.tenant(cookie):
        await begin_reading(connection, tenant)
    reader = await frame.readers.reader(cookie, used=not alone)
    if reader is None:
        raise SignInFirst(await frame.ended(connection) if frame.ended else None)
    connection.scope["user"] = reader
    border: Border = connection.app.state.border
    await border.let_in(connection, reader.actor)
    if frame.sides is not None and not alone:
        connection.scope["state"]["sides"] = await frame.sides(connection)


def reader_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Reader | None:
    """The reader, where somebody is signed in."""
    found = connection.scope.get("user")
    return found if isinstance(found, Reader) else None
