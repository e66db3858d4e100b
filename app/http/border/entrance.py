"""How many requests of one credential, and of a tenant, are inside at a time: until their answers begin."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from app.services.fairness.at_once import AtOnce

OF_A_CREDENTIAL = 64, 16
OF_A_TENANT = 256, 64
"""Alone, and while others come too: whoever comes between waits behind so many."""
INSIDE = "inside"
"""Where a request keeps what gives its places back."""


class Entrance:
    """An application before which requests of a credential wait, unread: a thousand at once cost nothing but their
    line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._credentials: AtOnce[bytes] = AtOnce(*OF_A_CREDENTIAL)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        credential = _credential(scope) if scope["type"] == "http" else b""
        if not credential:
            await self._app(scope, receive, send)
            return
        await self._credentials.enter(credential)
        _keep(scope, partial(self._credentials.leave, credential))
        try:
            await self._app(scope, receive, send)
        finally:
            leave(scope)


class OfTenants:
    """For those who have come in: a tenant may have many credentials."""

    def __init__(self) -> None:
        self._tenants: AtOnce[str] = AtOnce(*OF_A_TENANT)

    async def enter(self, scope: Scope, tenant: str) -> None:
        await self._tenants.enter(tenant)
        _keep(scope, partial(self._tenants.leave, tenant))


def leave(scope: Scope) -> None:
    """The answer begins, or the request waits for what may come much later."""
    for give_back in scope["state"].pop(INSIDE, ()):
        give_back()


def _keep(scope: Scope, give_back: Callable[[], None]) -> None:
    scope.setdefault("state", {}).setdefault(INSIDE, []).append(give_back)


def _credential(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"authorization"), b"")
