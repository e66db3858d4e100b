"""All pages: the rooms of the house with what stands before them."""

from collections.abc import Sequence

from litestar import Router
from litestar.types import ControllerRouterHandler, Guard

from app.ui.case.routes import CASE
from app.ui.files.routes import FILES
from app.ui.forms.routes import FORMS
from app.ui.frame.at_one_moment import at_one_moment
from app.ui.frame.canonical import canonical_only
from app.ui.frame.compressed import compressed
from app.ui.frame.errors import on_page_exception
from app.ui.frame.forgery import from_our_page
from app.ui.frame.frame import Sides
from app.ui.frame.help import HELP
from app.ui.frame.reader import signed_in
from app.ui.frame.showing import SHOWING
from app.ui.frame.static import static_file
from app.ui.me.routes import ME
from app.ui.queue.routes import QUEUE
from app.ui.queue.side import sides
from app.ui.sign_in.routes import SIGN_IN, WAYS_IN
from app.ui.types.routes import TYPES

ROOMS: Sequence[ControllerRouterHandler] = (
    *HELP,
    *QUEUE,
    *CASE,
    *FORMS,
    *SIGN_IN,
    *ME,
    *TYPES,
    *FILES,
)
"""For whoever is signed in. A new room adds the tuple of its `routes.py`."""
OPEN: Sequence[ControllerRouterHandler] = WAYS_IN
"""For everybody: the ways in."""
SIDES: Sides | None = sides
"""What stands on the left: the queues, and saved views."""


def pages(demo: bool = False) -> list[ControllerRouterHandler]:
    """The handlers of all pages; those that only the demo has with `demo`."""
    rooms = [*ROOMS, *(SHOWING if demo else ())]
    return [static_file, _router(rooms, [signed_in, from_our_page]), *([_router(OPEN, [])] if OPEN else [])]


def _router(handlers: Sequence[ControllerRouterHandler], guards: list[Guard]) -> Router:
    return Router(
        "/",
        route_handlers=list(handlers),
        guards=guards,
        middleware=[at_one_moment, compressed],
        exception_handlers={Exception: on_page_exception},
        before_request=canonical_only,
        include_in_schema=False,
    )
