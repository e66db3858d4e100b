"""Who may do what, as far as a decision asks (app/policy answers)."""

from collections.abc import Callable, Sequence
from typing import Protocol

from app.domain.definition.case_type import CaseType
from app.domain.expressions.view import View
from app.domain.policy.line_terms import LineTerms
from app.domain.policy.verdict import Verdict


class Policy(Protocol):
    """Answered from memory."""

    def closure(self, tenant: str, subject: str, given: frozenset[str] | None, *, own: bool = True) -> frozenset[str]:
        """All roles of a subject: its own `g` roles and those given, with what they include, and `*`.

        `given` is None where nothing was given: then its own roles count alone. With `own=False` given roles
        count alone: those that `on_behalf_of` names.
        """
        ...

    def decide(
        self,
        tenant: str,
        roles: frozenset[str],
        case_type: str,
        act: str,
        see: Callable[[], View],
        declared: CaseType | None = None,
    ) -> Verdict:
        """Allow or deny an act. `see` gives what conditions read, where there are any: case, data, actor. `declared` is
        the case type with the titles by which reasons name it and its events."""
        ...

    def allows(self, tenant: str, roles: frozenset[str], case_type: str, act: str, see: Callable[[], View]) -> bool:
        """What `decide` comes to, without the line that decided and without reasons."""
        ...

    def who_could(self, tenant: str, case_type: str, act: str) -> tuple[str, ...]:
        """The roles that some line allows this act, conditions aside."""
        ...

    def case_roles(self, tenant: str, case_type: str) -> frozenset[str]:
        """The roles in brackets that lines about a case type name: as who does something, or in their conditions."""
        ...

    def line_terms(self, tenant: str, case_type: str, act: str) -> Sequence[LineTerms]:
        """Every line that bears on an act, whoever holds its role."""
        ...
