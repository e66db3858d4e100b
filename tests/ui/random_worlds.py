"""Random case types with random policies over them, and people with random roles, some of them of another tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from app.commands.opening.declared import Declared
from app.domain.case.attempt import Actor
from app.domain.definition.case_type import CaseType
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Machine
from app.services.store.policy_lines import PolicyFile, PolicyLine, PolicySource
from tests.factories import TENANT
from tests.machine.test_semantics import EVENTS, case_types

TYPES = ("alpha", "beta")
OTHER_TENANT = "globex"
ROLES = ("role:red", "role:green")
WORKS = ("case:comment", "case:attach", "case:assign", "case:claim", "case:roles")
GUARDS = ("true", "true", "false", "payload.a", "data.n < 5", "actor.id != case.creator")
CONDITIONS = ("", "", "", "data.n < 5")
PAYLOAD = {"type": "object", "properties": {"a": {"type": "boolean"}}}
DATA = {"type": "object", "properties": {"mark": {"type": "string"}, "n": {"type": "integer"}}}
WRITER = Actor(tenant=TENANT, id="user:wes", roles=frozenset({"role:writer"}))
"""Who may read and work on everything, but fire nothing: what others may not see comes from him."""


@dataclass(frozen=True, slots=True)
class World:
    declared: Declared
    people: Sequence[Actor]

    @property
    def types(self) -> Mapping[str, CaseType]:
        return self.declared.case_types


@st.composite
def worlds(draw: st.DrawFn) -> World:
    types = {name: _dressed(draw, name, draw(case_types(GUARDS))) for name in TYPES}
    for case_type in types.values():
        try:
            Machine(case_type, "d" * 64, 1).opened("open")
        except NeverRests:
            assume(False)  # `check` refuses it
    lines = [*_usual(draw), *draw(st.lists(_lines(), min_size=2, max_size=8)), *_writers()]
    policy = PolicySource(PolicyFile("random.csv", "0" * 64), lines)
    roles = st.frozensets(st.sampled_from(ROLES), max_size=2)
    people = [Actor(tenant=TENANT, id=f"user:{name}", roles=draw(roles)) for name in ("ann", "bob", "cid")]
    assume(any(one.roles for one in people))
    foreign = Actor(tenant=OTHER_TENANT, id="user:ann", roles=frozenset(ROLES))
    return World(Declared(types, {}, (policy,), ()), (*people, foreign))


def _dressed(draw: st.DrawFn, name: str, case_type: CaseType) -> CaseType:
    """With data that tell its cases apart, a clock, and events that ask for input or for another pair of eyes."""
    told = case_type.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    opens_in = told["opening"]["open"]
    told |= {
        "case_type": name,
        "title": f"The {name}",
        "data": DATA,
        "slas": {"answer": {"start": {"enters": opens_in}, "target": "2h"}},
    }
    for event in told["events"].values():
        reads = any("payload" in one.get("when", "") for one in event["transitions"])
        if reads or draw(st.integers(0, 3)) == 0:
            event["payload"] = PAYLOAD
        if draw(st.integers(0, 3)) == 0:
            event["reason"] = "required"
        if draw(st.integers(0, 3)) == 0:
            event["transitions"][0]["unless_actor_of"] = ["open"]
    return CaseType.model_validate(told)


def _usual(draw: st.DrawFn) -> list[PolicyLine]:
    """That somebody may read, open and do something, so that there is something to see."""
    roles = st.sampled_from(("*", *ROLES))
    return [
        line
        for name in TYPES
        for line in (
            _line(draw(st.sampled_from(("[creator]", *ROLES))), name, "case:read"),
            _line(draw(roles), name, "open"),
            _line(draw(roles), name, "*"),
        )
    ]


@st.composite
def _lines(draw: st.DrawFn) -> PolicyLine:
    role = draw(st.sampled_from(("*", "[creator]", "[assignee]", *ROLES)))
    act = draw(st.sampled_from(("case:read", "case:read", "open", "*", *EVENTS, *WORKS)))
    eft = "allow" if role == "*" else draw(st.sampled_from(("allow", "allow", "deny")))  # the writer reads it all
    conditional = eft == "allow" and not act.startswith("case:")
    return _line(
        role,
        draw(st.sampled_from(("*", *TYPES))),
        act,
        when=draw(st.sampled_from(CONDITIONS)) if conditional else "",
        eft=eft,
        tenant=draw(st.sampled_from(("*", TENANT, OTHER_TENANT))),
    )


def _writers() -> list[PolicyLine]:
    return [_line("role:writer", "*", act) for act in ("case:read", *WORKS)]


def _line(role: str, obj: str, act: str, when: str = "", eft: str = "allow", tenant: str = "*") -> PolicyLine:
    line: dict[str, Any] = {"role": role, "tenant": tenant, "obj": obj, "act": act, "when": when, "eft": eft}
    return PolicyLine(kind="p", source="random.csv", **line)
