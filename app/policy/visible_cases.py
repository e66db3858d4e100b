"""Which cases a caller may read or claim: the lines of the act as one predicate, so that lists page right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from app.policy.index import Index
from app.policy.lines import EVERY, READ, Rule, is_case_role
from app.services.store.stored import Visible

ByRole: TypeAlias = dict[str, list[Rule]]


class Readers:
    """The lines of one act, `case:read` or `case:claim`, by role, gathered when a tenant first asks for them."""

    def __init__(self, act: str = READ) -> None:
        self._act = act
        self._tenants: dict[str, ByRole] = {}

    def visible(self, index: Index, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        rules = [rule for owner in {tenant, EVERY} for rule in self._lines(index, owner, roles)]
        # a condition cannot become part of the predicate, so it fails closed
        allow = [rule for rule in rules if rule.eft == "allow" and not rule.when]
        deny = [rule for rule in rules if rule.eft == "deny"]
        types, denied = _types(allow), _types(deny)
        return Visible(
            subject=subject,
            all_types=EVERY in types,
            types=types - {EVERY},
            by_role=_by_case_role(allow),
            denied_all=EVERY in denied,
            denied_types=denied - {EVERY},
            denied_by_role=_by_case_role(deny),
        )

    def drop(self, changed: Iterable[Rule]) -> None:
        for rule in changed:
            if rule.act == self._act:
                self._tenants.pop(rule.tenant, None)

    def _lines(self, index: Index, tenant: str, roles: frozenset[str]) -> Iterator[Rule]:
        by_role = self._of(index, tenant)
        for role, rules in by_role.items():
            if is_case_role(role) or role in roles:
                yield from rules

    def _of(self, index: Index, tenant: str) -> ByRole:
        if tenant in self._tenants:
            return self._tenants[tenant]
        by_role: ByRole = defaultdict(list)
        for rule in index.doing(tenant, self._act):
            by_role[rule.role].append(rule)
        if by_role:  # a made-up tenant is not remembered
            self._tenants[tenant] = by_role
        return by_role


def _types(rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset(rule.obj for rule in rules if not is_case_role(rule.role))


def _by_case_role(rules: Sequence[Rule]) -> dict[str, frozenset[str]]:
    by_role: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if is_case_role(rule.role):
            by_role[rule.role].add(rule.obj)
    return {role: frozenset(types) for role, types in by_role.items()}
