"""Random clocks in a small case type, of every kind and with everything that a clock can be told to do."""

import json
import random
from typing import Any

from app.domain.declaring.checks.case_type import check_case_type
from app.domain.declaring.reading.load import load_case_type
from app.domain.definition.case_type import CaseType

STATES = ["new", "work", "waiting", "review", "review.first", "review.second", "done"]
GOING = {f"go_{state.replace('.', '_')}": state for state in STATES}
STAYING = ["touch", "rate", "plan", "nudge"]
EVENTS = [*GOING, *STAYING, "start_over"]
CALENDARS = ["always", "office", "night", "versions"]
CALENDAR_FILES = {
    "office": 'zone: Europe/London\nweekly: {mon-fri: ["09:00-17:00"]}\nclosed: [06-09]\n',
    "night": 'zone: America/New_York\nweekly: {mon-sun: ["22:00-30:00"]}\n',
    "versions": 'zone: Europe/Berlin\nweekly: {mon-thu: ["08:00-12:00", "13:00-17:30"], fri: ["08:00-13:00"]}\n',
}
POLICY = """
p, role:agent, *, *, *, , allow
p, role:agent, *, *, case:read, , allow
p, role:agent, *, *, case:admin, , allow
p, role:system, *, *, *, , allow
p, role:system, *, *, go_review, , deny
"""
LENGTHS = ["10m", "1h", "4h", "90m", "8h", "12h30m"]
WHENS = ["data.p == 1", "data.p >= 2", "case.urgency > 30", "case.team == 'team:night'", "data.late == true"]
WHENS += ["case.version > 4", "'role:system' in actor.roles", "case.assignee == 'user:bo'"]
POINTS = ["25%", "50%", "50%", "100%", "100%", "120%", "-30m", "-2h", "+1h", "+0m", "-1bd", "+1bd"]


def random_case_type(dice: random.Random, name: str) -> CaseType:
    """Tries until `check` finds no errors."""
    while True:
        clocks = {f"clock{number}": random_clock(dice) for number in range(dice.randint(1, 3))}
        loaded = load_case_type(json.dumps(_declared(name, clocks)), f"{name}.yaml")
        faults = [*loaded.faults, *check_case_type(loaded, calendars=frozenset(CALENDAR_FILES))]
        if loaded.case_type is not None and not any(fault.severity == "error" for fault in faults):
            return loaded.case_type


def _declared(name: str, clocks: dict[str, Any]) -> dict[str, Any]:
    events: dict[str, Any] = {event: {"from": "*", "to": state} for event, state in GOING.items()}
    payload = {"type": "object", "properties": {"p": {"type": "integer"}, "deadline": {"type": "string"}}}
    return {
        "case_type": name,
        "initial": "new",
        "data": {
            "type": "object",
            "properties": {
                "p": {"type": "integer"},
                "late": {"type": "boolean"},
                "deadline": {"type": "string"},
                "received": {"type": "string"},
            },
        },
        "states": {
            "new": {},
            "work": {},
            "waiting": {},
            "review": {"initial": "first", "states": {"first": {}, "second": {}}},
            "done": {},
        },
        "events": {
            **events,
            "touch": {"from": "*", "to": "="},
            "nudge": {"from": ["new", "work"], "to": "=", "set": {"data.late": "true"}},
            "rate": {"from": "*", "to": "=", "payload": payload, "set": {"data.p": "payload.p"}},
            "plan": {"from": "*", "to": "=", "payload": payload, "set": {"data.deadline": "payload.deadline"}},
            "start_over": {"from": "done", "to": "new"},
        },
        "slas": clocks,
    }


def random_clock(dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(["elapsed", "elapsed", "elapsed", "due_at", "periodic"])
    clock: dict[str, Any] = {"kind": kind, "start": dice.choice([{"enters": "new"}, random_condition(dice)])}
    likely = {"stop": 0.9, "cancel": 0.2, "reset": 0.25}
    clock |= {key: random_condition(dice) for key, chance in likely.items() if dice.random() < chance}
    if dice.random() < 0.3:
        clock["start_at"] = "data.received"
    if dice.random() < 0.6:
        clock |= random_pause(dice)
    clock |= random_end(dice, kind)
    clock["calendar"] = dice.choice([*CALENDARS, {"follow": "team"}])
    clock["retarget"] = dice.choice(["keep_elapsed", "keep_elapsed", "restart", "keep_deadline"])
    if kind != "periodic":
        clock["reopen"] = dice.choice(["ignore", "resume", "resume", "continue", "restart"])
    clock["steps"] = [random_step(dice) for _ in range(dice.randint(0, 4))]
    return clock


def random_condition(dice: random.Random) -> dict[str, Any]:
    state = dice.choice(STATES)
    return dice.choice(
        [
            {"enters": state},
            {"enters": dice.sample(STATES, 2)},
            {"leaves": state},
            {"in": state},
            {"event": dice.choice(EVENTS)},
            {"event": dice.sample(EVENTS, 2)},
            {"event": dice.choice(EVENTS), "in": state},
            {"when": dice.choice(WHENS)},
            {"enters": state, "when": dice.choice(WHENS)},
        ]
    )


def random_pause(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"pause": dice.choice([{"in": dice.choice(STATES)}, random_condition(dice)])}
    if dice.random() < 0.4:
        found["resume"] = random_condition(dice)
    if dice.random() < 0.4:
        found["pause_max"] = dice.choice(LENGTHS)
    return found


def random_end(dice: random.Random, kind: str) -> dict[str, Any]:
    if kind == "periodic":
        return {"every": dice.choice(LENGTHS), "sequence": dice.choice(["independent", "sequential"])}
    if kind == "due_at":
        business = {"business_days": dice.randint(0, 2), "at": "16:00", "cutoff": "15:00"}
        ways = [{"field": "data.deadline"}, business, {"business_days": 1, "at": "start"}, {"calendar_days": 1}]
        near = {"field": "data.deadline", "business_days": dice.randint(-2, 1), "from_closed": "previous"}
        rolled = [{"calendar_days": 2, "if_closed": dice.choice(["next", "previous"])}]
        rolled.append({"field": "data.deadline", "if_closed": "next", "at": "09:30"})
        return {"due": dice.choice([ways[0], *ways, near, *rolled])}
    if dice.random() < 0.5:
        return {"target": dice.choice(LENGTHS)}
    rules: list[dict[str, Any]] = [{"when": dice.choice(WHENS), "is": dice.choice(LENGTHS)} for _ in range(2)]
    rules[0]["calendar"] = dice.choice([*CALENDARS, {"follow": "team"}])
    return {"target": [*rules, {"is": dice.choice(LENGTHS)}] if dice.random() < 0.8 else rules}


def random_step(dice: random.Random) -> dict[str, Any]:
    step: dict[str, Any] = {"at": dice.choice(POINTS)}
    if step["at"].startswith("+") and dice.random() < 0.6:
        step |= {"every": dice.choice(["20m", "2h"]), "max": dice.randint(1, 4)}
    effect = dice.choice(["notify", "urgency", "assign", "assign", "fire", "fire", "fire"])
    values: dict[str, list[Any]] = {
        "notify": ["role:agent"],
        "urgency": [0, 20, 60],
        "assign": ["user:bo", "team:night", "team:office", "[creator]", "[reviewer]"],
        "fire": EVENTS,
    }
    return step | {effect: dice.choice(values[effect])}
