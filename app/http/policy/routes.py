"""The calls about the policy, together."""

from app.http.policy.policies import change_policy, list_policies, preview_policy, remove_policy
from app.http.policy.role_assignments import assign_roles, list_assignments, take_role_away
from app.http.policy.who_can import who_can_fire

POLICY = (
    list_policies,
    change_policy,
    preview_policy,
    remove_policy,
    list_assignments,
    assign_roles,
    take_role_away,
    who_can_fire,
)
