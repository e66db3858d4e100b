"""Whether a request may come in: who sends it, and how many that caller sent already."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar
from litestar.connection import ASGIConnection

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated
from app.http.border.entrance import OfTenants
from app.http.border.headers import request_id
from app.http.border.limiting import limit
from app.http.border.services import Services
from app.http.sign_in.callers import Callers
from app.http.sign_in.code_flow import CodeFlow
from app.http.sign_in.issuer_keys import Fetcher, IssuerKeys
from app.http.sign_in.issuers import TrustedIssuers
from app.http.sign_in.own_tokens import OwnTokens
from app.services.callers.issuers import Issuer
from app.services.process.repeating import repeating

REFRESH_EVERY = 300.0
"""Seconds between two looks at an issuer's keys when no token asks for another."""
LOGGER = structlog.get_logger("stateward.http")


class Border:
    """What stands before every call below /api/v1."""

    def __init__(self, services: Services, secret: str | None, issuers: Sequence[Issuer]) -> None:
        self._fetcher = Fetcher() if issuers else None
        self._keys = [IssuerKeys(one.issuer, self._fetcher) for one in issuers] if self._fetcher else []
        known = list(zip(issuers, self._keys, strict=True))
        trusted = TrustedIssuers(known)
        self.flows = [CodeFlow(of, keys, self._fetcher.post) for of, keys in known if of.client_id and self._fetcher]
        self._callers = Callers(OwnTokens(secret) if secret is not None else None, trusted, services.keys)
        self._rates = services.rates
        self._tenants = OfTenants()
        self._slices = services.slices

    async def admit(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
        """The caller, once there is a place for their request. Raises Unauthenticated, which tells the caller nothing
        and the operator why, or RateLimited."""
        actor = await self.caller(connection)
        await self.let_in(connection, actor)
        return actor

    async def let_in(self, connection: ASGIConnection[Any, Any, Any, Any], actor: Actor) -> None:
        """Whoever said who they are in another way, as by a session, comes in as others do. Raises RateLimited."""
        if self._rates is not None:
            limit(self._rates, self._rates.take(actor.tenant, actor.id), connection.scope)
        self._slices.came((actor.tenant, actor.id))
        await self._tenants.enter(connection.scope, actor.tenant, actor.id)

    async def caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
        """The caller as of now, uncounted: who waits for an answer is asked for again before it is sent."""
        try:
            return await self._callers.actor(connection.headers.get("authorization"))
        except Unauthenticated as error:
            LOGGER.info("nobody is signed in", reason=error.message, request_id=request_id(connection.scope))
            raise

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """Look at the issuers' keys at once, and every so often from then on."""
        async with AsyncExitStack() as stack:
            if self._fetcher is not None:
                stack.push_async_callback(self._fetcher.close)
            await stack.enter_async_context(repeating(*((REFRESH_EVERY, k.refresh) for k in self._keys), first=True))
            yield
