"""Who may do what, and what a condition says, as plainly as possible, written from the design alone."""

from collections.abc import Callable
from typing import Any

from app.domain.case.attempt import Attempt

BUILT_IN_LINES = (
    ("role:admin", "*", "*", "case:admin", "", "allow"),
    ("role:admin", "*", "*", "case:read", "", "allow"),
)

Condition = Callable[[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]], Any]
Line = tuple[str, str, str, str, str, str]  # role, tenant, case type, act, condition, effect


class NaivePolicy:
    """Lines, role inclusions, the roles of people in a tenant, and a Python twin for every CEL text."""

    def __init__(
        self,
        lines: list[Line],
        includes: dict[str, set[str]],
        own_roles: dict[tuple[str, str], set[str]],
        conditions: dict[str, Condition],
    ) -> None:
        self.lines = (*lines, *BUILT_IN_LINES)
        self.includes, self.own_roles, self.conditions = includes, own_roles, conditions

    def may(self, case: dict[str, Any], attempt: Attempt, act: str, *, acting: bool) -> bool:
        subject, roles = self.who(case, attempt, acting)
        lines = [
            (condition, effect)
            for role, tenant, case_type, line_act, condition, effect in self.lines
            if role in roles
            and tenant in ("*", attempt.tenant)
            and case_type in ("*", case["case_type"])
            and (line_act == act or (line_act == "*" and ":" not in act))
        ]
        variables: Any = (case["data"], {}, {"id": subject, "roles": roles}, case)
        hit = {effect for condition, effect in lines if self.truth(condition, variables, error=effect == "deny")}
        return "allow" in hit and "deny" not in hit

    def who(self, case: dict[str, Any], attempt: Attempt, acting: bool) -> tuple[str, set[str]]:
        subject, given = attempt.actor.id, set(attempt.actor.roles) | self._own(attempt.tenant, attempt.actor.id)
        if acting and (other := attempt.on_behalf_of):
            given = self._own(attempt.tenant, other.id) if other.roles is None else set(other.roles)
            subject = other.id
        roles = {"*"} | ({"[creator]"} if case.get("creator") == subject else set())
        while given - roles:
            role = (given - roles).pop()
            roles.add(role)
            given |= self.includes.get(role, set())
        return subject, roles

    def _own(self, tenant: str, subject: str) -> set[str]:
        return set(self.own_roles.get((tenant, subject), ()))

    def variables(self, case: dict[str, Any], attempt: Attempt) -> Any:
        subject, roles = self.who(case, attempt, acting=True)
        return case["data"], attempt.payload or {}, {"id": subject, "roles": roles}, case

    def truth(self, condition: str, variables: Any, *, error: bool) -> bool:
        if not condition:
            return True
        try:
            value = self.conditions[condition](*variables)
        except (KeyError, TypeError):
            return error
        return value if isinstance(value, bool) else error
