"""Who a caller is here, as the service sees them."""

from typing import TypedDict

from litestar import Response, get

from app.http.border.documented import problems
from app.http.border.services import ApiRequest, services_of


class MeView(TypedDict):
    """A caller. `roles` are those in force now: the credential's, the policy's, and what they include. `zone` is a name
    of the tz database, `language` one of those that the pages have."""

    subject: str
    tenant: str
    display_name: str
    roles: list[str]
    zone: str
    language: str


@get(
    "/me",
    operation_id="whoAmI",
    summary="Who the caller is",
    response_description="The caller, as the service sees them",
    responses=problems(),
)
async def who_am_i(request: ApiRequest) -> Response[MeView]:
    """For whoever shows pages of their own: by which name, with which roles, in which time zone and language."""
    people = services_of(request).people
    assert people is not None
    me = await people.me(request.user)
    return Response(
        {
            "subject": me.actor.id,
            "tenant": me.actor.tenant,
            "display_name": me.name,
            "roles": sorted(me.roles),
            "zone": me.zone,
            "language": me.language,
        }
    )
