"""Who calls: by an API key, by a token of ours, or by one of an issuer that is trusted."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated
from app.http.sign_in.claims import LEEWAY_SECONDS, LONGEST_TOKEN, told_by
from app.http.sign_in.issuers import Believed, TrustedIssuers
from app.http.sign_in.own_tokens import ALGORITHM, OwnTokens
from app.services.store.callers import KEY_PREFIX


class KeyCallers(Protocol):
    async def actor(self, token: str) -> Actor:
        """Whom an API key names; Unauthenticated where it names nobody, or not any more."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A token that was checked before; `believed` where an issuer's key did."""

    actor: Actor
    until: float
    believed: Believed | None = None


class Callers:
    """Remembers the tokens that it has checked, never beyond their expiry nor the key that signed them.

    API keys are not remembered: a revoked one would be let in here for as long as this process does not know.
    """

    def __init__(
        self, own: OwnTokens | None, issuers: TrustedIssuers, keys: KeyCallers | None, remember: int = 4096
    ) -> None:
        self._own = own
        self._issuers = issuers
        self._keys = keys
        self._remember = remember
        self._known: OrderedDict[bytes, Known] = OrderedDict()

    async def actor(self, header: str | None) -> Actor:
        """The caller that an Authorization header names; Unauthenticated says why it names none."""
        token = _bearer(header)
        if token.startswith(KEY_PREFIX) and self._keys is not None:
            return await self._keys.actor(token)
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None or (known.believed is not None and not known.believed.in_force):
            known = await self._checked(token)
            self._keep(digest, known)
        if known.until + LEEWAY_SECONDS <= time.time():
            raise Unauthenticated("the token has expired")
        return known.actor

    async def _checked(self, token: str) -> Known:
        header, claims = told_by(token)
        if header["alg"] != ALGORITHM:
            believed = await self._issuers.believe(token, header, claims)
            return Known(believed.actor, believed.until, believed)
        if self._own is None:
            raise Unauthenticated("no secret of ours signs tokens here")
        return Known(*self._own.believe(token))

    def _keep(self, digest: bytes, known: Known) -> None:
        self._known[digest] = known
        if len(self._known) > self._remember:
            self._known.popitem(last=False)


def _bearer(header: str | None) -> str:
    """The token of an Authorization header."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("no bearer token was sent")
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("the token is too long")
    return token.strip()
