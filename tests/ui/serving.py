"""Pages over HTTP without a server: a client with somebody signed in, over fakes or over a house that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.testing import TestClient

from app.domain.case.attempt import Actor
from app.http.app import HttpSettings
from app.http.border.gate import Border
from app.http.border.large import LargeBodies
from app.http.border.services import Services
from app.services.assembly import Assembly
from app.ui.application import framed, with_pages
from app.ui.frame.forgery import masked
from app.ui.frame.frame import PLAIN_COOKIE, Sides
from app.ui.frame.reader import Reader
from tests.fake_services import Fakes
from tests.house import CLERK
from tests.one_app import SECRET
from tests.over_http import services_of

HOST = "http://test.local"


@dataclass
class FakeReaders:
    """Sessions by their cookies."""

    sessions: dict[str, Reader] = field(default_factory=dict)
    raises: Exception | None = None

    async def reader(self, cookie: str | None, *, used: bool = True) -> Reader | None:
        if self.raises is not None:
            raise self.raises
        return self.sessions.get(cookie or "")

    def tenant(self, cookie: str | None) -> str | None:
        found = self.sessions.get(cookie or "")
        return found.tenant if found else None


def reader(actor: Actor = CLERK, name: str = "Carl Clerk", session: str = "session-of-carl", **likes: Any) -> Reader:
    return Reader(actor=actor, name=name, session_id=session, **likes)


@cache
def _made(demo: bool) -> Litestar:
    """Making one takes as long as ten requests: tests share it, one after the other."""
    return with_pages(Fakes().services(), HttpSettings(SECRET), framed(secure=False, demo=demo))


def app_of(services: Services, readers: Any, *, demo: bool = True, sides: Sides | None = None) -> Litestar:
    """The application with these services; the next call gives the same one with others."""
    app = _made(demo)
    app.state.services, app.state.border = services, Border(services, SECRET, ())
    app.state.large_bodies = LargeBodies(services.slices)
    app.state.frame = replace(app.state.frame, readers=readers, sides=sides or framed(secure=False).sides)
    return app


def cookies_of(somebody: Reader | None) -> dict[str, str]:
    return {PLAIN_COOKIE: somebody.session_id} if somebody else {}


def headers_of(host: str = HOST) -> dict[str, str]:
    """As a browser says them."""
    return {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "origin": host}


def token_of(somebody: Reader) -> dict[str, str]:
    """The hidden field of somebody's forms."""
    return {"csrf": masked(somebody.session_id)}


@contextmanager
def pages(
    services: Services | None = None,
    somebody: Reader | None = None,
    *,
    signed_in: bool = True,
    demo: bool = True,
    readers: Any = None,
    sides: Sides | None = None,
) -> Iterator[TestClient[Litestar]]:
    """A client over fakes, with Carl, a clerk of acme, signed in unless told otherwise."""
    who = (somebody or reader()) if signed_in else None
    known = readers or FakeReaders({who.session_id: who} if who else {})
    app = app_of(services or Fakes().services(), known, demo=demo, sides=sides)
    with TestClient(app, HOST, raise_server_exceptions=False, cookies=cookies_of(who)) as client:
        client.headers.update(headers_of())
        client.follow_redirects = False
        yield client


def client_of(
    house: Assembly, somebody: Reader | None = None, *others: Reader, services: Services | None = None
) -> AsyncClient:
    """For a house that runs; `others` are signed in too, under the cookies of their sessions."""
    who = somebody or reader()
    known = FakeReaders({one.session_id: one for one in (who, *others)})
    app = app_of(services or services_of(house), known)
    transport = ASGITransport(app, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url=HOST, headers=headers_of(), cookies=cookies_of(who))
