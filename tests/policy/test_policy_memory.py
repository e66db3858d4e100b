"""A decision looks at its own bucket, and nothing that a caller can make up is remembered."""

import logging
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from app.domain.expressions.expression import View
from app.policy.enforcer import MODEL
from app.policy.engine import PolicyEngine
from app.services.store.stored import PolicyLine

CASE_TYPES, EVENTS, ROLES = 100, 100, 10


@pytest.fixture(scope="module")
def large() -> PolicyEngine:
    engine = PolicyEngine()
    engine.load(
        [
            PolicyLine(
                kind="p",
                role=f"role:r{role}",
                tenant="*",
                obj=f"type_{case_type}",
                act=f"event_{event}",
                when="",
                eft="allow",
            )
            for case_type in range(CASE_TYPES)
            for event in range(EVENTS)
            for role in range(ROLES)
        ],
        1,
    )
    return engine


def rows_of(engine: PolicyEngine, tenant: str) -> list[tuple[str, ...]]:
    """What stands in a tenant's Casbin."""
    enforcer = engine._enforcers.get(tenant)
    return [tuple(row) for row in enforcer._enforcer.model["p"]["p"].policy] if enforcer else []


def ask(engine: PolicyEngine, case_type: str, act: str, *, tenant: str = "acme", role: str = "role:r3") -> bool:
    variables = {"data": {}, "case": {}, "actor": {}}
    return engine.decide(tenant, frozenset({role, "*"}), case_type, act, lambda: View(variables)).allowed


def test_of_100_000_lines_one_question_puts_only_its_own_into_casbin(large):
    assert ask(large, "type_7", "event_9")
    assert len(rows_of(large, "*")) == ROLES
    assert {row[1:3] for row in rows_of(large, "*")} == {("type_7", "event_9")}


def test_made_up_names_are_not_remembered():
    engine = PolicyEngine()
    lines = [
        PolicyLine(kind="p", role="role:x", tenant="*", obj="*", act="*", when="", eft="allow"),
        PolicyLine(kind="p", role="*", tenant="*", obj="claim", act="pay", when="", eft="deny"),
    ]
    engine.load(lines, 1)
    for number in range(50):
        made_up = f"made_up_{number}"
        assert ask(engine, made_up, made_up, tenant=made_up, role="role:x")
        assert not ask(engine, "claim", f"case:{made_up}", tenant=made_up, role="role:x")
        engine.who_could(made_up, made_up, made_up)
        engine.policy_hash(made_up, made_up)
        engine.visible(made_up, f"user:{made_up}", engine.closure(made_up, f"user:{made_up}", None))
    assert rows_of(engine, "*") == [("role:x", "*", "*", "", "allow")]
    held = (engine._enforcers, engine._hashes, engine._could, engine._readers._tenants, engine._index._rules)
    assert [len(memory) for memory in held] == [1, 2, 1, 1, 1]  # hashes: of claim, and of every other name
    assert len(engine._roles._users) == len(engine._roles._closures) == 0


def test_tenants_without_a_line_on_the_matter_share_an_enforcer():
    engine = PolicyEngine()
    lines = [
        PolicyLine(kind="p", role="role:r3", tenant=tenant, obj="claim", act=act, when="", eft="allow")
        for tenant, act in (("*", "pay"), ("acme", "close"))
    ]
    engine.load(lines, 1)
    assert ask(engine, "claim", "pay")
    assert ask(engine, "claim", "pay", tenant="globex")
    assert set(engine._enforcers) == {"*"}
    assert ask(engine, "claim", "close")
    assert rows_of(engine, "acme") == [("role:r3", "claim", "close", "", "allow")]


def test_a_change_drops_the_buckets_that_it_touches_and_no_others():
    engine = PolicyEngine()
    engine.load(
        [
            PolicyLine(kind="p", role="role:r3", tenant="*", obj="claim", act=act, when="", eft="allow")
            for act in ("pay", "close")
        ],
        1,
    )
    assert ask(engine, "claim", "pay")
    assert ask(engine, "claim", "close")
    engine.apply(
        [PolicyLine(kind="p", role="role:r4", tenant="*", obj="claim", act="pay", when="", eft="allow", added=2)], 2
    )
    assert {row[2] for row in rows_of(engine, "*")} == {"close"}
    engine.apply(
        [PolicyLine(kind="p", role="role:r4", tenant="*", obj="*", act="close", when="", eft="allow", added=3)], 3
    )
    assert rows_of(engine, "*") == []


def test_lines_that_are_gone_leave_nothing_behind():
    engine = PolicyEngine()
    lines = [
        PolicyLine(kind="p", role="role:r3", tenant="acme", obj="claim", act="pay", when="", eft="allow"),
        PolicyLine(kind="g", role="user:alice", tenant="acme", obj="role:r3"),
        PolicyLine(kind="g", role="role:r3", tenant="*", obj="role:r4"),
    ]
    engine.load(lines, 1)
    ask(engine, "claim", "pay")
    engine.closure("acme", "user:alice", None)
    engine.apply([replace(line, removed=2) for line in lines], 2)
    assert set(engine._index._rules) == {"*"}
    assert not engine._enforcers
    assert [*engine._roles._users, *engine._roles._included, *engine._roles._closures] == []


def test_the_model_in_the_policies_folder_is_the_one_built_in():
    folder = Path(__file__).parents[2] / "policies"
    assert (folder / "model.conf").read_text(encoding="utf-8") == MODEL


def test_casbin_comes_from_one_distribution():
    """Both put files into the package `casbin`, and PyPI's `casbin` is an old one."""
    installed = metadata.packages_distributions()["casbin"]
    assert set(installed) == {"pycasbin"}


def test_casbin_does_not_write_decisions_to_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    engine = PolicyEngine()
    engine.load([PolicyLine(kind="p", role="role:r3", tenant="*", obj="claim", act="pay", when="", eft="allow")], 1)
    assert ask(engine, "claim", "pay")
    logging.getLogger("casbin.enforcer").disabled = False  # what configuring logging does to Casbin's own silence
    assert ask(engine, "claim", "pay")
    assert not ask(engine, "claim", "pay", role="role:r4")
    assert caplog.records == []
