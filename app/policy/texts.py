"""The policy as text, by tenant and case type: kept sorted, so that one changed line is one step and no new build."""

from bisect import bisect_left
from collections.abc import Callable, Collection

from app.policy.lines import EVERY, Rule

Scope = tuple[str, str]


class Texts:
    """The texts that were asked for. `*` as a case type or tenant stands for those that no line names."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, list[str]]] = {}  # case type -> tenant -> sorted lines

    def text(self, scope: Scope, build: Callable[[str, str], Collection[str]]) -> str:
        tenant, case_type = scope
        tenants = self._lines.setdefault(case_type, {})
        if tenant not in tenants:
            tenants[tenant] = sorted(build(tenant, case_type))
        lines = tenants[tenant]
        return "\n".join(lines) + "\n" if lines else ""

    def change(self, rule: Rule, holds: bool) -> list[Scope]:
        """Take a rule in or out, where it is not yet so; returns the scopes that it is about."""
        types = list(self._lines) if rule.obj == EVERY else [rule.obj]
        changed = []
        for case_type in types:
            tenants = self._lines.get(case_type, {})
            for tenant in tenants if rule.tenant == EVERY else tenants.keys() & {rule.tenant}:
                _put(tenants[tenant], rule.text, holds)
                changed.append((tenant, case_type))
        return changed


def _put(lines: list[str], line: str, holds: bool) -> None:
    place = bisect_left(lines, line)
    there = place < len(lines) and lines[place] == line
    if holds and not there:
        lines.insert(place, line)
    elif there and not holds:
        del lines[place]
