"""Believe the tokens of OIDC issuers: which issuer, by which key, and whom its claims name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated, Unavailable
from app.domain.values.json import Json
from app.domain.values.names import BUILT_IN_ROLES, ROLE, SUBJECT, TENANT
from app.http.sign_in.claims import BadSignature, Claims, told_by, verified
from app.http.sign_in.issuer_keys import IssuerKeys
from app.http.sign_in.jwks import ALGORITHMS, IssuerKey
from app.services.callers.issuers import Issuer


@dataclass(frozen=True, slots=True)
class Believed:
    """Whom a token names, and the key that says so."""

    actor: Actor
    until: float
    key: IssuerKey
    keys: IssuerKeys

    @property
    def in_force(self) -> bool:
        """Whether the issuer still publishes the key."""
        return self.key in self.keys.keys


class TrustedIssuers:
    """The issuers of the settings, each with its keys."""

    def __init__(self, issuers: Sequence[tuple[Issuer, IssuerKeys]]) -> None:
        self._issuers = {issuer.issuer: (issuer, keys) for issuer, keys in issuers}

    async def believe(self, token: str, header: Claims, claims: Claims) -> Believed:
        """Raises Unauthenticated, or Unavailable where the issuer was never reached."""
        named = claims.get("iss")
        if not isinstance(named, str) or named not in self._issuers:
            raise Unauthenticated("the token is of no issuer that is trusted here")
        if header["alg"] not in ALGORITHMS:
            raise Unauthenticated("the algorithm is none that an issuer may use")
        issuer, keys = self._issuers[named]
        key, checked = await _checked(token, header, issuer, keys)
        return Believed(actor_of(checked, issuer), float(checked["exp"]), key, keys)


async def id_claims(token: str, issuer: Issuer, keys: IssuerKeys) -> Claims:
    """The claims of an ID token that is meant for us as a client; raises as `believe` does."""
    header, told = told_by(token)
    if told.get("iss") != issuer.issuer or header["alg"] not in ALGORITHMS:
        raise Unauthenticated("the ID token is of another issuer, or of an algorithm that it may not use")
    _, claims = await _checked(token, header, issuer.model_copy(update={"audience": issuer.client_id}), keys)
    if claims.get("azp", issuer.client_id) != issuer.client_id:
        raise Unauthenticated("the ID token was given to another client")
    return claims


async def _checked(token: str, header: Claims, issuer: Issuer, keys: IssuerKeys) -> tuple[IssuerKey, Claims]:
    algorithm, kid = header["alg"], header.get("kid")
    key = await _found(keys, algorithm, kid)
    try:
        return key, _verified(token, key, algorithm, issuer)
    except BadSignature:
        if kid is not None:
            raise
    await keys.refresh()  # without a kid, only the signature tells that the key is a new one
    key = await _found(keys, algorithm, kid)
    return key, _verified(token, key, algorithm, issuer)


async def _found(keys: IssuerKeys, algorithm: str, kid: str | None) -> IssuerKey:
    key = await keys.find(algorithm, kid)
    if not keys.keys:
        raise Unavailable("The issuer of the token cannot be reached. Try again in a moment.")
    if key is None:
        raise Unauthenticated("the issuer has no such key, or several and the token names none")
    return key


def _verified(token: str, key: IssuerKey, algorithm: str, issuer: Issuer) -> Claims:
    assert issuer.audience is not None, "the settings give every issuer one"
    return verified(token, key.key, algorithm, issuer.issuer, issuer.audience)


def actor_of(claims: Claims, issuer: Issuer) -> Actor:
    """Whom the claims name, as the issuer is configured to name people."""
    tenant = issuer.tenant or _claim(claims, issuer.tenant_claim)
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise Unauthenticated("the token names no tenant")
    roles = _roles(_claim(claims, issuer.roles_claim)) if issuer.roles_claim else frozenset()
    roles -= BUILT_IN_ROLES - {f"role:{name}" for name in issuer.built_in_roles}
    return Actor(
        tenant=tenant, id=_subject(claims, issuer.subject_claim), roles=roles, authenticated=f"oidc:{issuer.issuer}"
    )


def _subject(claims: Claims, name: str) -> str:
    """`user:NAME`. Only `sub` may have the prefix already: a name that people choose could make anybody of them."""
    claimed = _claim(claims, name)
    subject = str(claimed) if name == "sub" and str(claimed).startswith("user:") else f"user:{claimed}"
    if not isinstance(claimed, str) or not SUBJECT.fullmatch(subject):
        raise Unauthenticated("the token names nobody")
    return subject


def _roles(claimed: Json) -> frozenset[str]:
    """Those that can be roles here: an issuer has groups of its own besides."""
    listed = claimed if isinstance(claimed, list) else []
    named = (one if one.startswith("role:") else f"role:{one}" for one in listed if isinstance(one, str))
    return frozenset(role for role in named if ROLE.fullmatch(role))


def _claim(claims: Claims, name: str) -> Json:
    """A claim by its name, else by a path of names."""
    found: Json = claims
    for part in [name] if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
