"""Cases and people as a change that `explain` tells would make them, built from the naive model alone."""

import itertools
from collections.abc import Iterator
from typing import Any

from app.domain.case.attempt import Actor, Attempt
from app.domain.explaining.what_would_help import Way
from tests.factories import new_id
from tests.naive_machine import Move
from tests.naive_model import NaiveModel, copied

World = tuple[dict[str, Any], Actor, list[dict[str, Any]]]
"""A copy of a case, somebody, and payloads that fit the conditions."""

NEWCOMER = "user:newcomer"
PAYLOADS: list[dict[str, Any]] = [
    {}, {"ticket": 1}, {"amount": 5}, {"amount": 700}, {"deep": True}, {"deep": False},
]  # fmt: skip
DATA: dict[str, list[dict[str, Any]]] = {
    "voyage": [
        {"amount": amount, "currency": currency} | late
        for amount, currency, late in itertools.product(
            (50, 400, 700, 5000), ("EUR", "GBP"), ({}, {"late": True}, {"late": False})
        )
    ],
    "parcel": [{}, {"weight": 5}, {"weight": 30}],
}
PERSONAL = {'"role:chief" in actor.roles', "case.creator != actor.id"}
"""Conditions that no data meet: about who asks."""


def attempt(by: Actor, case: dict[str, Any], event: str, payload: dict[str, Any] | None = None) -> Attempt:
    return Attempt(
        actor=by,
        event=event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="r",
        case_id=case["id"],
        payload=payload,
        reason="because",
    )


def worlds(model: NaiveModel, case: dict[str, Any], by: Actor, way: Way, event: str) -> Iterator[World]:
    """All worlds in which what the way names is so, and as little else is otherwise as can be."""
    conditions = [change.detail for change in way if change.code in ("rule", "guard")]
    for change in way:
        match change.code:
            case "state":
                leaves = _entered(model, case, change.detail["state"])
                active = {leaf[:end] for leaf in leaves for end in range(len(leaf) + 1) if leaf[end:][:1] in ("", ".")}
                came = case["came"] | dict.fromkeys(active, case["seq"] + 1)
                case = {**case, "leaves": leaves, "memory": {}, "came": came}
            case "four_eyes":
                by = Actor(
                    tenant=by.tenant, id=change.detail["subject"] or NEWCOMER, roles=frozenset(change.detail["roles"])
                )
            case "role":
                by = Actor(tenant=by.tenant, id=by.id, roles=by.roles | {change.detail["role"]})
    if not conditions:
        yield case, by, PAYLOADS
        return
    for data, version in itertools.product([case["data"], *DATA[case["case_type"]]], (case["version"], 3)):
        other = {**case, "data": data, "version": version}
        fitting = [
            payload for payload in PAYLOADS if _hold(model, other, attempt(by, case, event, payload), conditions)
        ]
        if fitting:
            yield other, by, fitting


def applies(model: NaiveModel, event: str, world: World) -> bool:
    """Whether some of the payloads makes the event apply."""
    case, by, payloads = world
    return any(_tried(model, case, attempt(by, case, event, payload)) == "ok" for payload in payloads)


def allowed(model: NaiveModel, event: str, world: World) -> bool:
    """Whether the event is not refused: it applies, or what is sent with it is not valid whatever it is."""
    case, by, payloads = world
    codes = [_tried(model, case, attempt(by, case, event, payload)) for payload in payloads]
    return "ok" in codes or set(codes) == {"invalid"}


def _entered(model: NaiveModel, case: dict[str, Any], state: str) -> list[str]:
    """Where a case is that comes to a state from outside, through all that stands around it."""
    declared = model.types[case["case_type"]]
    first = declared.machine.open(next(iter(declared.opening.values())))
    return declared.machine.step(first, {}, [Move(first[0], state, None, (), (), ())])[0]


def _hold(model: NaiveModel, case: dict[str, Any], by: Attempt, conditions: list[dict[str, Any]]) -> bool:
    """A guard holds, a rule does as it is told; what cannot be told counts against whoever asks."""
    variables = model.policy.variables(case, by)
    for wanted in conditions:
        holds = wanted.get("holds", True)
        text = wanted.get("condition") or wanted["guard"]
        if model.policy.truth(text, variables, error=not holds) is not holds:
            return False
    return True


def _tried(model: NaiveModel, case: dict[str, Any], one: Attempt) -> str:
    kept = model.cases[case["id"]]
    model.cases[case["id"]] = copied(case)
    try:
        return model.answer(one).code
    finally:
        model.cases[case["id"]] = kept
