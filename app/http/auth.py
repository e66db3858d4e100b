"""Who calls: bearer tokens (JWT, HS256) that our own secret signed, and how they are made."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import jwt

from app.domain.case import Actor
from app.domain.errors import Unauthenticated
from app.domain.names import ROLE, SUBJECT, TENANT

ISSUER = AUDIENCE = "stateward"
ALGORITHM = "HS256"
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 8192
REQUIRED = ["exp", "iat", "sub", "iss", "aud"]


def mint(secret: str, tenant: str, user: str, roles: Iterable[str], ttl_seconds: int) -> str:
    """A token for a user of a tenant. Bare names get their prefix; ValueError where a name cannot be one."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + ttl_seconds,
        "sub": _prefixed("user:", user),
        "tenant": tenant,
        "roles": [_prefixed("role:", role) for role in roles],
    }
    try:
        _actor(claims)
    except Unauthenticated as error:
        raise ValueError(error.message) from None
    return jwt.encode(claims, _strong(secret), algorithm=ALGORITHM)


def bearer(header: str | None) -> str:
    """The token of an Authorization header."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a bearer token in the Authorization header.")
    return token.strip()


class Verifier:
    """Checks tokens, and remembers the ones that it has checked (never beyond their expiry)."""

    def __init__(self, secret: str, remember: int = 4096) -> None:
        self._secret = _strong(secret)
        self._remember = remember
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()

    def actor(self, token: str) -> Actor:
        """The caller that a token names; Unauthenticated where it names none."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._checked(token)
            self._keep(digest, known)
        actor, valid_until = known
        if valid_until <= time.time():
            raise Unauthenticated("The token has expired.")
        return actor

    def _checked(self, token: str) -> tuple[Actor, float]:
        claims = _claims(token, self._secret)
        return _actor(claims), float(claims["exp"]) + LEEWAY_SECONDS

    def _keep(self, digest: bytes, known: tuple[Actor, float]) -> None:
        self._known[digest] = known
        if len(self._known) > self._remember:
            self._known.popitem(last=False)


def _claims(token: str, secret: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("The token is too long.")
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("The token has expired.") from None
    except Exception:  # the library raises more than its own errors on odd claims; none of them may pass
        raise Unauthenticated("The token is not valid here.") from None


def _actor(claims: dict[str, Any]) -> Actor:
    subject, tenant, roles = claims["sub"], claims.get("tenant"), claims.get("roles", [])
    if not isinstance(subject, str) or not SUBJECT.fullmatch(subject):
        raise Unauthenticated("The token's sub must be `user:NAME`.")
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise Unauthenticated("The token's tenant must be a name in lower case.")
    if not isinstance(roles, list) or not all(isinstance(role, str) and ROLE.fullmatch(role) for role in roles):
        raise Unauthenticated("The token's roles must be a list of `role:NAME`.")
    return Actor(tenant=tenant, id=subject, roles=frozenset(roles))


def _prefixed(prefix: str, name: str) -> str:
    return name if name.startswith(prefix) else prefix + name


def _strong(secret: str) -> str:
    if len(secret.encode()) < 32:
        raise ValueError("the JWT secret must be at least 32 bytes long")
    return secret
