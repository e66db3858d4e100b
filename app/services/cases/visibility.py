"""Which cases a scope leaves of those that the policy shows."""

from collections.abc import Mapping
from dataclasses import replace

from app.domain.deciding.situation import READ
from app.domain.policy.scope import Scope
from app.services.store.stored import Visible

EVERY = "*"


def scoped(visible: Visible, scope: Scope | None, act: str = READ) -> Visible:
    """On which of the cases that the policy allows an act on a credential of this scope allows it too."""
    if scope is None:
        return visible
    if scope.acts is not None and act not in scope.acts:
        return Visible(subject=visible.subject)
    if scope.case_types is None:
        return visible
    types = scope.case_types if visible.all_types else visible.types & scope.case_types
    return replace(visible, all_types=False, types=types, by_role=_by_role(visible.by_role, scope.case_types))


def _by_role(by_role: Mapping[str, frozenset[str]], types: frozenset[str]) -> Mapping[str, frozenset[str]]:
    left = {role: types if EVERY in found else found & types for role, found in by_role.items()}
    return {role: found for role, found in left.items() if found}
