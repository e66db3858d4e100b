"""The policy engine: decisions, closures, changes and what it does not remember."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.expressions.expression import View
from app.domain.policy.port import Policy
from app.domain.policy.verdict import Verdict
from app.policy.engine import BUILT_IN, PolicyEngine
from app.policy.files import read_policy
from app.policy.lines import as_csv
from app.services.store.stored import PolicyLine
from tests.running import ROOT

CLAIM = """
p, role:clerk, *, claim, triage, , allow
p, [creator], *, claim, submit, , allow
p, role:manager, acme, claim, *, data.amount_cents <= 1000, allow
p, *, *, claim, triage, data.frozen, deny
p, role:trainee, *, *, *, , deny
p, *, *, claim, open, , allow
g, role:manager, role:clerk
g, role:director, role:manager
g, user:alice, role:clerk, acme
g, user:bob, role:director, acme
"""


def lines_of(text: str) -> list[PolicyLine]:
    read = read_policy(text, "claim.csv")
    assert read.faults == ()
    return [line.policy_line for line in read.lines]


def engine_of(text: str) -> PolicyEngine:
    engine = PolicyEngine()
    engine.load(lines_of(text), 1)
    return engine


def decide(
    engine: PolicyEngine, act: str, *roles: str, tenant: str = "acme", case_type: str = "claim", **data: Any
) -> Verdict:
    variables = {"data": {"frozen": False} | data, "case": {}, "actor": {"id": "user:x", "roles": frozenset(roles)}}
    return engine.decide(tenant, frozenset({*roles, "*"}), case_type, act, lambda: View(variables))


@pytest.fixture
def engine() -> PolicyEngine:
    return engine_of(CLAIM)


def test_it_is_the_policy_that_the_domain_asks_for(engine):
    policy: Policy = engine
    assert policy.closure("acme", "user:alice", None) == {"role:clerk", "*"}


def test_the_rule_that_decided_is_named(engine):
    verdict = decide(engine, "triage", "role:clerk")
    assert (verdict.allowed, verdict.rule) == (True, "p, role:clerk, *, claim, triage, , allow")


def test_a_deny_beats_every_allow(engine):
    verdict = decide(engine, "triage", "role:clerk", frozen=True)
    assert (verdict.allowed, verdict.rule) == (False, "p, *, *, claim, triage, data.frozen, deny")
    assert not decide(engine, "open", "role:trainee").allowed


def test_what_no_line_allows_is_denied(engine):
    verdict = decide(engine, "explode", "role:clerk")
    assert (verdict.allowed, verdict.rule) == (False, None)
    assert not decide(engine, "triage", "role:clerk", case_type="elsewhere").allowed


def test_an_allow_whose_condition_fails_to_evaluate_does_not_match(engine):
    assert decide(engine, "pay", "role:manager", amount_cents=1000).allowed
    assert not decide(engine, "pay", "role:manager").allowed
    assert not decide(engine, "pay", "role:manager", amount_cents="much").allowed


def test_a_deny_whose_condition_fails_to_evaluate_matches(engine):
    assert not decide(engine, "triage", "role:clerk", frozen="perhaps").allowed


@pytest.mark.parametrize(
    "condition", ["'yes'", "1", "data", "data.text", "[true]", "null", "case.nothing", "1 / 0 == 1"]
)
def test_a_condition_that_is_not_true_is_no_yes(condition):
    engine = engine_of("")
    engine.apply(
        [PolicyLine(kind="p", role="*", tenant="*", obj="claim", act="pay", when=condition, eft="allow", added=2)], 2
    )
    assert not decide(engine, "pay", text="yes").allowed


def test_the_act_star_means_events_and_never_the_built_in_acts():
    engine = engine_of("p, role:boss, *, *, *, , allow\n")
    assert decide(engine, "anything", "role:boss").allowed
    assert not any(decide(engine, act, "role:boss").allowed for act in ("case:read", "case:admin", "case:claim"))


def test_a_star_denial_leaves_the_built_in_acts_alone():
    engine = engine_of("p, *, *, *, *, , deny\np, role:clerk, *, claim, case:read, , allow\n")
    assert decide(engine, "case:read", "role:clerk").allowed


def test_an_admin_administers_and_reads_every_case_type_of_the_tenant_and_no_more(engine):
    assert decide(engine, "case:admin", "role:admin", case_type="elsewhere", tenant="globex").allowed
    assert decide(engine, "case:read", "role:admin").allowed
    assert not decide(engine, "case:redact", "role:admin").allowed
    assert not decide(engine, "triage", "role:admin").allowed


def test_a_line_of_one_tenant_does_nothing_in_another(engine):
    assert decide(engine, "pay", "role:manager", amount_cents=1).allowed
    assert not decide(engine, "pay", "role:manager", tenant="globex", amount_cents=1).allowed
    assert engine.who_could("globex", "claim", "pay") == ()
    engine.apply(
        [PolicyLine(kind="p", role="role:clerk", tenant="globex", obj="*", act="*", when="", eft="deny", added=2)], 2
    )
    assert decide(engine, "triage", "role:clerk").allowed
    assert not decide(engine, "triage", "role:clerk", tenant="globex").allowed
    assert engine.policy_hash("acme", "claim") != engine.policy_hash("globex", "claim")


def test_roles_include_others_at_any_depth(engine):
    assert engine.closure("acme", "user:bob", None) == {"role:director", "role:manager", "role:clerk", "*"}
    chain = "".join(f"g, role:r{i}, role:r{i + 1}\n" for i in range(50))
    assert "role:r50" in engine_of(chain).closure("acme", "user:x", frozenset({"role:r0"}))


def test_a_user_has_its_roles_in_its_own_tenant_only(engine):
    assert engine.closure("globex", "user:alice", None) == {"*"}


def test_roles_of_a_token_add_to_own_roles_and_those_of_on_behalf_of_replace_them(engine):
    token = frozenset({"role:cashier"})
    assert engine.closure("acme", "user:alice", token) == {"role:cashier", "role:clerk", "*"}
    assert engine.closure("acme", "user:alice", token, own=False) == {"role:cashier", "*"}
    assert engine.closure("acme", "user:alice", frozenset(), own=False) == {"*"}
    assert engine.closure("acme", "user:alice", None, own=False) == {"role:clerk", "*"}


def test_the_system_carries_its_role_and_nobody_else_does(engine):
    assert engine.closure("acme", "system:sla", None) == {"role:system", "*"}
    assert engine.closure("acme", "user:system:sla", None) == {"*"}


@pytest.mark.parametrize(
    "smuggled", ["[creator]", "*", "user:bob", "system:sla", "clerk", "role:", "role:a b", "", "Role:x"]
)
def test_only_roles_count_among_the_roles_of_a_token(engine, smuggled):
    assert engine.closure("acme", "user:x", frozenset({smuggled})) == {"*"}


def test_a_subject_named_like_a_role_is_not_that_role(engine):
    assert engine.closure("acme", "role:director", None) == {"*"}


def test_roles_that_include_each_other_do_not_hang():
    engine = PolicyEngine()
    circle = [PolicyLine(kind="g", role=f"role:{a}", tenant="*", obj=f"role:{b}") for a, b in ("ab", "bc", "ca")]
    engine.load(circle, 1)
    assert engine.closure("acme", "user:x", frozenset({"role:b"})) == {"role:a", "role:b", "role:c", "*"}


def test_who_could_names_roles_case_roles_and_those_that_include_them(engine):
    assert engine.who_could("acme", "claim", "triage") == ("role:clerk", "role:director", "role:manager")
    assert engine.who_could("globex", "claim", "submit") == ("[creator]",)
    assert engine.who_could("globex", "claim", "open") == ("*",)


def test_a_refusal_names_the_roles_that_could(engine):
    (reason,) = decide(engine, "triage", "role:cashier").reasons
    assert (reason.code, reason.detail["roles"]) == ("role", ["role:clerk", "role:director", "role:manager"])
    assert reason.message == "None of the roles held (role:cashier) may fire triage on this claim."
    assert reason.remedy == "It takes role:clerk, role:director or role:manager."


def test_a_refusal_names_the_condition_that_failed_and_what_it_saw(engine):
    (reason,) = decide(engine, "pay", "role:manager", amount_cents=1001).reasons
    assert reason.code == "rule"
    assert reason.detail == {
        "rule": "p, role:manager, acme, claim, *, data.amount_cents <= 1000, allow",
        "condition": "data.amount_cents <= 1000",
        "saw": {"data.amount_cents": 1001},
    }
    assert reason.message == (
        "role:manager may fire pay on this claim only while `data.amount_cents <= 1000`, and that does not hold."
    )


def test_a_refusal_says_what_kept_a_condition_from_being_told(engine):
    (reason,) = decide(engine, "pay", "role:manager").reasons
    assert reason.detail["error"] == "data.amount_cents is missing"
    assert "that cannot be told: data.amount_cents is missing" in reason.message


def test_a_refusal_names_the_rule_that_denied(engine):
    (reason,) = decide(engine, "triage", "role:clerk", frozen=True).reasons
    assert (reason.code, reason.detail["rule"]) == ("rule", "p, *, *, claim, triage, data.frozen, deny")
    assert reason.message == "Nobody may fire triage on this claim while `data.frozen`."


def test_a_change_binds_the_next_question(engine):
    granted = PolicyLine(
        kind="p", role="role:clerk", tenant="*", obj="claim", act="pay", when="", eft="allow", id=7, added=2
    )
    assert not decide(engine, "pay", "role:clerk").allowed
    engine.apply([granted], 2)
    assert (engine.version, decide(engine, "pay", "role:clerk").allowed) == (2, True)
    engine.apply(
        [
            PolicyLine(
                kind="p",
                role="role:clerk",
                tenant="*",
                obj="claim",
                act="pay",
                when="",
                eft="allow",
                id=7,
                added=2,
                removed=3,
            )
        ],
        3,
    )
    assert not decide(engine, "pay", "role:clerk").allowed


def test_a_changed_wildcard_line_reaches_every_bucket_that_it_covers(engine):
    assert decide(engine, "triage", "role:clerk").allowed
    assert decide(engine, "triage", "role:clerk", tenant="globex").allowed
    engine.apply(
        [PolicyLine(kind="p", role="role:clerk", tenant="*", obj="*", act="*", when="", eft="deny", added=2)], 2
    )
    assert not decide(engine, "triage", "role:clerk").allowed
    assert not decide(engine, "triage", "role:clerk", tenant="globex").allowed


def test_a_changed_line_changes_the_lists_of_its_tenant_at_once(engine):
    reads = [
        PolicyLine(
            kind="p", role="role:clerk", tenant=tenant, obj="claim", act="case:read", when="", eft="allow", added=2
        )
        for tenant in ("*", "acme")
    ]
    roles = frozenset({"role:clerk", "*"})
    assert engine.visible("globex", "user:x", roles).types == frozenset()
    engine.apply(reads[1:], 2)
    assert engine.visible("acme", "user:x", roles).types == {"claim"}
    assert engine.visible("globex", "user:x", roles).types == frozenset()
    engine.apply([replace(reads[0], added=3), replace(reads[1], removed=3)], 3)
    assert engine.visible("globex", "user:x", roles).types == {"claim"}
    engine.apply([replace(reads[0], added=3, removed=4)], 4)
    assert engine.visible("acme", "user:x", roles).types == frozenset()


def test_a_list_shows_nothing_by_a_line_with_a_condition_and_hides_by_it(engine):
    roles = frozenset({"*"})
    engine.apply(
        [
            PolicyLine(
                kind="p", role="*", tenant="*", obj="claim", act="case:read", when="data.open", eft="allow", added=2
            )
        ],
        2,
    )
    assert engine.visible("acme", "user:x", roles).types == frozenset()
    engine.apply(
        [
            PolicyLine(
                kind="p", role="*", tenant="*", obj="claim", act="case:read", when="data.secret", eft="deny", added=3
            )
        ],
        3,
    )
    assert engine.visible("acme", "user:x", roles).denied_types == {"claim"}


def test_a_line_that_two_files_name_stays_until_both_have_let_go(engine):
    same = [
        PolicyLine(
            kind="p", role="role:x", tenant="*", obj="claim", act="pay", when="", eft="allow", source=name, added=2
        )
        for name in ("a", "b")
    ]
    engine.apply(same, 2)
    gone = [
        PolicyLine(
            kind="p",
            role="role:x",
            tenant="*",
            obj="claim",
            act="pay",
            when="",
            eft="allow",
            source="a",
            added=2,
            removed=3,
        )
    ]
    engine.apply(gone, 3)
    assert decide(engine, "pay", "role:x").allowed


def test_rows_outside_the_versions_asked_for_change_nothing(engine):
    came_and_went = PolicyLine(
        kind="p", role="*", tenant="*", obj="claim", act="pay", when="", eft="allow", added=2, removed=3
    )
    later = PolicyLine(kind="p", role="*", tenant="*", obj="claim", act="pay", when="", eft="allow", added=9)
    engine.apply([came_and_went, later], 4)
    assert not decide(engine, "pay").allowed
    engine.apply([later], 3)
    assert engine.version == 4


def test_the_hash_changes_with_the_lines_that_apply_and_with_no_others(engine):
    before = engine.policy_hash("acme", "claim")
    engine.apply(
        [PolicyLine(kind="p", role="role:x", tenant="*", obj="permit", act="grant", when="", eft="allow", added=2)], 2
    )
    engine.apply([PolicyLine(kind="g", role="user:carol", tenant="acme", obj="role:clerk", added=3)], 3)
    assert engine.policy_hash("acme", "claim") == before
    engine.apply([PolicyLine(kind="g", role="role:x", tenant="*", obj="role:y", added=4)], 4)
    assert engine.policy_hash("acme", "claim") != before


def test_the_hash_does_not_depend_on_the_order_of_the_lines():
    lines = lines_of(CLAIM)
    forward, backward = PolicyEngine(), PolicyEngine()
    forward.load(lines, 1)
    backward.load(lines[::-1], 1)
    assert forward.policy_hash("acme", "claim") == backward.policy_hash("acme", "claim")


def test_the_guide_names_every_line_that_the_hash_covers_and_no_file_has():
    guide = (ROOT / "docs" / "audit_log.md").read_text()
    assert [line for line in map(as_csv, BUILT_IN) if f"`{line}`" not in guide] == []
