"""People sign in at an issuer: the code flow of OpenID Connect with PKCE (RFC 7636), state and nonce."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import structlog

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated, Unavailable
from app.domain.values.json import Json
from app.http.sign_in.claims import Claims
from app.http.sign_in.issuer_keys import IssuerKeys
from app.http.sign_in.issuers import actor_of, id_claims
from app.services.callers.issuers import Issuer, secure_address
from app.services.store.people import Told

SECRET_BYTES = 32
LONGEST_TOLD = 200
LOGGER = structlog.get_logger("stateward.http")
Post = Callable[[str, Mapping[str, str], tuple[str, str] | None], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What we asked an issuer with. The browser brings it back, sealed; `state` also comes back from the issuer."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    back_to: str

    @classmethod
    def anew(cls, issuer: str, back_to: str) -> "Asked":
        state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        return cls(issuer=issuer, state=state, nonce=nonce, verifier=verifier, back_to=back_to)


class CodeFlow:
    """The way over one issuer, of which we are a client."""

    def __init__(self, issuer: Issuer, keys: IssuerKeys, post: Post) -> None:
        self.issuer = issuer
        self._keys = keys
        self._post = post

    @property
    def title(self) -> str:
        return self.issuer.title or self.issuer.issuer.partition("://")[2].partition("/")[0]

    async def address(self, asked: Asked) -> str:
        """Where to send the browser. Raises Unavailable where the issuer was never reached."""
        endpoint = await self._endpoint("authorization_endpoint")
        told = {
            "response_type": "code",
            "client_id": self.issuer.client_id,
            "redirect_uri": asked.back_to,
            "scope": " ".join(self.issuer.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": _challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(told)}"

    async def finish(self, asked: Asked, answer: Mapping[str, str]) -> tuple[Actor, Told]:
        """Who came back, and what is told of them. Raises Unauthenticated where they are not believed, which is for
        the log only, or Unavailable."""
        if asked.issuer != self.issuer.issuer or not _same(asked.state, answer.get("state", "")):
            raise Unauthenticated("the state is not the one that this browser was sent away with")
        named = answer.get("iss")
        if named != asked.issuer and (named is not None or await self._names_itself()):
            raise Unauthenticated("the answer is of another issuer")
        if not answer.get("code"):
            raise Unauthenticated(f"the issuer sent no code ({answer.get('error', 'and no error')[:100]!r})")
        claims = await id_claims(await self._id_token(asked, answer["code"]), self.issuer, self._keys)
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not _same(asked.nonce, nonce):
            raise Unauthenticated("the nonce is not the one that was asked with")
        return actor_of(claims, self.issuer), told_of(claims)

    async def _id_token(self, asked: Asked, code: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.back_to,
            "code_verifier": asked.verifier,
        }
        endpoint = await self._endpoint("token_endpoint")
        login, shown = self._shown()
        try:
            answer: Any = json.loads(await self._post(endpoint, {**form, **shown}, login))
            token = answer["id_token"]
        except httpx.HTTPError as error:
            LOGGER.warning("an issuer cannot be reached", issuer=asked.issuer, reason=type(error).__name__)
            raise Unavailable("Your organisation's sign-in does not answer. Try again in a moment.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Unauthenticated(f"the issuer gave no ID token for the code ({error})") from None
        if not isinstance(token, str):
            raise Unauthenticated("the ID token is no text")
        return token

    def _shown(self) -> tuple[tuple[str, str] | None, dict[str, str]]:
        """How we show who we are (RFC 6749, 2.3.1): in a header unless the issuer takes it in the form only."""
        client = self.issuer.client_id or ""
        if self.issuer.client_secret is None:
            return None, {"client_id": client}
        secret = self.issuer.client_secret.get_secret_value()
        takes = self._keys.told.get("token_endpoint_auth_methods_supported")
        if isinstance(takes, list) and "client_secret_basic" not in takes and "client_secret_post" in takes:
            return None, {"client_id": client, "client_secret": secret}
        return (quote_plus(client), quote_plus(secret)), {}

    async def _names_itself(self) -> bool:
        """Whether it promises to say in every answer which issuer it is (RFC 9207, 3)."""
        await self._discover()
        return self._keys.told.get("authorization_response_iss_parameter_supported") is True

    async def _discover(self) -> None:
        if not self._keys.told:
            await self._keys.refresh()

    async def _endpoint(self, name: str) -> str:
        await self._discover()
        told = str(self._keys.told.get(name, ""))
        try:
            secure_address(told.partition("?")[0])
        except ValueError:
            LOGGER.warning("an issuer names no address that can be used", issuer=self.issuer.issuer, address=name)
            raise Unavailable("Your organisation's sign-in does not answer. Try again in a moment.") from None
        return told


def _same(asked: str, told: str) -> bool:
    """Whatever signs were told: those beyond ASCII cannot be compared as text."""
    return hmac.compare_digest(asked.encode(), told.encode(errors="replace"))


def told_of(claims: Claims) -> Told:
    """What the standard claims say of somebody (OpenID Connect Core 1.0, 5.1)."""
    name = claims.get("name") or claims.get("preferred_username")
    return Told(_text(name), _text(claims.get("email")), _text(claims.get("zoneinfo")), _text(claims.get("locale")))


def _text(told: Json) -> str | None:
    """One line that is not too long."""
    text = "".join(sign for sign in told if sign.isprintable()).strip() if isinstance(told, str) else ""
    return text[:LONGEST_TOLD] or None


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
