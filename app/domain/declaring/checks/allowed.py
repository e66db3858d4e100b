"""What policy lines let anybody do, conditions aside: never too little, so that a warning is true."""

from collections.abc import Iterable, Sequence

from app.domain.deciding.step_effects import fired_by
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.definition.case_type import CaseType
from app.domain.values.names import BUILT_IN_ROLES

EVERYBODY = "*"
SYSTEM = "role:system"


class Allowed:
    """The lines about one case type, with what roles include."""

    def __init__(self, case_type: CaseType, lines: Sequence[PolicyRow]) -> None:
        self._fired = {event for clock in case_type.slas.values() for _, event in fired_by(clock)}
        self._opening = case_type.opening.keys() - case_type.events.keys()
        self._included = [(line.role, line.obj) for line in lines if line.kind == "g"]
        about = [line for line in lines if line.kind == "p" and line.obj in ("*", case_type.case_type)]
        self.allows = [line for line in about if line.eft == "allow"]
        self._denies = [line for line in about if line.eft == "deny"]

    def roles(self, role: str) -> frozenset[str]:
        """A role with those that it includes, and what everybody has."""
        found = {EVERYBODY, role}
        size = 0
        while size < len(found):
            size = len(found)
            found |= {inner for outer, inner in self._included if outer in found}
        return frozenset(found)

    def event(self, event: str) -> bool:
        """Whether somebody may fire an event; what the system may counts where a clock fires it."""
        return any(self._lets(line, event) for line in self.allows)

    def denied_by(self, line: PolicyRow, act: str | None = None) -> PolicyRow | None:
        """The line that denies all that an allowing one allows (of `act`, where that is given)."""
        roles, act = self.roles(line.role), act or line.act
        return next((deny for deny in self._denies if _covers(deny, line, act) and deny.role in roles), None)

    def may_read(self, role: str) -> bool:
        """Whether some line lets a role read, alone or by what it includes."""
        roles = self.roles(role)
        reads = any(line.act == "case:read" and line.role in roles for line in self.allows)
        return reads or not roles.isdisjoint(BUILT_IN_ROLES)

    def _lets(self, line: PolicyRow, event: str) -> bool:
        if line.act not in ("*", event) or self.denied_by(line, event):
            return False
        if line.role == SYSTEM:
            return event in self._fired
        return not (line.role.startswith("[") and event in self._opening)  # no case role holds while opening


def _covers(deny: PolicyRow, line: PolicyRow, act: str) -> bool:
    """Whether one line denies whatever another one allows, whoever it is about."""
    acts = deny.act == act or (deny.act == "*" and not act.startswith("case:"))
    about = deny.obj in ("*", line.obj) and deny.tenant in ("*", line.tenant)
    return acts and about and deny.when in ("", line.when)


def fires(line: PolicyRow, events: Iterable[str]) -> str | None:
    """The first of these events that a line is about."""
    return next((event for event in events if line.act in ("*", event)), None)
