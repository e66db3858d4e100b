"""Our own bearer tokens (JWT, HS256), which our own secret signs: how they are made and checked."""

import time
from collections.abc import Iterable

import jwt

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated
from app.domain.values.names import ROLE, SUBJECT, TENANT
from app.http.sign_in.claims import Claims, verified

ISSUER = AUDIENCE = "stateward"
ALGORITHM = "HS256"


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


class OwnTokens:
    """Checks what our secret signed."""

    def __init__(self, secret: str) -> None:
        self._secret = _strong(secret)

    def believe(self, token: str) -> tuple[Actor, float]:
        """The caller that a token names, and when it expires; Unauthenticated where it names none."""
        claims = verified(token, self._secret, ALGORITHM, ISSUER, AUDIENCE)
        return _actor(claims), float(claims["exp"])


def _actor(claims: Claims) -> Actor:
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
