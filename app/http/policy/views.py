"""The shapes of answers about the policy, as the OpenAPI document shows them."""

from typing import Literal, NotRequired, TypedDict, cast

from app.services.policy.requests import Able, Triple
from app.services.store.policy_lines import LinePage
from app.services.store.stored import PolicyLine


class LineView(TypedDict):
    """A line in force. Of kind g, `role` includes the role `gives`, or is a user who has it in the tenant.

    `changeable` says that it carries the name of your tenant; `source` is the file that it came from.
    """

    id: int
    kind: Literal["p", "g"]
    role: str
    tenant: str
    case_type: NotRequired[str]
    act: NotRequired[str]
    when: NotRequired[str]
    effect: NotRequired[str]
    gives: NotRequired[str]
    source: str | None
    version: int
    changeable: bool


class LinePageView(TypedDict):
    """A page of lines. `version` is the policy version, and the ETag; `next_after` is null on the last page."""

    items: list[LineView]
    version: int
    next_after: int | None


class ChangedPolicyView(TypedDict):
    """The new version, the entry in the log, and what was added, with ids."""

    version: int
    entry_id: str
    added: list[LineView]
    removed: int


class AssignmentView(TypedDict):
    """That a user has a role in the tenant by a `g` line."""

    id: int
    user: str
    role: str
    source: str | None
    version: int


class AssignmentPageView(TypedDict):
    """A page of roles that users have. `version` is the policy version, and the ETag; `next_after` is null on the
    last page."""

    items: list[AssignmentView]
    version: int
    next_after: int | None


class ChangedAssignmentsView(TypedDict):
    """The new version, the entry in the log, and what was given, with ids."""

    version: int
    entry_id: str
    added: list[AssignmentView]
    removed: int


class TripleView(TypedDict):
    """What one role alone may do: `state` is null for opening events and for built-in acts."""

    case_type: str
    role: str
    state: str | None
    event: str
    before: Literal["never", "conditional", "always"]
    after: Literal["never", "conditional", "always"]


class PreviewView(TypedDict):
    """What roles gain and lose. `alters`: conditional before and after, under other conditions. `version` is the
    policy it was computed on."""

    version: int
    gains: list[TripleView]
    loses: list[TripleView]
    alters: list[TripleView]


class AbleView(TypedDict):
    """`needs` is `payload` where a guard or an assignment reads it."""

    needs: NotRequired[str]


class AbleSubjectView(AbleView):
    """A user who could."""

    subject: str


class AbleRoleView(AbleView):
    """A role that would be enough."""

    role: str


class WhoCanView(TypedDict):
    """Who could fire the event. `subjects` as they stand to the case; each of `roles` would be enough for somebody
    new to it."""

    case_id: str
    event: str
    version: int
    subjects: list[AbleSubjectView]
    roles: list[AbleRoleView]
    next_after: str | None


def line(shown: PolicyLine, tenant: str) -> LineView:
    view: LineView = {
        "id": shown.id,
        "kind": "p" if shown.kind == "p" else "g",
        "role": shown.role,
        "tenant": shown.tenant,
        "source": shown.source,
        "version": shown.added,
        "changeable": shown.tenant == tenant,
    }
    if shown.kind == "g":
        return {**view, "gives": shown.obj}
    return {**view, "case_type": shown.obj, "act": shown.act, "when": shown.when, "effect": shown.eft}


def assignment(shown: PolicyLine) -> AssignmentView:
    return {
        "id": shown.id,
        "user": shown.role,
        "role": shown.obj,
        "source": shown.source,
        "version": shown.added,
    }


def line_page(page: LinePage, tenant: str) -> LinePageView:
    items = [line(one, tenant) for one in page.lines]
    return {"items": items, "version": page.version, "next_after": page.after}


def assignment_page(page: LinePage) -> AssignmentPageView:
    return {"items": [assignment(one) for one in page.lines], "version": page.version, "next_after": page.after}


def triple(one: Triple) -> TripleView:
    names = ("case_type", "role", "state", "event", "before", "after")
    return cast(TripleView, {name: getattr(one, name) for name in names})


def needs(able: Able) -> AbleView:
    return {} if able.needs is None else {"needs": able.needs}
