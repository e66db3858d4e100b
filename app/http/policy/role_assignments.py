"""Which users have which roles in the caller's tenant, by `g` lines; roles of tokens are not among them."""

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from app.http.border.documented import problems
from app.http.border.headers import expected_version, request_id
from app.http.border.parameters import Limit
from app.http.border.services import ApiRequest, services_of
from app.http.cases.answers import etag
from app.http.policy import views
from app.http.policy.parameters import VERSION, AfterLine, IfPolicyMatch, LineId, RoleOfLine, User, line_id
from app.http.policy.policies import CHANGING
from app.http.policy.requests import AssignRoles
from app.http.policy.views import AssignmentPageView, ChangedAssignmentsView
from app.services.policy.requests import AskedChange
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import PolicyLine

NAMES = {"role": "user", "obj": "role"}


@get(
    "/role-assignments",
    operation_id="listRoleAssignments",
    summary="Who has which role",
    response_headers=[VERSION],
    responses=problems("denied", "invalid"),
)
async def list_assignments(
    request: ApiRequest, user: User = None, role: RoleOfLine = None, after: AfterLine = 0, limit: Limit = 50
) -> Response[AssignmentPageView]:
    """The roles that lines of the policy give users of the tenant. Tokens may bring others, which nobody can list."""
    query = LineQuery(tenant=request.user.tenant, role=role, user=user, assignments=True, after=after, limit=limit)
    page = await services_of(request).policy_changes.find(request.user, query)
    return Response(views.assignment_page(page), headers={"ETag": etag(page.version)})


@post(
    "/role-assignments",
    operation_id="assignRoles",
    summary="Give users roles, and take others away",
    response_headers=[VERSION],
    responses=problems(*CHANGING, writes=True),
)
async def assign_roles(
    request: ApiRequest, data: JSONBody[AssignRoles], if_match: IfPolicyMatch = None
) -> Response[ChangedAssignmentsView]:
    """In one step, which binds the next request on every replica, and is logged."""
    tenant = request.user.tenant
    return await _changed(
        request,
        AskedChange(
            add=[PolicyLine(kind="g", role=one.user, tenant=tenant, obj=one.role) for one in data.assignments],
            remove=data.remove,
            if_version=expected_version(if_match),
            reason=data.reason,
            request_id=request_id(request.scope),
            root="assignments",
            names=NAMES,
            assignments=True,
        ),
    )


@delete(
    "/role-assignments/{name:str}",
    operation_id="takeRoleAway",
    summary="Take a role away",
    status_code=200,
    response_headers=[VERSION],
    responses=problems(*CHANGING, "invalid"),
)
async def take_role_away(
    request: ApiRequest, name: LineId, if_match: IfPolicyMatch = None
) -> Response[ChangedAssignmentsView]:
    """The last user who administers a case type keeps the role until another one has it too."""
    removed = AskedChange(
        remove=[line_id(name)],
        if_version=expected_version(if_match),
        request_id=request_id(request.scope),
        assignments=True,
    )
    return await _changed(request, removed)


async def _changed(request: ApiRequest, asked: AskedChange) -> Response[ChangedAssignmentsView]:
    changed = await services_of(request).policy_changes.change(request.user, asked)
    shown: ChangedAssignmentsView = {
        "version": changed.version,
        "entry_id": changed.entry_id,
        "added": [views.assignment(line) for line in changed.added],
        "removed": changed.removed,
    }
    return Response(shown, headers={"ETag": etag(changed.version)})
