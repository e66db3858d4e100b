"""Answer from memory who may do what: the policy lines in force, and Casbin over those that a question needs."""

import hashlib
from collections.abc import Callable, Sequence

from app.domain.case import Verdict
from app.domain.guard import View
from app.policy.conditions import Subject
from app.policy.enforcer import TenantEnforcer
from app.policy.index import Address, Index, covering
from app.policy.lines import EVERY, as_csv, includes_role, rule_of
from app.policy.reading import Readers
from app.policy.reasons import deciding_rule, refusal
from app.policy.roles import Roles
from app.services.stored import PolicyLine, Visible

BUILT_IN = tuple(PolicyLine("p", "role:admin", EVERY, EVERY, act, eft="allow") for act in ("case:admin", "case:read"))


class PolicyEngine:
    """The living policy of every tenant, at one version.

    A decision costs the lines of its own bucket, whatever else the policy holds. Nothing is remembered about
    subjects, nor about names that no line names. Asked by one event loop, as Casbin is not thread-safe.
    """

    def __init__(self) -> None:
        self.version = 0
        self.load((), 0)

    def load(self, lines: Sequence[PolicyLine], version: int) -> None:
        """Build everything from the lines in force; `version` was read before the lines were."""
        self._index, self._roles = Index(), Roles()
        self._forget()
        self.version = version
        for line in (*BUILT_IN, *lines):
            if _in_force(line, version):
                self._add(line)

    def apply(self, changed: Sequence[PolicyLine], version: int) -> None:
        """Go from the version held to a newer one by the lines that were added or removed in between."""
        if version <= self.version:
            return
        moved = [line for line in changed if _in_force(line, self.version) != _in_force(line, version)]
        for line in moved:
            if _in_force(line, version):
                self._add(line)
            else:
                self._remove(line)
        self.version = version
        self._drop_touched(moved)

    def closure(self, tenant: str, subject: str, given: frozenset[str] | None, *, own: bool = True) -> frozenset[str]:
        """All roles of a subject: its own `g` roles and those given, with what they include, and `*`."""
        return self._roles.closure(tenant, subject, given, own)

    def decide(self, tenant: str, roles: frozenset[str], case_type: str, act: str, see: Callable[[], View]) -> Verdict:
        """Allow or deny an act; a deny line wins, and what no line allows is denied."""
        subject = Subject(roles, see)
        policy = self.policy_hash(tenant, case_type)
        address = self._index.address(tenant, case_type, act)
        if address is None:
            return Verdict(False, None, policy, refusal((), subject, case_type, act, ()))
        enforcer = self._enforcer(address.tenant)
        bucket = enforcer.bucket(address, self._index.rules)
        if known := bucket.allowed(roles):
            return Verdict(True, known.text, policy)
        allowed = enforcer.allows(address, subject)
        rule = deciding_rule(bucket.rules, subject, allowed)
        if allowed and rule:
            bucket.remember(roles, rule)
            return Verdict(True, rule.text, policy)
        reasons = refusal(bucket.rules, subject, case_type, act, self._who_could(address))
        return Verdict(False, rule.text if rule else None, policy, reasons)

    def visible(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:read` lines as one predicate over cases."""
        return self._readers.visible(self._index, tenant, subject, roles)

    def who_could(self, tenant: str, case_type: str, act: str) -> tuple[str, ...]:
        """The roles that some line allows this act, conditions aside, and the roles that include them."""
        address = self._index.address(tenant, case_type, act)
        return self._who_could(address) if address else ()

    def policy_hash(self, tenant: str, case_type: str) -> str:
        """SHA-256 in hex over `policy_text` in UTF-8."""
        scope = self._index.scope(tenant, case_type)
        if scope not in self._hashes:
            self._hashes[scope] = hashlib.sha256(self.policy_text(*scope).encode()).hexdigest()
        return self._hashes[scope]

    def policy_text(self, tenant: str, case_type: str) -> str:
        """What applies to a case type in a tenant: sorted canonical lines, without the roles of users."""
        rules = {rule.text for rule in self._index.about(tenant, case_type)}
        inclusions = {as_csv(PolicyLine("g", role, EVERY, other)) for role, other in self._roles.inclusions()}
        return "".join(f"{line}\n" for line in sorted(rules | inclusions))

    def _enforcer(self, tenant: str) -> TenantEnforcer:
        if tenant not in self._enforcers:
            self._enforcers[tenant] = TenantEnforcer()
        return self._enforcers[tenant]

    def _who_could(self, address: Address) -> tuple[str, ...]:
        if address not in self._could:
            named = {rule.role for rule in self._index.rules(address) if rule.eft == "allow"}
            self._could[address] = tuple(sorted(self._roles.including(named)))
        return self._could[address]

    def _add(self, line: PolicyLine) -> None:
        if line.kind == "p":
            self._index.add(rule_of(line))
        else:
            self._roles.add(line)

    def _remove(self, line: PolicyLine) -> None:
        if line.kind == "p":
            self._index.remove(rule_of(line))
        else:
            self._roles.remove(line)

    def _forget(self) -> None:
        self._enforcers: dict[str, TenantEnforcer] = {}
        self._hashes: dict[tuple[str, str], str] = {}
        self._could: dict[Address, tuple[str, ...]] = {}
        self._readers = Readers()

    def _drop_touched(self, moved: Sequence[PolicyLine]) -> None:
        rules = [line for line in moved if line.kind == "p"]
        if rules or any(includes_role(line) for line in moved):
            self._could.clear()
            self._hashes.clear()
        self._readers.drop(rules)
        touched = {(line.tenant, line.obj, line.act) for line in rules}
        for tenant, enforcer in list(self._enforcers.items()):
            for address in enforcer.addresses:
                pairs = covering(address.obj, address.act)
                if any((owner, *pair) in touched for owner in (tenant, EVERY) for pair in pairs):
                    enforcer.drop(address)
            if not enforcer.addresses:
                del self._enforcers[tenant]


def _in_force(line: PolicyLine, version: int) -> bool:
    return line.added <= version and (line.removed is None or line.removed > version)
