"""How many requests of one credential, of a person and of a tenant are inside at a time: until their answers begin."""

import asyncio
import re
from collections.abc import Hashable
from typing import Any

from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

from app.services.fairness.at_once import AtOnce

OF_A_CALLER = 64, 16
OF_A_TENANT = 256, 64
"""Alone, and while others come too: whoever comes between waits behind so many."""
PATIENCE = 0.05
"""Seconds for which a request that waits for its body keeps its places."""
SESSION = re.compile(rb"(?:^|;\s*)(?:__Host-stateward|stateward_session)=([^;]{1,512})")
INSIDE = "inside"
"""Where a request keeps the places that it has: each a gate, and its key there."""

Places = list[tuple[AtOnce[Any], Hashable]]


class Entrance:
    """An application before which requests of a credential wait, unread: a thousand at once cost nothing but their
    line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._credentials: AtOnce[bytes] = AtOnce(*OF_A_CALLER)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        credential = _credential(scope) if scope["type"] == "http" else b""
        if not credential:
            await self._app(scope, receive, send)
            return
        await _enter(scope, self._credentials, credential)
        try:
            await self._app(scope, _Receiving(scope, receive), send)
        finally:
            leave(scope)


class OfTenants:
    """For those who have come in: a tenant has many people, and a person may have many credentials."""

    def __init__(self) -> None:
        self._people: AtOnce[tuple[str, str]] = AtOnce(*OF_A_CALLER)
        self._tenants: AtOnce[str] = AtOnce(*OF_A_TENANT)

    async def enter(self, scope: Scope, tenant: str, subject: str) -> None:
        await _enter(scope, self._people, (tenant, subject))
        await _enter(scope, self._tenants, tenant)


class _Receiving:
    """The receive of a request that gives its places back while its body drips in, and asks for them anew then."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._given: Places = []

    async def __call__(self) -> ReceiveMessage:
        timer = asyncio.get_running_loop().call_later(PATIENCE, self._give_back)
        try:
            message = await self._receive()
        finally:
            timer.cancel()
        while self._given:
            await _enter(self._scope, *self._given.pop(0))
        return message

    def _give_back(self) -> None:
        self._given += leave(self._scope)


def leave(scope: Scope) -> Places:
    """The answer begins, or the request waits for what may come much later. The places that it had."""
    held: Places = scope["state"].pop(INSIDE, [])
    for gate, key in held:
        gate.leave(key)
    return held


async def _enter(scope: Any, gate: AtOnce[Any], key: Hashable) -> None:
    await gate.enter(key)
    scope.setdefault("state", {}).setdefault(INSIDE, []).append((gate, key))


def _credential(scope: Scope) -> bytes:
    """What says who calls: a token or a key, else the cookie of a session."""
    session = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
        if name == b"cookie" and (found := SESSION.search(value)):
            session = found[1]
    return session
