"""One tenant's Casbin enforcer: it holds the buckets that were asked for, and nothing else.

It is not thread-safe, as Casbin is not; one event loop asks it.
"""

import logging
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from typing import Any

import casbin
from casbin.model import FastModel

from app.policy.conditions import Subject, holds
from app.policy.index import Address
from app.policy.lines import Rule
from app.policy.model import MODEL

MOST_ROLE_SETS = 1024
CACHE_KEYS = [1, 2]  # case type and act, of the three that `r` names

# a level, because configuring logging sets `disabled` back; the audit log is the record of decisions
logging.getLogger("casbin").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The lines that cover one (case type, act), in the order in which a deciding one is looked for."""

    rules: tuple[Rule, ...]
    rows: frozenset[tuple[str, ...]]
    _allowed: dict[frozenset[str], str] = field(default_factory=dict)

    def allowed(self, roles: frozenset[str]) -> str | None:
        """The text of the line that allowed these roles before, where no line asks for more than roles."""
        return self._allowed.get(roles)

    def remember(self, roles: frozenset[str], rule: Rule) -> None:
        """Of role sets, never of subjects, and only so many."""
        if any(line.when for line in self.rules):
            return
        if len(self._allowed) >= MOST_ROLE_SETS:
            self._allowed.clear()
        self._allowed[roles] = rule.text


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """Where a question is decided, as long as no line about its case type changes; without a bucket where none is."""

    policy: str
    address: Address | None
    bucket: Bucket | None


class FixedMatcher(casbin.FastEnforcer):  # type: ignore[misc]
    """Casbin parses the matcher for every decision, which is half of its cost; ours never changes."""

    _parsed: Any = None

    def _get_expression(self, expr: str, functions: Any = None) -> Any:
        if self._parsed is None:
            self._parsed = super()._get_expression(expr, functions)
        return self._parsed


class TenantEnforcer:
    def __init__(self) -> None:
        model = FastModel(CACHE_KEYS)
        model.load_model_from_text(MODEL)  # a tenant's first decision must not wait for a disk
        self._enforcer = FixedMatcher(model, cache_key_order=CACHE_KEYS)
        self._enforcer.add_function("holds", holds)
        self._buckets: dict[Address, Bucket] = {}

    @property
    def addresses(self) -> Set[Address]:
        """The buckets that it holds."""
        return self._buckets.keys()

    def bucket(self, address: Address, rules: Callable[[Address], Iterable[Rule]]) -> Bucket:
        """The bucket at an address, filled with its rules when it is first asked for."""
        if address not in self._buckets:
            found = tuple(sorted(rules(address)))
            rows = frozenset((rule.role, address.obj, address.act, rule.when, rule.eft) for rule in found)
            self._replace(address, Bucket(found, rows))
        return self._buckets[address]

    def allows(self, address: Address, subject: Subject) -> bool:
        return bool(self._enforcer.enforce(subject, address.obj, address.act))

    def drop(self, address: Address) -> None:
        self._replace(address, None)

    def _replace(self, address: Address, bucket: Bucket | None) -> None:
        """The only place that changes Casbin's policy; its own `add_policy` scans all of it for every line."""
        policy = self._enforcer.model["p"]["p"].policy
        before = self._buckets.pop(address, None)
        for row in before.rows if before else ():
            policy.remove(row)
        for row in bucket.rows if bucket else ():
            policy.append(row)
        if bucket:
            self._buckets[address] = bucket
