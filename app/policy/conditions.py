"""The conditions of policy lines: CEL over `case`, `data` and `actor`, which fail closed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from app.domain.expressions.expression import (
    Expression,
    GuardFault,
    Truth,
    Types,
    View,
    check_expression,
    compile_expression,
)
from app.domain.values.json import Json

ROOTS = frozenset({"case", "data", "actor"})


def condition_fault(text: str) -> str | None:
    """Why a text cannot be a condition, as the end of a sentence about it; what `data` holds is not known here."""
    problem = _unusable(text)
    if problem is not None:
        return problem
    found = check_expression(compile_expression(text), Types.of({}, None), wants="bool")
    return f"cannot be right: {'; '.join(found)}" if found else None


@dataclass(frozen=True)
class Subject:
    """Who asks, as Casbin sees it: roles that always contain `*`, and what conditions read."""

    roles: frozenset[str]
    see: Callable[[], View]
    _truths: dict[str, Truth] = field(default_factory=dict)

    @cached_property
    def view(self) -> View:
        return self.see()

    def truth(self, when: str) -> Truth:
        """Whether a condition holds; evaluated once per decision."""
        if when not in self._truths:
            self._truths[when] = self._evaluate(when)
        return self._truths[when]

    def saw(self, when: str) -> dict[str, Json]:
        expression = _compiled(when)
        return self.view.saw(sorted(expression.reads)) if isinstance(expression, Expression) else {}

    def _evaluate(self, when: str) -> Truth:
        if not when:
            return Truth(True)
        expression = _compiled(when)
        return expression.holds(self.view) if isinstance(expression, Expression) else expression


def holds(when: str, eft: str, subject: Subject) -> bool:
    """What Casbin's matcher calls: on an error an allow line does not match, and a deny line does."""
    truth = subject.truth(when)
    return eft == "deny" if truth.error is not None else truth.value


def _compiled(when: str) -> Expression | Truth:
    problem = _unusable(when)
    return Truth(False, f"it {problem}") if problem else compile_expression(when)


@lru_cache(maxsize=4096)
def _unusable(text: str) -> str | None:
    try:
        expression = compile_expression(text)
    except GuardFault as fault:
        return f"does not compile: {fault}"
    strange = sorted(path for path in expression.reads if path.split(".")[0] not in ROOTS)
    return f"reads {', '.join(f'`{path}`' for path in strange)}, which a policy cannot see" if strange else None
