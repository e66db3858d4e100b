"""What asking for the possible events costs, in conversions, evaluations and explanations: in proportion to what is
shown."""

from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from app.domain.case.attempt import Actor, Attempt
from app.domain.deciding.situation import OnCase
from app.domain.definition.case_type import CaseType
from app.domain.explaining import explain, worlds
from app.domain.explaining.explain import Possible, possible
from app.domain.expressions import view
from app.domain.expressions.expression import Expression
from app.domain.machine.machine import Machine
from app.policy import engine as deciding
from app.policy.engine import PolicyEngine
from app.services.fairness.yielding import LoopTurn
from app.services.store.stored import PolicyLine
from tests.factories import OPENED, TENANT, a_case, new_id

MANY = "many"
EVENTS, FEW, FIELDS, STATES = 600, 60, 4_000, 40
CONVERTED = "values converted"
EVALUATED = "expressions evaluated"
EXPLAINED = "explanations built"


def many_events(count: int) -> CaseType:
    """A third of the events have a guard of their own; a fifth may be fired from everywhere, the rest from half of the
    states."""
    states = [f"s{number}" for number in range(STATES)]

    def event(number: int) -> dict[str, Any]:
        guard = {"when": f"data.g.f{number} == 'yes' || data.f{number + 1} == 'no'"} if number % 3 == 0 else {}
        sources = "*" if number % 5 == 0 else states[number % 2 :: 2]
        return {"from": sources, "to": states[number % STATES], **guard}

    declared = {
        "case_type": MANY,
        "initial": "s0",
        "data": {"type": "object"},
        "states": {state: {} for state in states},
        "events": {f"e{number}": event(number) for number in range(count)},
    }
    return CaseType.model_validate(declared)


def asking(*roles: str, events: int = FEW) -> OnCase:
    """Somebody asks about a case with thousands of fields, which lines with and without a condition are about."""
    policy = PolicyEngine()
    lines = [PolicyLine(kind="p", role="*", tenant="*", obj=MANY, act="case:read", eft="allow")]
    for number in range(events):
        for role in (f"role:r{number % 24}", f"role:r{(number + 7) % 24}"):
            when = f"data.f{number} == 'no'" if number % 4 == 0 else ""
            lines.append(
                PolicyLine(kind="p", role=role, tenant="*", obj=MANY, act=f"e{number}", when=when, eft="allow")
            )
    policy.load(lines, 1)
    fields = {f"f{number}": "no" if number % 8 < 4 else "text" for number in range(FIELDS)}
    data = {"g": fields, **fields}
    attempt = Attempt(
        actor=Actor(tenant=TENANT, id="user:ann", roles=frozenset(roles)),
        event=None,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="r",
    )
    case = a_case(case_type=MANY, state="s0", data=data)
    return OnCase(
        machine=Machine(many_events(events), "d" * 64, 1),
        policy=policy,
        attempt=attempt,
        at=OPENED,
        new_salt=bytes,
        case=case,
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often what costs something is done."""
    counts: Counter[str] = Counter()

    def counting(of: Any, name: str, what: str) -> None:
        done = getattr(of, name)

        def noted(*arguments: Any, **named: Any) -> Any:
            counts[what] += 1
            return done(*arguments, **named)

        monkeypatch.setattr(of, name, noted)

    counting(view, "_seen", CONVERTED)
    counting(Expression, "_evaluate", EVALUATED)
    counting(Expression, "is_true", EVALUATED)
    counting(deciding, "refusal", EXPLAINED)
    for name in ("state_reason", "arc_reasons", "what_would_help"):
        counting(explain, name, EXPLAINED)
    return counts


def whole(work: Generator[None, None, Possible], most: Counter[str], counts: Counter[str]) -> Possible:
    """What comes of it; `most` gets the most that was done at a time."""
    while True:
        before = counts.copy()
        try:
            next(work)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        for what, count in (counts - before).items():
            most[what] = max(most[what], count)


def test_who_does_not_ask_for_explanations_pays_for_none(counted: Counter[str]) -> None:
    most: Counter[str] = Counter()
    found = whole(possible(asking("role:r1", "role:r12", events=EVENTS), explain=False), most, counted)
    assert len(found.events) > 10
    assert found.refused == ()
    assert counted[EXPLAINED] == 0
    assert counted[EVALUATED] < EVENTS / 4
    assert counted[CONVERTED] < FIELDS


def test_explanations_cost_in_proportion_to_what_is_told(counted: Counter[str]) -> None:
    most: Counter[str] = Counter()
    found = whole(possible(asking("role:r1", "role:r12"), explain=True), most, counted)
    assert len(found.events) + len(found.refused) == FEW
    told = sum(len(event.reasons) + len(event.ways) for event in found.refused)
    assert told > len(found.refused)
    assert counted[EVALUATED] < 4 * told
    assert counted[CONVERTED] < 200 * told
    assert most[EVALUATED] < 20, "others get no turn in between"
    assert most[CONVERTED] < 1_000


def test_of_many_states_no_more_are_supposed_than_ways_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    supposed: list[str] = []
    in_state = worlds.in_state
    monkeypatch.setattr(worlds, "in_state", lambda here, state: supposed.append(state) or in_state(here, state))
    found = whole(possible(asking("role:r1"), explain=True), Counter(), Counter())
    assert {len(event.ways) for event in found.refused if event.event in ("e1", "e49")} == {8}
    assert len(supposed) < 9 * len(found.refused)


async def test_others_get_turns_while_explanations_are_looked_for() -> None:
    turns = LoopTurn()
    given = 0

    async def give() -> None:
        nonlocal given
        given += 1

    turns.give = give  # type: ignore[method-assign]
    found = await turns.taking(possible(asking("role:r1"), explain=True))
    assert given > len(found.refused) + len(found.events)
