"""The keys that an issuer publishes (RFC 7517), and which of them a token means."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from app.domain.values.json import Json

MOST_KEYS = 100
SMALLEST_RSA = 2048
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "Ed25519": ("EdDSA",)}
PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
ALGORITHMS = frozenset({*RSA, *(name for names in CURVES.values() for name in names)})
"""Asymmetric ones only: what checks such a signature cannot make one."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key. Two are the same where the issuer told the same of them (`published`)."""

    kid: str | None
    algorithms: tuple[str, ...]
    published: str
    key: Any = field(compare=False, repr=False)


def keys_of(document: Json) -> tuple[IssuerKey, ...]:
    """The keys of a JWK set that can check signatures; all others are passed over, as RFC 7517 says."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("it is no JWK set")
    found = (_key(jwk) for jwk in listed[:MOST_KEYS] if isinstance(jwk, dict))
    return tuple(key for key in found if key is not None)


def meant(keys: Sequence[IssuerKey], algorithm: str, kid: str | None) -> IssuerKey | None:
    """The one key for this algorithm and `kid`; None where there is none, or more than one."""
    fitting = [key for key in keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
    return fitting[0] if len(fitting) == 1 else None


def _key(jwk: dict[str, Json]) -> IssuerKey | None:
    kind, kid = str(jwk.get("kty")), jwk.get("kid")
    if kind not in PUBLIC or not isinstance(kid, str | None) or not _is_for_signatures(jwk):
        return None
    algorithms: tuple[str, ...] = RSA if kind == "RSA" else CURVES.get(str(jwk.get("crv")), ())
    if "alg" in jwk:
        algorithms = tuple(name for name in algorithms if name == jwk["alg"])
    if not algorithms:
        return None
    public = {"kty": kind, **{name: jwk.get(name) for name in PUBLIC[kind]}}
    try:
        key = PyJWK(public, algorithms[0]).key
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if kind == "RSA" and key.key_size < SMALLEST_RSA:
        return None
    return IssuerKey(kid, algorithms, json.dumps([kid, algorithms, public], sort_keys=True), key)


def _is_for_signatures(jwk: dict[str, Json]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
