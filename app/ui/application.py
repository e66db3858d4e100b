"""The application of a service that has pages: the API, and the pages beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from litestar import Litestar

from app.http.app import HttpSettings, Lifespan, create_app
from app.http.border.services import Services
from app.ui.frame.brand import Brand
from app.ui.frame.environment import warm
from app.ui.frame.errors import on_any_exception
from app.ui.frame.frame import PLAIN_COOKIE, SECURE_COOKIE, Frame
from app.ui.frame.posted import MOST_FIELDS
from app.ui.frame.reader import Nobody, ReadersPort
from app.ui.frame.static import assets
from app.ui.pages import SIDES, pages
from app.ui.sign_in.leaving import ended
from app.ui.sign_in.ways import Ways


def framed(
    readers: ReadersPort | None = None, brand: Brand | None = None, *, secure: bool = True, demo: bool = False
) -> Frame:
    """What the pages share. `secure`: whether browsers come by TLS, so that the cookie may demand it."""
    brand = brand or Brand()
    return Frame(
        readers=readers or Nobody(),
        assets=assets(brand),
        brand=brand,
        cookie=SECURE_COOKIE if secure else PLAIN_COOKIE,
        demo=demo,
        sides=SIDES,
    )


def with_pages(
    services: Services,
    settings: HttpSettings,
    frame: Frame,
    lifespan: Sequence[Lifespan] = (),
    ways: Ways | None = None,
) -> Litestar:
    """`ways` are those in; without them nobody signs in here, and `frame` knows its readers from elsewhere."""
    app = create_app(services, settings, pages(frame.demo), [_warming, *lifespan], on_any_exception)
    app.multipart_form_part_limit = MOST_FIELDS
    places = frozenset(route.path_format for route in app.routes)
    app.state.frame = replace(frame, places=places, ended=ended if ways else None)
    if ways:
        app.state.ways = replace(ways, flows=app.state.border.flows)
    return app


@asynccontextmanager
async def _warming(_: Litestar) -> AsyncIterator[None]:
    """Beside the first requests, which may come meanwhile."""
    task = asyncio.create_task(asyncio.to_thread(warm))
    yield
    await task
