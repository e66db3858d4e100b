"""What is large: its bytes have places before they are read, and what is done with it is done in slices."""

from contextlib import ExitStack
from typing import Any

from litestar import Request
from litestar.types import Scope

from app.services.fairness.fair_queue import Caller
from app.services.fairness.places import Places
from app.services.fairness.slices import Slice, Slices

SMALL = 2**12
"""Bytes of a body that is read and answered at once; most events have fewer."""
MOST_BYTES = 256 * 2**20
"""Of larger bodies that a process holds at once, until their answers begin."""
HELD = "places_of_the_body"
"""Where a request keeps what gives its places back."""


class LargeBodies:
    """For the large bodies of a process."""

    def __init__(self, slices: Slices) -> None:
        self.bytes = Places(MOST_BYTES, "bytes of requests")
        self.slices = slices


def hold(request: Request[Any, Any, Any], caller: Caller | None = None) -> None:
    """Take places for the body before it is read. Raises Unavailable where the caller or the tenant has so many that
    others would find none. `caller`: whose they are where nobody is signed in."""
    most = request.route_handler.resolve_request_max_body_size() or MOST_BYTES
    size = request.content_length
    size = most if size is None else size
    if SMALL < size <= most:  # what is larger is refused unread
        stack = ExitStack()
        stack.enter_context(
            large_bodies_of(request).bytes.taking(caller or (request.user.tenant, request.user.id), size)
        )
        request.scope["state"][HELD] = stack.close


def let_go(scope: Scope) -> None:
    """The answer begins, or there will be none: what was sent is not needed any more."""
    if held := scope["state"].pop(HELD, None):
        held()


def slice_of(request: Request[Any, Any, Any]) -> Slice:
    """For what is done with a body on the loop."""
    caller = request.user.tenant, request.user.id
    return large_bodies_of(request).slices.of(caller, small=HELD not in request.scope["state"])


def large_bodies_of(request: Request[Any, Any, Any]) -> LargeBodies:
    large_bodies: LargeBodies = request.app.state.large_bodies
    return large_bodies
