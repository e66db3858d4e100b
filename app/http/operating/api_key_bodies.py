"""The shapes of API keys, as callers send and see them."""

from typing import Annotated, TypedDict

from pydantic import Field, StringConstraints

from app.domain.values.names import CALLER, NAME, ROLE
from app.http.bodies.requests import Body, CaseTypeName, Happened

Subject = Annotated[
    str,
    StringConstraints(pattern=f"^{CALLER.pattern}$"),
    Field(description="Whom the key acts as: `service:NAME` or `user:NAME`", examples=["service:invoicing"]),
]
RoleName = Annotated[str, StringConstraints(pattern=f"^{ROLE.pattern}$"), Field(examples=["role:clerk"])]
Act = Annotated[
    str,
    StringConstraints(pattern=rf"^(case:[a-z]{{1,32}}|{NAME.pattern})$"),
    Field(description="An event, or a built-in act", examples=["submit", "case:read"]),
]


class MakeApiKey(Body):
    """An API key to make."""

    title: Annotated[
        str,
        StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
        Field(description="What it is for, for people", examples=["Nightly import of invoices"]),
    ]
    subject: Subject
    roles: Annotated[list[RoleName], Field(max_length=100, description="The roles that it holds")] = []
    acts: Annotated[
        list[Act] | None, Field(max_length=100, description="All that it is for; left out: all that its roles may")
    ] = None
    case_types: Annotated[
        list[CaseTypeName] | None, Field(max_length=100, description="The only case types it is for; left out: all")
    ] = None
    expires_at: Annotated[
        Happened | None,
        Field(
            description="When it expires, RFC 3339 with an offset, by the end of the year 2199",
            examples=["2036-01-01T00:00:00Z"],
        ),
    ] = None


class ApiKeyView(TypedDict):
    """An API key without its secret. `acts` and `case_types` are null where it is for all of them; `last_used_at` may
    be a minute old."""

    id: str
    title: str
    subject: str
    roles: list[str]
    acts: list[str] | None
    case_types: list[str] | None
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    last_used_at: str | None


class MadeApiKeyView(ApiKeyView):
    """The API key with its secret. `key` is what the service sends as its bearer token. It is shown here and nowhere
    else."""

    key: str


class ApiKeyPageView(TypedDict):
    """A page of API keys. `next_after` is null on the last one."""

    items: list[ApiKeyView]
    next_after: str | None
