"""Who else may say who calls: the OIDC issuers that an operator trusts, and for what."""

import json
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, model_validator

from app.domain.values.names import TENANT

Claim = Annotated[str, Field(min_length=1, max_length=255)]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,255}$")]


def secure_address(address: str) -> str:
    """The address itself; ValueError unless nobody on the way can change what it answers."""
    parts = urlsplit(address)
    if "@" in parts.netloc or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("must be an address such as https://login.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        raise ValueError("must begin with https://")
    return address


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Issuer(BaseModel):
    """An issuer, and how its claims name people.

    `tenant` says which tenant all of its people belong to; without it the claim `tenant_claim` does, so that it is
    trusted for every tenant. Roles are taken from `roles_claim`; without it the token's own are not believed. A claim
    is named as it stands in the token, or by a path such as `realm_access.roles`. A group that happens to be called
    `admin` makes nobody an administrator: of the roles that are built in here, those of `built_in_roles` are believed.
    Where Stateward is a client of it (`client_id`), people sign in to the pages there; `title` is what they call it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: Annotated[str, AfterValidator(secure_address)]
    audience: Claim | None = None
    tenant: Annotated[str, Field(pattern=f"^{TENANT.pattern}$")] | None = None
    tenant_claim: Claim = "tenant"
    subject_claim: Claim = "sub"
    roles_claim: Claim | None = None
    built_in_roles: frozenset[Literal["admin", "auditor"]] = frozenset()
    client_id: Claim | None = None
    client_secret: SecretStr | None = None
    scopes: Annotated[tuple[Scope, ...], Field(max_length=50)] = ("openid", "profile", "email")
    title: Annotated[str, Field(min_length=1, max_length=60)] | None = None

    @model_validator(mode="after")
    def _names_the_tenant_once(self) -> Self:
        if self.tenant is not None and "tenant_claim" in self.model_fields_set:
            raise ValueError("has a tenant and a tenant_claim")
        return self

    @model_validator(mode="after")
    def _is_asked_for_who_it_is(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("asks for no openid")
        return self


Issuers = tuple[Issuer, ...]
_ISSUERS: TypeAdapter[Issuers] = TypeAdapter(Annotated[Issuers, Field(min_length=1)])


def issuers_of(text: str) -> Issuers:
    """One address, or a JSON list of addresses and objects; ValueError where it is neither."""
    listed = json.loads(text) if text.lstrip().startswith("[") else [text.strip()]
    found = _ISSUERS.validate_python([{"issuer": one} if isinstance(one, str) else one for one in listed])
    if len({one.issuer for one in found}) != len(found):
        raise ValueError("names an issuer twice")
    return found
