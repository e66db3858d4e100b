"""Answer from memory who may do what: the policy lines in force, and Casbin over those that a question needs."""

from collections.abc import Callable, Iterable, Sequence

from app.domain.definition.case_type import CaseType
from app.domain.expressions.expression import View
from app.domain.policy.line_terms import LineTerms, permits
from app.domain.policy.verdict import Verdict
from app.domain.values.names import case_roles
from app.policy.blocks import EffectivePolicies
from app.policy.conditions import Subject
from app.policy.enforcer import DecidedBy, TenantEnforcer
from app.policy.faults import line_faults
from app.policy.index import Address, Index, touched
from app.policy.lines import AUDIT, CLAIM, EVERY, as_csv, in_force, includes_role, inclusion, rule_of
from app.policy.reasons import deciding_rule, refusal, wish_of
from app.policy.roles import Roles
from app.policy.visible_cases import Readers
from app.services.store.stored import PolicyLine, Visible

BUILT_IN = tuple(
    PolicyLine(kind="p", role=role, tenant=EVERY, obj=EVERY, act=act, eft="allow")
    for role, act in (("role:admin", "case:admin"), ("role:admin", "case:read"), ("role:auditor", AUDIT))
)
MOST_PLACES = 20_000  # remembered at a time: callers may make names up


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
            if in_force(line, version):
                self._add(line)

    def apply(self, changed: Sequence[PolicyLine], version: int) -> None:
        """Go from the version held to a newer one by the lines that were added or removed in between."""
        if version <= self.version:
            return
        moved = [line for line in changed if in_force(line, self.version) != in_force(line, version)]
        for line in moved:
            if in_force(line, version):
                self._add(line)
            else:
                self._remove(line)
        self.version = version
        self._droptouched(moved)

    def closure(self, tenant: str, subject: str, given: frozenset[str] | None, *, own: bool = True) -> frozenset[str]:
        """All roles of a subject: its own `g` roles and those given, with what they include, and `*`."""
        return self._roles.closure(tenant, subject, given, own)

    def decide(
        self,
        tenant: str,
        roles: frozenset[str],
        case_type: str,
        act: str,
        see: Callable[[], View],
        declared: CaseType | None = None,
    ) -> Verdict:
        """Allow or deny an act; a deny line wins, and what no line allows is denied."""
        place = self._place(tenant, case_type, act)
        if place.bucket and (known := place.bucket.allowed(roles)):
            return Verdict(True, known, place.policy)
        subject = Subject(roles, see)
        if place.address is None or place.bucket is None:
            return Verdict(False, None, place.policy, refusal((), subject, wish_of(case_type, act, declared), ()))
        allowed = self._enforcer(place.address.tenant).allows(place.address, subject)
        rule = deciding_rule(place.bucket.rules, subject, allowed)
        if allowed and rule:
            place.bucket.remember(roles, rule)
            return Verdict(True, rule.text, place.policy)
        could = self._who_could(place.address)
        reasons = refusal(place.bucket.rules, subject, wish_of(case_type, act, declared), could)
        return Verdict(False, rule.text if rule else None, place.policy, reasons)

    def allows(self, tenant: str, roles: frozenset[str], case_type: str, act: str, see: Callable[[], View]) -> bool:
        """What `decide` comes to, without Casbin, which takes too long where hundreds of acts are asked about."""
        bucket = self._place(tenant, case_type, act).bucket
        mine = [rule for rule in bucket.rules if rule.role in roles] if bucket else []
        return permits([LineTerms(rule.role, rule.when, rule.eft) for rule in mine], roles, Subject(roles, see).truth)

    def visible(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:read` lines as one predicate over cases."""
        return self._readers.visible(self._index, tenant, subject, roles)

    def claimable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:claim` lines as one predicate over cases."""
        return self._claimers.visible(self._index, tenant, subject, roles)

    def auditable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:audit` lines as one predicate over cases."""
        return self._auditors.visible(self._index, tenant, subject, roles)

    def who_could(self, tenant: str, case_type: str, act: str) -> tuple[str, ...]:
        """The roles that some line allows this act, conditions aside, and the roles that include them."""
        address = self._index.address(tenant, case_type, act)
        return self._who_could(address) if address else ()

    def case_roles(self, tenant: str, case_type: str) -> frozenset[str]:
        """The roles in brackets that lines about a case type name: as who does something, or in their conditions."""
        rules = list(self._index.about(tenant, case_type))
        return self.roles_about(tenant, case_type) | frozenset(role for rule in rules for role in case_roles(rule.when))

    def line_terms(self, tenant: str, case_type: str, act: str) -> Sequence[LineTerms]:
        """Every line that bears on an act; `*` as the case type asks for lines about all of them."""
        address = self._index.address(tenant, case_type, act)
        rules = self._index.rules(address) if address else ()
        return [LineTerms(rule.role, rule.when, rule.eft) for rule in rules]

    def changed(self, add: Sequence[PolicyLine], remove: Sequence[PolicyLine]) -> "PolicyEngine":
        """The policy as these lines would make it. The live one is not touched; what is not concerned is shared."""
        engine = PolicyEngine()
        added, removed = ([rule_of(line) for line in lines if line.kind == "p"] for lines in (add, remove))
        engine._index = self._index.changed(added, removed)
        added_g, removed_g = ([line for line in lines if line.kind == "g"] for lines in (add, remove))
        engine._roles = self._roles.changed(added_g, removed_g)
        engine.version = self.version
        return engine

    def holders(self, tenant: str, roles: frozenset[str]) -> Iterable[str]:
        """The users that `g` lines give one of these roles itself in a tenant; with `*` among them, any role."""
        return self._roles.holders(tenant, roles)

    def roles_about(self, tenant: str, case_type: str) -> frozenset[str]:
        """Every role that a line about a case type names, and those that include one."""
        return self._roles.including({rule.role for rule in self._index.about(tenant, case_type)})

    def including(self, roles: frozenset[str]) -> frozenset[str]:
        """These roles and every role that includes one of them."""
        return self._roles.including(roles)

    def holds(self, line: PolicyLine) -> bool:
        """Whether a line that says the same, with the same tenant, is in force."""
        if line.kind == "p":
            return self._index.holds(rule_of(line))
        return self._roles.holds(line)

    def faults(self, line: PolicyLine) -> Sequence[tuple[str, str]]:
        """What is wrong with a line taken alone: the field of PolicyLine, and a sentence."""
        return [(fault.field, f"{fault.message}; {fault.remedy}") for fault in line_faults(line)]

    def policy_hash(self, tenant: str, case_type: str) -> str:
        """The hash of `policy_text`, in hex, as app/policy/blocks.py defines it."""
        scope = self._index.scope(tenant, case_type)
        if scope not in self._hashes:
            self._hashes[scope] = self._effective.of(scope, self._lines_about).hash()
        return self._hashes[scope]

    def policy_text(self, tenant: str, case_type: str) -> str:
        """What applies to a case type in a tenant: canonical lines sorted by act, without the roles of users."""
        return str(self._effective.of(self._index.scope(tenant, case_type), self._lines_about))

    def _place(self, tenant: str, case_type: str, act: str) -> DecidedBy:
        """Found once per question; one look instead of a dozen, which wait for memory if it is large."""
        places = self._places.get(case_type, {})
        place = places.get((tenant, act))
        if place is None:
            address = self._index.address(tenant, case_type, act)
            bucket = self._enforcer(address.tenant).bucket(address, self._index.rules) if address else None
            place = DecidedBy(self.policy_hash(tenant, case_type), address, bucket)
            self._remember(case_type, tenant, act, place)
        return place

    def _remember(self, case_type: str, tenant: str, act: str, place: DecidedBy) -> None:
        if self._remembered >= MOST_PLACES:
            self._forget_places()
        self._places.setdefault(case_type, {})[tenant, act] = place
        self._remembered += 1

    def _lines_about(self, tenant: str, case_type: str) -> set[tuple[str, str]]:
        rules = {(rule.act, rule.text) for rule in self._index.about(tenant, case_type)}
        return rules | {("", as_csv(inclusion(role, other))) for role, other in self._roles.inclusions()}

    def _enforcer(self, tenant: str) -> TenantEnforcer:
        if tenant not in self._enforcers:
            self._enforcers[tenant] = TenantEnforcer()
        return self._enforcers[tenant]

    def _who_could(self, address: Address) -> tuple[str, ...]:
        could = self._could.setdefault(address.tenant, {})
        if address not in could:
            named = {rule.role for rule in self._index.rules(address) if rule.eft == "allow"}
            could[address] = tuple(sorted(self._roles.including(named)))
        return could[address]

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
        self._effective = EffectivePolicies()
        self._forget_places()
        self._could: dict[str, dict[Address, tuple[str, ...]]] = {}
        self._readers, self._claimers, self._auditors = Readers(), Readers(CLAIM), Readers(AUDIT)

    def _droptouched(self, moved: Sequence[PolicyLine]) -> None:
        rules = {rule_of(line) for line in moved if line.kind == "p"}
        if any(includes_role(line) for line in moved):
            self._could.clear()
            self._hashes.clear()
            self._effective = EffectivePolicies()
            self._forget_places()
        for rule in rules:
            self._drop_places(rule.obj)
            for scope in self._effective.change(rule, self._index.holds(rule)):
                self._hashes.pop(scope, None)
        self._readers.drop(rules)
        self._claimers.drop(rules)
        self._auditors.drop(rules)
        for tenant, enforcer in list(self._enforcers.items()):
            for address in touched(tenant, enforcer.addresses, rules):
                enforcer.drop(address)
            if not enforcer.addresses and tenant != EVERY:  # who comes next would build the shared one again
                del self._enforcers[tenant]
        for tenant, could in self._could.items():
            for address in touched(tenant, could.keys(), rules):
                del could[address]

    def _drop_places(self, case_type: str) -> None:
        if case_type == EVERY:
            self._forget_places()
        self._remembered -= len(self._places.pop(case_type, {}))

    def _forget_places(self) -> None:
        self._places: dict[str, dict[tuple[str, str], DecidedBy]] = {}  # case type -> tenant and act
        self._remembered = 0
