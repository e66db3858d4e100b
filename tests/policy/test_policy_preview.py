"""What a change would do to roles is what a naive reader of all lines finds, and the policy in force stays as it is."""

import itertools
from collections.abc import Iterable, Iterator
from random import Random

import pytest

from app.domain.declaring.reading.load import load_case_type
from app.domain.expressions.expression import View
from app.domain.machine.machine import Machine
from app.domain.policy.line_terms import permits, truth_of
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.policy.preview import preview
from app.services.policy.requests import AskedChange, Preview, Triple
from app.services.store.stored import PolicyLine
from tests.house import ADMIN
from tests.lengths import length
from tests.naive_types import PARCEL, VOYAGE
from tests.rulebook import add, rule

ROUNDS = length(60, 150)
ROLES = ("role:a", "role:b", "role:c", "role:d", "[creator]", "[helper]", "*")
ACTS = {
    "voyage": ("plan", "file", "approve", "pay", "touch", "case:read", "case:admin", "*"),
    "parcel": ("open", "check", "send", "touch", "case:read", "*"),
}
LEVELS = ("never", "conditional", "always")
CONDITIONS = ("", "", "", "case.version > 1", "data.late")


def _machine(text: str) -> Machine:
    loaded = load_case_type(text, "x.yaml")
    assert loaded.case_type is not None
    return Machine(loaded.case_type, loaded.case_type.case_type, 1)


MACHINES = {machine.case_type.case_type: machine for machine in (_machine(VOYAGE), _machine(PARCEL))}


def _line(random: Random, number: int) -> PolicyLine:
    if random.random() < 0.2:
        return PolicyLine(kind="g", role=random.choice(ROLES[:3]), tenant="*", obj=random.choice(ROLES[1:4]), id=number)
    case_type = random.choice(["voyage", "voyage", "parcel", "*"])
    act = random.choice(ACTS["parcel" if case_type == "parcel" else "voyage"])
    eft = random.choice(["allow", "allow", "allow", "deny"])
    tenant = random.choice(["acme", "acme", "*", "globex"])
    return PolicyLine(
        kind="p",
        role=random.choice(ROLES),
        tenant=tenant,
        obj=case_type,
        act=act,
        when=random.choice(CONDITIONS),
        eft=eft,
        id=number,
    )


def _engine(lines: Iterable[PolicyLine]) -> PolicyEngine:
    engine = PolicyEngine()
    engine.load(list(lines), 0)
    return engine


def _naive(before: list[PolicyLine], after: list[PolicyLine]) -> Iterator[tuple[str, Triple]]:
    """Every role, state and event, looked up in all lines."""
    for name, machine in MACHINES.items():
        for role, (state, act, guarded) in itertools.product((*ROLES, "role:admin", "role:auditor"), _places(machine)):
            if state is None and role.startswith("[") and not act.startswith("case:"):
                continue
            terms = [_terms(lines, name, role, act) for lines in (before, after)]
            levels = [min(_level(one), 1 if guarded else 2) for one in terms]
            was, now = (LEVELS[one] for one in levels)
            triple = Triple(case_type=name, role=role, state=state, event=act, before=was, after=now)
            if levels[0] != levels[1]:
                yield ("gains" if levels[1] > levels[0] else "loses"), triple
            elif levels[0] == 1 and terms[0] != terms[1] and [_level(one) for one in terms] != [2, 2]:
                yield "alters", triple


def _places(machine: Machine) -> Iterator[tuple[str | None, str, bool]]:
    declared = machine.case_type
    for act in (act for act in ACTS["voyage"] if act.startswith("case:")):
        yield None, act, False
    for event in declared.opening:
        yield None, event, False
    leaves = [path for path, state in machine.graph.states.items() if not state.states]
    for event, state in itertools.product(declared.events, leaves):
        if "." not in state and machine.graph.states[state].final:
            continue
        arcs = [arc for path in machine.graph.lineage(state) for arc in machine.arcs[event].get(path, ())]
        if arcs:
            yield state, event, all(arc.guard or arc.unless_actor_of or arc.only_actor_of for arc in arcs)


BUILT_IN = {("role:admin", "case:admin"), ("role:admin", "case:read"), ("role:auditor", "case:audit")}


def _terms(lines: list[PolicyLine], case_type: str, role: str, act: str) -> set[tuple[str, str]]:
    held = {role, "*"}
    while more := {line.obj for line in lines if line.kind == "g" and line.role in held} - held:
        held |= more
    return {
        (line.eft, line.when)
        for line in lines
        if line.kind == "p"
        and line.role in held
        and line.tenant in ("acme", "*")
        and line.obj in (case_type, "*")
        and (line.act == act or (line.act == "*" and not act.startswith("case:")))
    } | ({("allow", "")} if (role, act) in BUILT_IN else set())


def _about(lines: list[PolicyLine], case_type: str) -> set[str]:
    """`*` and the roles that lines about the case type name, with those that include one; all others are `*`."""
    applying = [line for line in lines if line.kind == "p" and line.tenant in ("acme", "*")]
    named = {line.role for line in applying if line.obj in (case_type, "*")} | {role for role, _ in BUILT_IN}
    while more := {line.role for line in lines if line.kind == "g" and line.obj in named} - named:
        named |= more
    return named | {"*"}


