"""All `p` lines by tenant, case type and act, so that one question finds its lines without looking at the others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple, TypeAlias

from app.policy.lines import EVERY, Rule, is_event

Counted: TypeAlias = dict[Rule, int]  # several files may say the same; each line goes by itself


class Address(NamedTuple):
    """Where a question is decided: whose enforcer, and the bucket in it.

    Names that no line names stand as `*`, so that made-up ones share a bucket instead of filling memory, and
    so does a tenant that has no line of its own on the matter.
    """

    tenant: str
    obj: str
    act: str


class Index:
    """The lines of the policy; the tenant `*` is stored once and read by all."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, dict[str, Counted]]] = defaultdict(dict)

    def add(self, rule: Rule) -> None:
        counted = self._rules[rule.tenant].setdefault(rule.obj, {}).setdefault(rule.act, {})
        counted[rule] = counted.get(rule, 0) + 1

    def remove(self, rule: Rule) -> None:
        counted = self._at(rule.tenant, rule.obj, rule.act)
        if counted.get(rule, 0) > 1:
            counted[rule] -= 1
        elif counted.pop(rule, 0) and not counted:
            self._prune(rule)

    def changed(self, add: Iterable[Rule], remove: Iterable[Rule]) -> "Index":
        """The lines as they would be: a copy that shares with this one whatever the change does not touch."""
        copy = Index()
        copy._rules.update(self._rules)
        add, remove = list(add), list(remove)
        for tenant, obj, act in {(rule.tenant, rule.obj, rule.act) for rule in (*add, *remove)}:
            copy._unshare(self, tenant, obj, act)
        for rule in remove:
            copy.remove(rule)
        for rule in add:
            copy.add(rule)
        return copy

    def holds(self, rule: Rule) -> bool:
        return rule in self._at(rule.tenant, rule.obj, rule.act)

    def address(self, tenant: str, case_type: str, act: str) -> Address | None:
        """Where this question is decided; None where no line is about it."""
        named = [(obj, named) for obj, named in covering(case_type, act) if self._at(EVERY, obj, named)]
        own = [(obj, named) for obj, named in covering(case_type, act) if self._at(tenant, obj, named)]
        if not named and not own:
            return None
        both = {*named, *own}
        obj = case_type if any(name == case_type for name, _ in both) else EVERY
        return Address(tenant if own else EVERY, obj, act if any(name == act for _, name in both) else EVERY)

    def rules(self, address: Address) -> frozenset[Rule]:
        """Every line that covers an address: the tenant's and those of all tenants, wildcards included."""
        return frozenset(
            rule
            for tenant in {address.tenant, EVERY}
            for obj, act in covering(address.obj, address.act)
            for rule in self._at(tenant, obj, act)
        )

    def scope(self, tenant: str, case_type: str) -> tuple[str, str]:
        """The tenant and case type whose lines apply here, with `*` for what no line names."""
        own = self._rules.get(tenant, {})
        named = case_type in own or case_type in self._rules.get(EVERY, {})
        return (tenant if case_type in own or EVERY in own else EVERY, case_type if named else EVERY)

    def about(self, tenant: str, case_type: str) -> Iterator[Rule]:
        """Every line that applies to a case type in a tenant, whatever the act."""
        for owner in {tenant, EVERY}:
            for obj in {case_type, EVERY}:
                for counted in self._rules.get(owner, {}).get(obj, {}).values():
                    yield from counted

    def doing(self, tenant: str, act: str) -> Iterator[Rule]:
        """The lines of an act that carry the name of this tenant."""
        for acts in self._rules.get(tenant, {}).values():
            yield from acts.get(act, ())

    def _at(self, tenant: str, obj: str, act: str) -> Counted:
        return self._rules.get(tenant, {}).get(obj, {}).get(act, {})

    def _unshare(self, other: "Index", tenant: str, obj: str, act: str) -> None:
        """Let what stands at an address be its own, and the way to it."""
        theirs = other._rules.get(tenant, {})
        if self._rules.get(tenant) is theirs:
            self._rules[tenant] = dict(theirs)
        if obj in theirs and self._rules[tenant][obj] is theirs[obj]:
            self._rules[tenant][obj] = dict(theirs[obj])
        if obj in theirs and act in theirs[obj]:
            self._rules[tenant][obj][act] = dict(theirs[obj][act])

    def _prune(self, rule: Rule) -> None:
        objs = self._rules[rule.tenant]
        del objs[rule.obj][rule.act]
        if not objs[rule.obj]:
            del objs[rule.obj]
        if not objs:
            del self._rules[rule.tenant]


def covering(obj: str, act: str) -> Iterable[tuple[str, str]]:
    """The (case type, act) pairs of lines that cover a question; the act `*` means events only."""
    pairs = ((obj, act), (EVERY, act))
    return dict.fromkeys((*pairs, (obj, EVERY), (EVERY, EVERY)) if is_event(act) else pairs)


def touched(tenant: str, held: Set[Address], rules: Iterable[Rule]) -> Set[Address]:
    """Of a tenant's addresses, those that a rule covers.

    A line that names its case type and act covers one address, which is found however many are held.
    """
    named: set[Address] = set()
    wild: set[tuple[str, str]] = set()
    for rule in rules:
        if rule.tenant not in (tenant, EVERY):
            continue
        if EVERY in (rule.obj, rule.act):
            wild.add((rule.obj, rule.act))
        else:
            named.add(Address(tenant, rule.obj, rule.act))
    covered = {address for address in held if wild.intersection(covering(*address[1:]))} if wild else set()
    return (held & named) | covered
