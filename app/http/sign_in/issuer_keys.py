"""The keys of one issuer as they were last found: refreshed in the background, and when a token names another."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import structlog

from app.domain.values.json import Json
from app.http.sign_in.jwks import IssuerKey, keys_of, meant
from app.services.callers.issuers import secure_address

AT_MOST_EVERY = 5.0
"""Seconds between two looks at an issuer, so that made-up key ids do not hammer it."""
PATIENCE = 5.0
LARGEST_DOCUMENT = 256 * 1024
LOGGER = structlog.get_logger("stateward.http")
Fetch = Callable[[str], Awaitable[bytes]]


class IssuerKeys:
    """What was found stays until something newer is: an issuer that fails harms nobody whose key is known. `told` is
    its discovery document."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self.keys: tuple[IssuerKey, ...] = ()
        self.told: Mapping[str, Json] = {}
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._looked_at: float | None = None
        self._looking: asyncio.Task[None] | None = None

    async def find(self, algorithm: str, kid: str | None) -> IssuerKey | None:
        """The key that a token means, looked for anew where it is not known."""
        found = meant(self.keys, algorithm, kid)
        if found is None:
            await self.refresh()
            found = meant(self.keys, algorithm, kid)
        return found

    async def refresh(self) -> None:
        """Look at the issuer, unless somebody did a moment ago; whoever asks meanwhile waits for the same look."""
        if self._looking is None:
            now = self._clock()
            if self._looked_at is not None and now - self._looked_at < AT_MOST_EVERY:
                return
            self._looked_at = now
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)  # a caller that hangs up takes nothing from the others

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._found()
            if not found:
                raise ValueError("there is no key in it that could check a signature")
            if found != self.keys:
                LOGGER.info("the keys of an issuer changed", issuer=self._issuer, keys=len(found))
            self.keys = found
        except Exception as error:  # whatever an issuer does, it does not become a fault of ours
            reason = str(error) or type(error).__name__
            LOGGER.warning("the keys of an issuer cannot be read", issuer=self._issuer, reason=reason)
        finally:
            self._looking = None

    async def _found(self) -> tuple[IssuerKey, ...]:
        """By discovery (OpenID Connect Discovery 1.0, 4): the document has to be of this issuer, to the letter."""
        configuration = await self._read(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(configuration, dict) or configuration.get("issuer") != self._issuer:
            raise ValueError("its discovery document is of another issuer")
        self.told = configuration
        return keys_of(await self._read(secure_address(str(configuration.get("jwks_uri")))))

    async def _read(self, address: str) -> Any:
        return json.loads(await self._fetch(address))


class Fetcher:
    """Reads documents over HTTP. Redirects are not followed: the addresses are configuration by whom we trust."""

    def __init__(self) -> None:
        # made here, before anybody waits: reading the certificates takes a while
        self._client = httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False)

    async def __call__(self, address: str) -> bytes:
        return await self._answer("GET", address)

    async def post(self, address: str, form: Mapping[str, str], login: tuple[str, str] | None) -> bytes:
        """The answer to a form; `login` goes into an Authorization header. ValueError where it is no 200."""
        auth = httpx.BasicAuth(*login) if login else None
        return await self._answer("POST", address, data=dict(form), auth=auth)

    async def _answer(self, method: str, address: str, **sent: Any) -> bytes:
        found = bytearray()
        async with self._client.stream(method, address, headers={"Accept": "application/json"}, **sent) as answer:
            if answer.status_code != 200:
                raise ValueError(f"it answers {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                found += chunk
                if len(found) > LARGEST_DOCUMENT:
                    raise ValueError("its answer is too large")
        return bytes(found)

    async def close(self) -> None:
        await self._client.aclose()
