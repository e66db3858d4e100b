"""The policy against an evaluator that reads the lines one by one, knows no index and no Casbin."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.expressions.expression import View
from app.policy.engine import BUILT_IN, PolicyEngine
from app.policy.lines import as_csv
from app.services.store.stored import PolicyLine, Visible

ROLES = ("role:a", "role:b", "role:c", "role:admin")
CASE_ROLES = ("[creator]", "[assignee]")
TENANTS = ("acme", "globex", "initech")
CASE_TYPES = ("claim", "incident", "permit")
ACTS = ("open", "pay", "close", "case:read", "case:assign", "case:admin")
SUBJECTS = ("user:alice", "user:bob", "system:sla", "role:a")


class Wrong(Exception):
    """A condition that cannot be evaluated."""


def number(data: dict[str, Any]) -> int:
    if not isinstance(data.get("n"), int):
        raise Wrong
    return data["n"]


def missing(data: dict[str, Any]) -> bool:
    raise Wrong


CONDITIONS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "": lambda data: True,
    "data.n <= 5": lambda data: number(data) <= 5,
    "data.n > 5 && 'x' in ['x', 'y']": lambda data: number(data) > 5,
    "actor.id == 'user:bob'": lambda data: False,
    "data.nowhere": missing,
    "this is not CEL": missing,
}
DATA = ({}, {"n": 3}, {"n": 9}, {"n": "three"})


@dataclass(frozen=True)
class Question:
    tenant: str
    roles: frozenset[str]
    case_type: str
    act: str
    data: dict[str, Any]


def holds(line: PolicyLine, data: dict[str, Any]) -> bool:
    try:
        return CONDITIONS[line.when](data)
    except Wrong:
        return line.eft == "deny"


def covers(line: PolicyLine, tenant: str, case_type: str, act: str) -> bool:
    return (
        line.kind == "p"
        and line.tenant in (tenant, "*")
        and line.obj in (case_type, "*")
        and (line.act == act or (line.act == "*" and not act.startswith("case:")))
    )


def matching(lines: Sequence[PolicyLine], asked: Question) -> list[PolicyLine]:
    return [
        line
        for line in lines
        if covers(line, asked.tenant, asked.case_type, asked.act)
        and line.role in asked.roles
        and holds(line, asked.data)
    ]


def naive_allowed(lines: Sequence[PolicyLine], asked: Question) -> bool:
    effects = {line.eft for line in matching(lines, asked)}
    return "allow" in effects and "deny" not in effects


def naive_closure(
    lines: Sequence[PolicyLine], tenant: str, subject: str, given_roles: frozenset[str] | None, own: bool
) -> frozenset[str]:
    roles = {role for role in given_roles or () if role.startswith("role:")}
    if own or given_roles is None:
        roles |= {line.obj for line in lines if (line.kind, line.role, line.tenant) == ("g", subject, tenant)}
        roles |= {"role:system"} if subject.startswith("system:") else set()
    for _ in range(len(lines)):
        roles |= {line.obj for line in lines if line.kind == "g" and line.role in roles}
    return frozenset(roles | {"*"})


def naive_who_could(lines: Sequence[PolicyLine], tenant: str, case_type: str, act: str) -> tuple[str, ...]:
    named = {line.role for line in lines if line.eft == "allow" and covers(line, tenant, case_type, act)}
    members = {line.role for line in lines if line.kind == "g" and line.role.startswith("role:")}
    including = {
        role for role in members if naive_closure(lines, tenant, "", frozenset({role}), False) & (named - {"*"})
    }
    return tuple(sorted(named | including))


def naive_hash(lines: Sequence[PolicyLine], tenant: str, case_type: str) -> str:
    rules = {
        (line.act, as_csv(line))
        for line in lines
        if line.kind == "p" and line.tenant in (tenant, "*") and line.obj in (case_type, "*")
    }
    rules |= {("", as_csv(line)) for line in lines if line.kind == "g" and line.role.startswith("role:")}
    blocks = ["".join(f"{line}\n" for _, line in sorted(block)) for _, block in groupby(sorted(rules), itemgetter(0))]
    return hashlib.sha256(b"".join(hashlib.sha256(block.encode()).digest() for block in blocks)).hexdigest()


def sees(visible: Visible, case_type: str, case_roles: frozenset[str]) -> bool:
    """What a store does with the predicate."""

    def hit(every: bool, types: frozenset[str], by_role: Any) -> bool:
        return every or case_type in types or any({case_type, "*"} & by_role.get(r, frozenset()) for r in case_roles)

    return hit(visible.all_types, visible.types, visible.by_role) and not hit(
        visible.denied_all, visible.denied_types, visible.denied_by_role
    )


def rule_lines() -> st.SearchStrategy[PolicyLine]:
    drawn = st.builds(
        PolicyLine,
        kind=st.just("p"),
        role=st.sampled_from((*ROLES, *CASE_ROLES, "*")),
        tenant=st.sampled_from(("*", "*", *TENANTS[:2])),
        obj=st.sampled_from(("*", *CASE_TYPES[:2])),
        act=st.sampled_from(("*", *ACTS[:2], "case:read", "case:assign")),
        when=st.sampled_from(tuple(CONDITIONS)),
        eft=st.sampled_from(("allow", "allow", "allow", "deny")),
    )
    return drawn.map(lambda line: replace(line, when="") if line.act == "case:read" else line)


def role_lines() -> st.SearchStrategy[PolicyLine]:
    roles = st.sampled_from(ROLES)
    inclusions = st.builds(PolicyLine, kind=st.just("g"), role=roles, tenant=st.just("*"), obj=roles)
    users = st.builds(
        PolicyLine,
        kind=st.just("g"),
        role=st.sampled_from(SUBJECTS[:2]),
        tenant=st.sampled_from(TENANTS[:2]),
        obj=roles,
    )
    return inclusions | users


def policies() -> st.SearchStrategy[list[PolicyLine]]:
    return st.tuples(st.lists(rule_lines(), max_size=12), st.lists(role_lines(), max_size=5)).map(
        lambda two: [*two[0], *two[1]]
    )


def questions() -> st.SearchStrategy[Question]:
    return st.builds(
        Question,
        st.sampled_from(TENANTS),
        st.frozensets(st.sampled_from((*ROLES, *CASE_ROLES)), max_size=3).map(lambda roles: roles | {"*"}),
        st.sampled_from(CASE_TYPES),
        st.sampled_from(ACTS),
        st.sampled_from(DATA),
    )


def ask(engine: PolicyEngine, asked: Question) -> Any:
    variables = {"data": asked.data, "case": {}, "actor": {"id": "user:alice"}}
    return engine.decide(asked.tenant, asked.roles, asked.case_type, asked.act, lambda: View(variables))


def allows(engine: PolicyEngine, asked: Question) -> Any:
    variables = {"data": asked.data, "case": {}, "actor": {"id": "user:alice"}}
    return engine.allows(asked.tenant, asked.roles, asked.case_type, asked.act, lambda: View(variables))


@given(policies(), st.lists(questions(), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_engine_decides_as_the_text_says(lines, asked_questions):
    engine = PolicyEngine()
    engine.load(lines, 0)
    known = [*BUILT_IN, *lines]
    for asked in asked_questions:
        verdict = ask(engine, asked)
        assert verdict.allowed == naive_allowed(known, asked)
        assert allows(engine, asked) == verdict.allowed
        decided = [
            as_csv(line) for line in matching(known, asked) if line.eft == ("allow" if verdict.allowed else "deny")
        ]
        assert (verdict.rule in decided) if decided else verdict.rule is None
        assert bool(verdict.reasons) != verdict.allowed
        assert verdict.policy == naive_hash(known, asked.tenant, asked.case_type)
        could = engine.who_could(asked.tenant, asked.case_type, asked.act)
        assert could == naive_who_could(known, asked.tenant, asked.case_type, asked.act)


@given(
    policies(),
    st.sampled_from(TENANTS),
    st.sampled_from(SUBJECTS),
    st.none() | st.frozensets(st.sampled_from(ROLES), max_size=2),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_a_closure_is_what_the_lines_say(lines, tenant, subject, given_roles, own):
    engine = PolicyEngine()
    engine.load(lines, 0)
    assert engine.closure(tenant, subject, given_roles, own=own) == naive_closure(
        lines, tenant, subject, given_roles, own
    )


@given(policies(), questions())
@settings(max_examples=100, deadline=None)
def test_a_list_shows_exactly_the_cases_that_may_be_read(lines, asked):
    engine = PolicyEngine()
    engine.load(lines, 0)
    case_roles = asked.roles & frozenset(CASE_ROLES)
    visible = engine.visible(asked.tenant, "user:alice", asked.roles - case_roles)
    allowed = ask(engine, replace(asked, act="case:read")).allowed
    assert sees(visible, asked.case_type, case_roles) == allowed


@given(
    st.lists(st.tuples(rule_lines() | role_lines(), st.integers(0, 3)), max_size=12),
    st.lists(questions(), min_size=2, max_size=6),
)
@settings(max_examples=120, deadline=None)
def test_changes_applied_one_by_one_equal_a_whole_load(steps, asked_questions):
    engine = PolicyEngine()
    stored: list[PolicyLine] = []
    for version, (line, kind_of_step) in enumerate(steps, start=1):
        for asked in asked_questions:
            ask(engine, asked)  # so that buckets, closures and hashes are held when the change comes
        if kind_of_step == 0 and any(held.removed is None for held in stored):
            position = next(i for i, held in enumerate(stored) if held.removed is None)
            stored[position] = replace(stored[position], removed=version)
        else:
            stored.append(replace(line, id=len(stored) + 1, added=version))
        engine.apply([held for held in stored if held.added == version or held.removed == version], version)
    whole = PolicyEngine()
    whole.load([held for held in stored if held.removed is None], len(steps))
    assert [state(engine, asked) for asked in asked_questions] == [state(whole, asked) for asked in asked_questions]


def state(engine: PolicyEngine, asked: Question) -> Any:
    return (
        ask(engine, asked),
        engine.who_could(asked.tenant, asked.case_type, asked.act),
        engine.visible(asked.tenant, "user:alice", asked.roles),
        engine.closure(asked.tenant, "user:alice", asked.roles),
    )
