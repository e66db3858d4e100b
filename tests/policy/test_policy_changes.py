"""A policy that changed line by line is the policy that was built at once: decisions, hashes, who could."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from app.domain.expressions.expression import View
from app.policy.engine import PolicyEngine
from app.services.store.stored import PolicyLine

TENANTS = ("*", "acme", "globex")
TYPES = ("*", "claim", "permit")
ACTS = ("*", "pay", "grant", "case:read")
ROLES = ("*", "role:a", "role:b", "role:c")


@pytest.mark.parametrize("seed", range(12))
def test_changes_one_after_another_come_to_the_same_as_a_fresh_start(seed):
    changed = PolicyEngine()
    for version, line, in_force in _history(random.Random(seed)):
        _ask_everything(changed)
        changed.apply([line], version)
        fresh = PolicyEngine()
        fresh.load(in_force, version)
        assert _ask_everything(changed) == _ask_everything(fresh), line


def _history(chance: random.Random) -> Iterator[tuple[int, PolicyLine, list[PolicyLine]]]:
    """Versions, each with the line that came or went, and the lines in force then."""
    in_force: list[PolicyLine] = []
    for version in range(1, 40):
        if in_force and chance.random() < 0.4:
            line = replace(in_force.pop(chance.randrange(len(in_force))), removed=version)
        else:
            line = _line(chance, version)
            in_force.append(line)
        yield version, line, list(in_force)


def _line(chance: random.Random, version: int) -> PolicyLine:
    if chance.random() < 0.15:
        return PolicyLine(
            kind="g", role=chance.choice(ROLES[1:]), tenant="*", obj=chance.choice(ROLES[1:]), id=version, added=version
        )
    return PolicyLine(
        kind="p",
        role=chance.choice(ROLES),
        tenant=chance.choice(TENANTS),
        obj=chance.choice(TYPES),
        act=chance.choice(ACTS),
        eft=chance.choice(("allow", "allow", "deny")),
        id=version,
        added=version,
    )


def _ask_everything(engine: PolicyEngine) -> list[object]:
    answers: list[object] = []
    for tenant, case_type, act in product(TENANTS[1:], ("claim", "permit", "other"), ("pay", "grant", "case:read")):
        answers += [engine.policy_hash(tenant, case_type), engine.policy_text(tenant, case_type)]
        answers.append(engine.who_could(tenant, case_type, act))
        for role in ROLES[1:]:
            roles = engine.closure(tenant, "user:x", frozenset({role}))
            answers.append(engine.decide(tenant, roles, case_type, act, lambda: View({})))
    return answers
