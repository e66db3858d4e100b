"""The policies that come along, beside the machines that they guard."""

from pathlib import Path

import pytest
import yaml

from app.domain.expressions.expression import View
from app.policy.engine import PolicyEngine
from app.policy.files import read_policy
from app.policy.lines import is_event

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / "policies").glob("*.csv"))
MACHINES = sorted((ROOT / "machines").glob("*.yaml"))

CREATED = {"creator": "user:alice", "id": "1"}


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    engine = PolicyEngine()
    read = [read_policy(path.read_text(encoding="utf-8"), path.name) for path in POLICIES]
    engine.load([line.policy_line for text in read for line in text.lines], 1)
    return engine


def may(engine, roles, case_type, act, *, actor="user:alice", case=CREATED, **data):
    given = frozenset(role for role in roles if role.startswith("role:"))
    held = engine.closure("acme", actor, given) | frozenset(roles)
    variables = {"data": data, "case": case, "actor": {"id": actor, "roles": held}}
    return engine.decide("acme", held, case_type, act, lambda: View(variables)).allowed


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_event_can_be_fired_by_somebody_and_no_line_names_another_one(engine, path):
    machine = yaml.safe_load(path.read_text(encoding="utf-8"))
    declared = {*machine["events"], *machine["opening"]}
    lines = read_policy((ROOT / "policies" / f"{path.stem}.csv").read_text(encoding="utf-8"), path.name).lines
    named = {line.policy_line.act for line in lines if line.policy_line.kind == "p" and is_event(line.policy_line.act)}
    assert named <= declared
    assert [event for event in declared if not engine.who_could("acme", path.stem, event)] == []


def test_anyone_may_claim_and_submits_the_own_drafts_only(engine):
    assert may(engine, ["*"], "expense_claim", "submit", case={})
    assert may(engine, ["*"], "expense_claim", "submit")
    assert not may(engine, ["*"], "expense_claim", "submit", actor="user:bob")


def test_supervisors_approve_up_to_10_000_and_managers_everything(engine):
    assert may(engine, ["role:supervisor"], "expense_claim", "approve", amount_cents=1_000_000, currency="EUR")
    assert not may(engine, ["role:supervisor"], "expense_claim", "approve", amount_cents=1_000_001, currency="EUR")
    assert not may(engine, ["role:supervisor"], "expense_claim", "approve", amount_cents=1, currency="USD")
    assert may(engine, ["role:manager"], "expense_claim", "approve", amount_cents=1_000_001, currency="USD")


def test_nobody_approves_the_own_claim(engine):
    assert not may(engine, ["role:manager", "[creator]"], "expense_claim", "approve", amount_cents=1, currency="EUR")


def test_the_most_pressing_incidents_are_never_cancelled(engine):
    assert may(engine, ["role:supervisor"], "incident", "cancel", priority=2)
    assert not may(engine, ["role:supervisor"], "incident", "cancel", priority=1)


def test_an_architect_sees_the_permit_and_does_not_grant_it(engine):
    assert may(engine, ["[architect]"], "permit", "case:read")
    assert not may(engine, ["[architect]", "role:head_of_office"], "permit", "grant", floor_area_m2=10)
    assert may(engine, ["role:head_of_office"], "permit", "grant", floor_area_m2=5000)


@pytest.mark.parametrize(
    ("case_type", "act"), [("expense_claim", "escalate_late"), ("incident", "close"), ("permit", "escalate_late")]
)
def test_the_clock_may_escalate_and_nobody_else(engine, case_type, act):
    assert may(engine, [], case_type, act, actor="system:sla")
    assert not may(engine, ["role:cashier"], case_type, act)
