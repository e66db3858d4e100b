"""The policy of the caller's tenant: read it, change it, see beforehand what a change would do."""

from typing import Any

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from app.http.border.documented import problems
from app.http.border.headers import expected_version, request_id
from app.http.border.parameters import Limit
from app.http.border.services import ApiRequest, services_of
from app.http.cases.answers import etag
from app.http.policy import views
from app.http.policy.parameters import (
    VERSION,
    AfterLine,
    CaseTypeOfLine,
    IfPolicyMatch,
    Kind,
    LineId,
    RoleOfLine,
    line_id,
)
from app.http.policy.requests import ChangePolicy, Line
from app.http.policy.views import ChangedPolicyView, LinePageView, PreviewView
from app.services.policy.requests import AskedChange
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import PolicyLine

NAMES = {"obj": "case_type", "eft": "effect"}
CHANGING = ("denied", "not_found", "guard_refused", "version_conflict")


@get(
    "/policies",
    operation_id="listPolicies",
    summary="The policy of the tenant",
    response_headers=[VERSION],
    responses=problems("denied", "invalid"),
)
async def list_policies(
    request: ApiRequest,
    case_type: CaseTypeOfLine = None,
    role: RoleOfLine = None,
    kind: Kind = None,
    after: AfterLine = 0,
    limit: Limit = 50,
) -> Response[LinePageView]:
    """The lines in force: the tenant's own and those of all tenants, about case types that the caller administers."""
    asked = frozenset({case_type}) if case_type else None
    query = LineQuery(tenant=request.user.tenant, kind=kind, case_types=asked, role=role, after=after, limit=limit)
    page = await services_of(request).policy_changes.find(request.user, query)
    return Response(views.line_page(page, request.user.tenant), headers={"ETag": etag(page.version)})


@post(
    "/policies",
    operation_id="changePolicy",
    summary="Change the policy",
    response_headers=[VERSION],
    responses=problems(*CHANGING, writes=True),
)
async def change_policy(
    request: ApiRequest, data: JSONBody[ChangePolicy], if_match: IfPolicyMatch = None
) -> Response[ChangedPolicyView]:
    """Add lines and remove others in one step, which binds the next request on every replica, and is logged."""
    return await _changed(request, asked_change(request, data, if_match))


@delete(
    "/policies/{name:str}",
    operation_id="removePolicy",
    summary="Remove a line of the policy",
    status_code=200,
    response_headers=[VERSION],
    responses=problems(*CHANGING, "invalid"),
)
async def remove_policy(
    request: ApiRequest, name: LineId, if_match: IfPolicyMatch = None
) -> Response[ChangedPolicyView]:
    """A line of the tenant's own; those of all tenants are the operator's."""
    removed = AskedChange(
        remove=[line_id(name)], if_version=expected_version(if_match), request_id=request_id(request.scope)
    )
    return await _changed(request, removed)


@post(
    "/policies/preview",
    operation_id="previewPolicy",
    summary="What would a change of the policy do?",
    status_code=200,
    response_headers=[VERSION],
    responses=problems(*CHANGING, writes=True),
)
async def preview_policy(
    request: ApiRequest, data: JSONBody[ChangePolicy], if_match: IfPolicyMatch = None
) -> Response[PreviewView]:
    """Which role could do what, from which state, and no longer could. Checked as the change is; nothing changes."""
    found = await services_of(request).policy_changes.preview(request.user, asked_change(request, data, if_match))
    lists = {name: [views.triple(one) for one in getattr(found, name)] for name in ("gains", "loses", "alters")}
    shown: Any = {"version": found.version, **lists}
    return Response(shown, headers={"ETag": etag(found.version)})


def asked_change(request: ApiRequest, body: ChangePolicy, if_match: str | None) -> AskedChange:
    return AskedChange(
        add=[_line(line, request.user.tenant) for line in body.lines],
        remove=body.remove,
        if_version=expected_version(if_match),
        reason=body.reason,
        request_id=request_id(request.scope),
        names=NAMES,
    )


async def _changed(request: ApiRequest, asked: AskedChange) -> Response[ChangedPolicyView]:
    changed = await services_of(request).policy_changes.change(request.user, asked)
    shown: ChangedPolicyView = {
        "version": changed.version,
        "entry_id": changed.entry_id,
        "added": [views.line(line, request.user.tenant) for line in changed.added],
        "removed": changed.removed,
    }
    return Response(shown, headers={"ETag": etag(changed.version)})


def _line(line: Line, tenant: str) -> PolicyLine:
    return PolicyLine(
        kind="p",
        role=line.role,
        tenant=line.tenant or tenant,
        obj=line.case_type,
        act=line.act.strip(),
        when=line.when.strip(),
        eft=line.effect,
    )
