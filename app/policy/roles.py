"""Which roles somebody has: given ones, own ones, and what those include. Casbin never sees a user."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from app.domain.case.attempt import ANYONE
from app.policy.lines import EVERY, includes_role, is_role
from app.services.store.stored import PolicyLine

SYSTEM = "role:system"

Counted: TypeAlias = dict[str, Counter[str]]  # several files may say the same; each line goes by itself


class Roles:
    """The `g` lines: what roles include, and the roles of users in their tenants."""

    def __init__(self) -> None:
        self._included: Counted = {}
        self._users: dict[str, Counted] = defaultdict(dict)
        self._closures: dict[str, frozenset[str]] = {}  # of roles that include something: never of users

    def add(self, line: PolicyLine) -> None:
        if includes_role(line):
            if line.tenant == EVERY:
                self._included.setdefault(line.role, Counter())[line.obj] += 1
                self._closures.clear()
        elif line.tenant != EVERY:
            self._users[line.tenant].setdefault(line.role, Counter())[line.obj] += 1

    def remove(self, line: PolicyLine) -> None:
        if includes_role(line):
            if line.tenant == EVERY:
                _take(self._included, line.role, line.obj)
                self._closures.clear()
        elif line.tenant in self._users:
            _take(self._users[line.tenant], line.role, line.obj)
            if not self._users[line.tenant]:
                del self._users[line.tenant]

    def changed(self, add: Iterable[PolicyLine], remove: Iterable[PolicyLine]) -> "Roles":
        """The roles as they would be; this object stays as it is, and shares what is not touched."""
        copy, touched = Roles(), [*add, *remove]
        copy._included, copy._users = self._included, defaultdict(dict, self._users)
        copy._closures = self._closures
        if any(includes_role(line) for line in touched):
            copy._included, copy._closures = _copied(self._included, self._included), {}
        for tenant in {line.tenant for line in touched if not includes_role(line)} & self._users.keys():
            members = {line.role for line in touched if line.tenant == tenant}
            copy._users[tenant] = _copied(self._users[tenant], members)
        for line in remove:
            copy.remove(line)
        for line in add:
            copy.add(line)
        return copy

    def holders(self, tenant: str, roles: frozenset[str]) -> Iterator[str]:
        """The users that lines give one of these roles in a tenant; with `*` among them, any role."""
        for user, own in self._users.get(tenant, {}).items():
            if ANYONE in roles or not roles.isdisjoint(own):
                yield user

    def holds(self, line: PolicyLine) -> bool:
        of = self._included if includes_role(line) else self._users.get(line.tenant, {})
        return line.obj in of.get(line.role, ())

    def closure(self, tenant: str, subject: str, given: frozenset[str] | None, own: bool) -> frozenset[str]:
        roles = {role for role in given or () if is_role(role)}
        if own or given is None:
            roles.update(self._own(tenant, subject))
        return self._with_included(roles) | {ANYONE}

    def including(self, named: Collection[str]) -> frozenset[str]:
        """The named roles and every role that includes one of them."""
        wanted = frozenset(named)
        return wanted | {role for role in self._included if wanted & self._closure_of(role)}

    def inclusions(self) -> Iterable[tuple[str, str]]:
        return [(role, included) for role, several in self._included.items() for included in several]

    def _own(self, tenant: str, subject: str) -> Iterable[str]:
        if subject.startswith("system:"):
            yield SYSTEM
        yield from self._users.get(tenant, {}).get(subject, ())

    def _with_included(self, roles: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._closure_of(role) for role in roles))

    def _closure_of(self, role: str) -> frozenset[str]:
        if role not in self._included:
            return frozenset({role})
        if role not in self._closures:
            self._closures[role] = self._reach(role)
        return self._closures[role]

    def _reach(self, role: str) -> frozenset[str]:
        reached, waiting = {role}, [role]
        while waiting:
            new = [included for included in self._included.get(waiting.pop(), ()) if included not in reached]
            reached.update(new)
            waiting += new
        return frozenset(reached)


def _copied(counted: Counted, keys: Iterable[str]) -> Counted:
    """A copy whose counters at these keys are its own."""
    return {**counted, **{key: counted[key].copy() for key in keys if key in counted}}


def _take(counted: Counted, key: str, value: str) -> None:
    several = counted.get(key, Counter())
    if several[value] > 1:
        several[value] -= 1
        return
    del several[value]  # a Counter lets go of what it does not hold
    if not several:
        counted.pop(key, None)
