"""Whether a caller may read a case that was read for several of them: what app/db/reads/visibility.py asks in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.store.stored import Visible

EVERY = "*"


@dataclass(frozen=True, slots=True)
class CaseStanding:
    """How people stand to a case; `roles` are those given on it, as (subject, role)."""

    case_type: str
    creator: str
    assignee: str | None
    roles: frozenset[tuple[str, str]] = frozenset()

    def has(self, subject: str, role: str) -> bool:
        match role:
            case "[creator]":
                return self.creator == subject
            case "[assignee]":
                return self.assignee == subject
        return (subject, role) in self.roles


def sees(visible: Visible, case: CaseStanding | None) -> bool:
    """Whether the predicate holds of a case; of one that is not there it does not."""
    if case is None or visible.denied_all or case.case_type in visible.denied_types:
        return False
    if _stands(visible.denied_by_role, visible.subject, case):
        return False
    return visible.all_types or case.case_type in visible.types or _stands(visible.by_role, visible.subject, case)


def _stands(by_role: Mapping[str, frozenset[str]], subject: str, case: CaseStanding) -> bool:
    return any((EVERY in of or case.case_type in of) and case.has(subject, role) for role, of in by_role.items())
