"""What an operator sets of signing in to the pages."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, TypeAdapter
from pydantic_settings import BaseSettings, NoDecode

from app.domain.values.names import ROLE, SUBJECT, TENANT
from app.services.callers.issuers import Claim, secure_address

PUBLISHED = frozenset({"a-secret-of-thirty-two-bytes-or-more"})
"""Secrets that stood in our guides: whoever reads them could sign tokens for anybody."""


def _secret(secret: SecretStr) -> SecretStr:
    """At least 32 bytes that nobody knows: what stood in our guides is tried first."""
    told = secret.get_secret_value()
    if len(told.encode()) < 32 or told in PUBLISHED:
        raise ValueError
    return secret


def where_set(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda text: None if text is None else read(text)


class DemoPerson(BaseModel):
    """Somebody who is signed in by one click; `work` says what they do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Annotated[str, Field(pattern=f"^{TENANT.pattern}$")]
    subject: Annotated[str, Field(pattern=f"^{SUBJECT.pattern}$")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    roles: tuple[Annotated[str, Field(pattern=f"^{ROLE.pattern}$")], ...] = ()
    work: str = ""


_DEMO_PEOPLE: TypeAdapter[tuple[DemoPerson, ...]] = TypeAdapter(
    Annotated[tuple[DemoPerson, ...], Field(max_length=100)]
)


def _demo_people(text: str) -> tuple[DemoPerson, ...]:
    return _DEMO_PEOPLE.validate_python(json.loads(text))


Secret = Annotated[SecretStr, AfterValidator(_secret)]
Tenant = Annotated[str, Field(pattern=f"^{TENANT.pattern}$")]
PublicUrl = Annotated[str, AfterValidator(lambda url: secure_address(url).rstrip("/"))]
DemoPeople = Annotated[tuple[DemoPerson, ...] | None, NoDecode, BeforeValidator(where_set(_demo_people))]


class SignInSettings(BaseSettings):
    """The part of the settings that signing in reads."""

    oidc_client_id: Claim | None = Field(
        default=None, description="the name of the client that Stateward is at STATEWARD_OIDC_ISSUER"
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None,
        max_length=1024,
        description="the secret that STATEWARD_OIDC_ISSUER gave to that client, at most 1024 characters",
    )
    session_secret: Secret | None = Field(
        default=None, description="a secret of at least 32 bytes, your own and none that a guide prints"
    )
    sign_in_tenant: Tenant | None = Field(
        default=None, description="the tenant of those who sign in by password, a name in lower case"
    )
    public_url: PublicUrl | None = Field(
        default=None, description="the address at which browsers reach the service, such as https://cases.example.com"
    )
    forwarded_by: int = Field(
        default=0, ge=0, le=10, description="a number of proxies from 0 to 10, each of which adds to X-Forwarded-For"
    )
    demo_people: DemoPeople = Field(
        default=None, description="what `stateward demo` sets: a JSON list of people who sign in by one click"
    )
