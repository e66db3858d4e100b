"""API keys of services: make one, list them, revoke one."""

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from app.domain.policy.scope import Scope
from app.domain.values.errors import invalid
from app.domain.values.names import canonical_uuid
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339, rfc3339_or_none
from app.http.border.documented import problems
from app.http.border.headers import request_id
from app.http.border.parameters import AfterKey, KeyId, Limit, existing
from app.http.border.services import ApiKeysPort, ApiRequest, services_of
from app.http.operating.api_key_bodies import ApiKeyPageView, ApiKeyView, MadeApiKeyView, MakeApiKey
from app.services.callers.api_keys import NewKey
from app.services.store.callers import StoredKey


@post(
    "/api-keys",
    operation_id="makeApiKey",
    summary="Make an API key",
    responses=problems("denied", writes=True),
)
async def make_api_key(request: ApiRequest, data: JSONBody[MakeApiKey]) -> Response[MadeApiKeyView]:
    """Whoever has `case:admin` on all case types may. The answer holds the key, which cannot be seen again."""
    made, text = await _keys(request).make(request.user, _wanted(data), request_id(request.scope))
    return Response({**_shown(made), "key": text}, status_code=201)


@get("/api-keys", operation_id="listApiKeys", summary="The API keys", responses=problems("denied", "invalid"))
async def list_api_keys(request: ApiRequest, after: AfterKey = None, limit: Limit = 50) -> Response[ApiKeyPageView]:
    """All keys of the tenant in the order in which they were made, also those that are of no use any more."""
    if after is not None and (after := canonical_uuid(after)) is None:
        raise invalid("after", "must be the id of an API key")
    keys = await _keys(request).list(request.user, after, limit, request_id(request.scope))
    last = keys[-1].id if len(keys) == limit else None
    return Response({"items": [_shown(key) for key in keys], "next_after": last})


@delete(
    "/api-keys/{key_id:str}",
    operation_id="revokeApiKey",
    summary="Revoke an API key",
    status_code=200,
    responses=problems("denied", "not_found"),
)
async def revoke_api_key(request: ApiRequest, key_id: KeyId) -> Response[ApiKeyView]:
    """From the next request on it names nobody, on every replica. It stays in the list; doing it twice is no error."""
    revoked = await _keys(request).revoke(request.user, existing(key_id), request_id(request.scope))
    return Response(_shown(revoked))


def _keys(request: ApiRequest) -> ApiKeysPort:
    keys = services_of(request).api_keys
    assert keys is not None
    return keys


def _wanted(body: MakeApiKey) -> NewKey:
    scope = Scope(_set(body.acts), _set(body.case_types))
    expires_at = parse_rfc3339(body.expires_at) if body.expires_at else None
    return NewKey(
        title=body.title, subject=body.subject, roles=frozenset(body.roles), scope=scope, expires_at=expires_at
    )


def _shown(key: StoredKey) -> ApiKeyView:
    return {
        "id": key.id,
        "title": key.title,
        "subject": key.subject,
        "roles": sorted(key.roles),
        "acts": _listed(key.scope.acts),
        "case_types": _listed(key.scope.case_types),
        "created_by": key.created_by,
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339_or_none(key.expires_at),
        "revoked_at": rfc3339_or_none(key.revoked_at),
        "revoked_by": key.revoked_by,
        "last_used_at": rfc3339_or_none(key.last_used_at),
    }


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _listed(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
