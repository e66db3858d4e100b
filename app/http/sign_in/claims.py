"""What a token says, read to the letter, and believed once its signature, times and names are checked."""

import json
from binascii import Error as NotBase64
from typing import Any

import jwt
from jwt.utils import base64url_decode

from app.domain.values.errors import Unauthenticated
from app.domain.values.json import Json, JsonObject

LEEWAY_SECONDS = 60
LONGEST_TOKEN = 8192
REQUIRED = ["exp", "iat", "sub", "iss", "aud"]
TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})  # RFC 7519, 5.1; RFC 9068, 2.1
MOMENTS = ("exp", "iat", "nbf", "auth_time", "updated_at")
LATEST = 253_402_300_799
"""The last second of the year 9999."""
Claims = JsonObject


class BadSignature(Unauthenticated):
    """The key does not fit the token; another one might."""


def told_by(token: str) -> tuple[Claims, Claims]:
    """Header and claims of a token, which anybody may have written. Raises Unauthenticated where it is no token."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("the token is too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise Unauthenticated("it is no token: it has not three parts")
    header, claims = (_object(part) for part in parts[:2])
    _check_header(header)
    _check_moments(claims)
    return header, claims


def verified(token: str, key: Any, algorithm: str, issuer: str, audience: str) -> Claims:
    """The claims of a token that this key signed, in time, by this issuer for this audience."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.InvalidSignatureError:
        raise BadSignature("the signature is not of this key") from None
    except jwt.InvalidTokenError as error:
        raise Unauthenticated(str(error)) from None
    except Exception as error:  # the library raises more than its own errors on odd claims; none of them may pass
        raise Unauthenticated(f"the token is odd ({type(error).__name__})") from None


def _object(part: str) -> Claims:
    try:
        found = json.loads(base64url_decode(part.encode("ascii")), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, NotBase64, RecursionError):
        raise Unauthenticated("a part of the token is not JSON in base64url, or names a member twice") from None
    if not isinstance(found, dict):
        raise Unauthenticated("a part of the token is not an object")
    return found


def _check_header(header: Claims) -> None:
    """`jku`, `x5u`, `x5c` and `jwk` are passed over: whoever wrote the token wrote them too."""
    if "crit" in header:
        raise Unauthenticated("the token asks for an extension that is not known here")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise Unauthenticated("the token is of another type")
    if not isinstance(header.get("alg"), str):
        raise Unauthenticated("the token names no algorithm")
    if not isinstance(header.get("kid", ""), str):
        raise Unauthenticated("the token's kid is not text")


def _check_moments(claims: Claims) -> None:
    """Seconds since 1970 (RFC 7519, 2), which a library would make a float of, or a date."""
    for name in MOMENTS:
        claimed = claims.get(name, 0)
        if isinstance(claimed, bool) or not isinstance(claimed, int | float) or not 0 <= claimed <= LATEST:
            raise Unauthenticated(f"the token's {name} is no moment")


def _once(pairs: list[tuple[str, Json]]) -> Claims:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands there twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