def _level(terms: set[tuple[str, str]]) -> int:
    if ("deny", "") in terms or not any(eft == "allow" for eft, _ in terms):
        return 0
    return 2 if ("allow", "") in terms and not any(eft == "deny" for eft, _ in terms) else 1


def _found(preview: Preview) -> set[tuple[str, Triple]]:
    return {(name, triple) for name in ("gains", "loses", "alters") for triple in getattr(preview, name)}


def test_a_preview_finds_what_a_naive_reader_finds() -> None:
    random, seen = Random(1), set()
    for _ in range(ROUNDS):
        before = [_line(random, number) for number in range(1, random.randint(1, 30))]
        own = [line for line in before if line.kind == "p"]
        gone = random.sample(own, min(len(own), random.randint(0, 3)))
        more = [line for line in (_line(random, 0) for _ in range(random.randint(0, 3))) if line.kind == "p"]
        after = [line for line in before if line not in gone] + more
        engine = _engine(before)
        found = _found(preview(engine, "acme", MACHINES.values(), more, gone))
        expected = set(_naive(before, after))
        expected = {one for one in expected if one[1].role in _about([*before, *more], one[1].case_type)}
        assert found == expected, (before, more, gone)
        seen |= {name for name, _ in found}
    assert seen == {"gains", "loses", "alters"}


def test_a_policy_as_it_would_be_answers_like_one_that_is_built_so_and_leaves_the_live_one_alone() -> None:
    random = Random(2)
    for _ in range(ROUNDS):
        before = [_line(random, number) for number in range(1, 25)]
        gone = random.sample(before, random.randint(0, 6))
        more = [_line(random, 0) for _ in range(random.randint(0, 6))]
        live, as_before = _engine(before), _engine(before)
        changed, built = live.changed(more, gone), _engine([*(one for one in before if one not in gone), *more])
        for engine, expected in ((changed, built), (live, as_before)):
            for tenant, (name, acts) in itertools.product(("acme", "globex", "umbrella"), ACTS.items()):
                assert engine.policy_text(tenant, name) == expected.policy_text(tenant, name)
                for act in acts:
                    assert set(engine.line_terms(tenant, name, act)) == set(expected.line_terms(tenant, name, act))
                    assert engine.who_could(tenant, name, act) == expected.who_could(tenant, name, act)


def test_of_a_great_many_lines_only_what_is_touched_is_copied() -> None:
    lines = [
        PolicyLine(
            kind="p", role=f"role:r{n}", tenant="acme", obj=f"t{n % 200}", act=f"e{n % 50}", when="", eft="allow", id=n
        )
        for n in range(length(10_000, 100_000))
    ]
    engine = _engine(lines)
    changed = engine.changed(
        [PolicyLine(kind="p", role="role:x", tenant="acme", obj="t1", act="e1", when="", eft="allow")], [lines[0]]
    )
    live, other = engine._index._rules["acme"], changed._index._rules["acme"]
    assert [name for name in live if live[name] is not other[name]] == ["t0", "t1"]
    assert [act for act in live["t0"] if live["t0"][act] is not other["t0"].get(act)] == ["e0"]


def test_what_clauses_permit_is_what_the_engine_decides() -> None:
    random, view = Random(3), View({"data": {"late": True}, "case": {}, "actor": {}, "payload": {}})
    seen = set()
    for _ in range(ROUNDS):
        engine = _engine(_line(random, number) for number in range(1, 25))
        for role, (name, acts) in itertools.product(ROLES, ACTS.items()):
            roles = engine.closure("acme", "user:x", frozenset({role}), own=False) | {role}
            for act in acts[:-1]:
                decided = engine.decide("acme", roles, name, act, lambda: view).allowed
                lines = engine.line_terms("acme", name, act)
                assert permits(lines, roles, lambda when: truth_of(when, view)) == decided
                seen.add(decided)
    assert seen == {True, False}


async def test_a_preview_is_what_the_change_then_does(house: Assembly) -> None:
    lines = [rule("role:clerk", "pay"), rule("role:clerk", "triage", eft="deny")]
    seen = await house.policy_changes.preview(ADMIN, AskedChange(add=lines))
    assert house.policies.engine.version == seen.version
    told = {(one.role, one.state, one.event, one.before, one.after) for one in (*seen.gains, *seen.loses)}
    assert ("role:clerk", "approved", "pay", "never", "conditional") in told
    assert ("role:manager", "submitted", "triage", "conditional", "never") in told
    changed = await add(house, ADMIN, *lines)
    back = await house.policy_changes.preview(ADMIN, AskedChange(remove=[line.id for line in changed.added]))
    assert {(t.role, t.state, t.event, t.after, t.before) for t in (*back.gains, *back.loses)} == told


@pytest.mark.parametrize("case_type", ["expense_claim", "*"])
async def test_a_built_in_act_and_an_opening_event_have_no_state(house: Assembly, case_type: str) -> None:
    act = "case:read" if case_type == "*" else "save"
    seen = await house.policy_changes.preview(ADMIN, AskedChange(add=[rule("*", act, case_type, eft="deny")]))
    assert {(one.state, one.event) for one in seen.loses} >= {(None, act)}
    assert "role:clerk" in {one.role for one in seen.loses}
