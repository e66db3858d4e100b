"""What is said to be possible is what firing does: over random machines, with completions, histories, four payloads."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.case.attempt import Actor, Attempt
from app.domain.case.case import Case
from app.domain.deciding.decide import fire
from app.domain.deciding.outcome import Outcome
from app.domain.deciding.situation import OnCase
from app.domain.definition.case_type import CaseType
from app.domain.explaining.could_fire import Could, could_fire
from app.domain.explaining.explain import possible
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Machine
from app.policy.engine import PolicyEngine
from app.services.entries.identity import new_salt
from app.services.store.stored import PolicyLine
from tests.databases import mostly_sqlite
from tests.factories import TENANT, a_case, new_id
from tests.lengths import length
from tests.machine.test_completions import BOTH, DEEP, EACH_OTHER, ONE_BY_ONE, PAUSED, REGION, SELF, loaded
from tests.machine.test_semantics import EVENTS, case_types

__all__ = ["mostly_sqlite"]

GUARDS = ("true", "false", "payload.a", "payload.b")
PAYLOADS: list[dict[str, Any]] = [{}, {"a": True}, {"b": True}, {"a": True, "b": True}]
ANYBODY = Actor(tenant=TENANT, id="user:anybody", roles=frozenset())
ALL_IS_ALLOWED = PolicyEngine()
ALL_IS_ALLOWED.load(
    [PolicyLine(kind="p", role="*", tenant="*", obj="*", act=act, eft="allow") for act in ("*", "case:read")], 0
)


def at(machine: Machine, case: Case, event: str | None, payload: dict[str, Any] | None = None) -> OnCase:
    attempt = Attempt(
        actor=ANYBODY,
        event=event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="r",
        case_id=case.id,
        payload=payload,
    )
    return OnCase(
        machine=machine, policy=ALL_IS_ALLOWED, attempt=attempt, at=case.changed_at, new_salt=new_salt, case=case
    )


def fireable(machine: Machine, case: Case) -> set[str]:
    """The events that some payload fires, as which could_fire tells them too."""
    able = set()
    for event in machine.case_type.events:
        fires = [isinstance(fire(at(machine, case, event, payload)), Outcome) for payload in PAYLOADS]
        could = could_fire(at(machine, case, event))
        assert (could is not Could.NO) is any(fires), (event, could, fires)
        assert could is not Could.YES or all(fires), (event, fires)
        able |= {event} if any(fires) else set()
    return able


def listed(machine: Machine, case: Case) -> set[str]:
    """The events that the list of possible ones holds."""
    looking = possible(at(machine, case, None), explain=False)
    while True:
        try:
            next(looking)
        except StopIteration as found:
            return {one.event for one in found.value.events}


@settings(max_examples=length(40, 80), deadline=None)
@given(
    case_type=case_types(guards=GUARDS),
    steps=st.lists(st.tuples(st.sampled_from(EVENTS), st.sampled_from(PAYLOADS)), max_size=5),
)
def test_what_could_be_fired_is_what_firing_does(case_type: CaseType, steps: list[tuple[str, dict[str, Any]]]) -> None:
    machine = Machine(case_type, "d" * 64, 1)
    try:
        opened = machine.opened("open")
    except NeverRests:
        assume(False)
    case = a_case(case_type="random", state=opened.state, memory=opened.memory, data={})
    assert fireable(machine, case) == listed(machine, case)
    for event, payload in steps:
        outcome = fire(at(machine, case, event, payload))
        if isinstance(outcome, Outcome):
            case = outcome.case
            assert fireable(machine, case) == listed(machine, case)


WAITS = "{from: a.x, to: a.y, when: payload.a}, {from: a.x, to: end}"
TOGETHER = "{from: a.p.x, to: a.p.y, when: payload.a}, {from: a.q.x, to: a.q.y, when: payload.a}"
CIRCLES = [
    (SELF, "go: {from: a.x, to: a.y}", "go"),
    (SELF, "go: {from: a.x, to: a.y, when: payload.a}", "go"),
    (SELF, f"go: {{transitions: [{WAITS}]}}", "go"),
    (DEEP, f"go: {{transitions: [{TOGETHER}]}}", "go"),
    (EACH_OTHER, f"go: {{{BOTH}}}", "go go"),
    (PAUSED, "go: {from: a.x, to: a.y}", "go"),
    (DEEP, ONE_BY_ONE, "p q"),
    (REGION, ONE_BY_ONE, "p q"),
]


@pytest.mark.parametrize(("states", "events", "fired"), CIRCLES)
def test_an_event_whose_completions_lead_round_in_a_circle_cannot_be_fired(
    states: str, events: str, fired: str
) -> None:
    """`check` refuses such case types, and cases may stand on what it let pass before."""
    machine = Machine(loaded(states, events), "d" * 64, 1)
    opened = machine.opened("open")
    case = a_case(case_type="claim", state=opened.state, memory=opened.memory, data={})
    for event in fired.split():
        assert fireable(machine, case) == listed(machine, case)
        outcome = fire(at(machine, case, event))
        if isinstance(outcome, Outcome):
            case = outcome.case


def growing() -> Machine:
    """A case type whose events make of the data what may not be."""
    declared: dict[str, Any] = {
        "case_type": "grows",
        "initial": "a",
        "data": {"type": "object", "properties": {"note": {"type": "string"}, "on": {"type": "string"}}},
        "states": {"a": {}, "b": {"final": True}},
        "events": {
            "double": {"from": "a", "to": "=", "set": {"data.note": "data.note + data.note"}},
            "date": {"from": "a", "to": "=", "set": {"data.on": "data.note"}},
            "go": {"from": "a", "to": "b"},
        },
        "slas": {
            "due": {"start": {"enters": "a"}, "stop": {"enters": "b"}, "kind": "due_at", "due": {"field": "data.on"}}
        },
        "max_data_bytes": 1024,
    }
    return Machine(CaseType.model_validate(declared), "d" * 64, 1)


@pytest.mark.parametrize(
    ("note", "able"),
    [("2026-11-30", {"double", "date", "go"}), ("soon", {"double", "go"}), ("x" * 600, {"go"}), ("y" * 2000, {"go"})],
)
def test_an_event_that_would_make_data_that_may_not_be_cannot_be_fired(note: str, able: set[str]) -> None:
    machine = growing()
    case = a_case(case_type="grows", state="a", data={"note": note})
    assert fireable(machine, case) == able
