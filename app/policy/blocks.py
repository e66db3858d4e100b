"""The policy as text, by tenant and case type: in blocks of an act, so that a changed line is hashed with its block.

The hash of a policy is SHA-256 over the SHA-256 of its blocks in the order of their acts; a block is its sorted lines,
each with a newline, in UTF-8. What roles include stands before all acts.
"""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.policy.lines import EVERY, Rule

Scope = tuple[str, str]
Build = Callable[[str, str], Iterable[tuple[str, str]]]
"""From tenant and case type to pairs of act and line."""


@dataclass(slots=True)
class EffectivePolicy:
    """What applies to one case type in one tenant: sorted lines by act, and the hash of each act's block."""

    blocks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    hashes: dict[str, bytes] = field(default_factory=dict)  # in the order of acts
    changed: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return "".join(_block(self.blocks[act]) for act in sorted(self.blocks))

    def hash(self) -> str:
        same_acts = self.hashes.keys() == self.blocks.keys()
        for act in self.changed:
            self.hashes[act] = hashlib.sha256(_block(self.blocks[act]).encode()).digest()
        if not same_acts:
            self.hashes = {act: self.hashes[act] for act in sorted(self.blocks)}
        self.changed.clear()
        return hashlib.sha256(b"".join(self.hashes.values())).hexdigest()

    def put(self, act: str, line: str, holds: bool) -> None:
        """Take a line in or out, where it is not yet so."""
        lines = self.blocks[act]
        place = bisect_left(lines, line)
        there = place < len(lines) and lines[place] == line
        if holds and not there:
            lines.insert(place, line)
        elif there and not holds:
            del lines[place]
        self.changed.add(act)
        if not lines:
            del self.blocks[act]
            self.changed.discard(act)


class EffectivePolicies:
    """The texts that were asked for. `*` as a case type or tenant stands for those that no line names."""

    def __init__(self) -> None:
        self._policies: dict[str, dict[str, EffectivePolicy]] = {}  # case type -> tenant

    def of(self, scope: Scope, build: Build) -> EffectivePolicy:
        tenant, case_type = scope
        tenants = self._policies.setdefault(case_type, {})
        if tenant not in tenants:
            tenants[tenant] = EffectivePolicy()
            for act, line in sorted(build(tenant, case_type)):
                tenants[tenant].put(act, line, holds=True)
        return tenants[tenant]

    def change(self, rule: Rule, holds: bool) -> list[Scope]:
        """Take a rule in or out; returns the scopes that it is about."""
        types = list(self._policies) if rule.obj == EVERY else [rule.obj]
        changed = []
        for case_type in types:
            tenants = self._policies.get(case_type, {})
            for tenant in tenants if rule.tenant == EVERY else tenants.keys() & {rule.tenant}:
                tenants[tenant].put(rule.act, rule.text, holds)
                changed.append((tenant, case_type))
        return changed


def _block(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
