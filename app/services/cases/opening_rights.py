"""Who may open cases, as far as the policy tells before there are data."""

from collections.abc import Iterable

from app.domain.policy.line_terms import Allowance, allowance, by_role, terms_of
from app.domain.policy.port import Policy


def may_open(engine: Policy, tenant: str, roles: Iterable[str], case_type: str, event: str) -> bool:
    """Whether some data let these roles open a case by the event. What is denied whatever the data are is not offered,
    though another line allows it."""
    lines = by_role(engine.line_terms(tenant, case_type, event))
    return allowance(terms_of(lines, roles)) is not Allowance.NEVER
