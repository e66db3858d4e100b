"""The case types, policies and people of the property test, with a Python twin beside every CEL text."""

from typing import Any

import yaml

from app.domain.case.attempt import Actor, Principal
from tests.naive_model import NaiveModel, NaiveType
from tests.naive_policy import Condition, Line, NaivePolicy

VOYAGE = """
case_type: voyage
title: Voyage
opening: {plan: draft, file: review, inspect: checks, stamp: archived}
data:
  type: object
  required: [amount, currency]
  additionalProperties: false
  properties:
    amount: {type: integer, minimum: 0}
    former: {type: integer}
    currency: {enum: [EUR, GBP]}
    late: {type: boolean}
    owner: {type: string}
    rounds: {type: integer}
    tags: {type: array, items: {type: string}}
states:
  draft: {}
  review:
    initial: first
    on_done: approved
    states:
      first: {}
      second: {initial: reading, states: {reading: {}, asking: {}}}
      noted: {final: true}
  advice: {initial: asked, on_done: review.$history, states: {asked: {}, given: {final: true}}}
  checks:
    parallel: true
    on_done: approved
    states:
      budget: {initial: open, states: {open: {}, doubt: {}, ok: {final: true}}}
      fraud:
        initial: open
        states:
          open: {}
          deep: {initial: one, states: {one: {}, two: {}}}
          ok: {final: true}
  waiting: {}
  approved: {}
  paid: {final: true}
  rejected: {final: true}
  archived: {final: true}
events:
  file:
    from: draft
    to: review
    payload: {type: object, required: [ticket], properties: {ticket: {type: integer}}}
    set: {data.owner: actor.id}
  amend:
    from: [draft, review]
    to: "="
    payload: {type: object, properties: {amount: {}}}
    set: {data.amount: payload.amount, data.former: data.amount}
  approve:
    transitions:
      - {from: review.first, to: approved, when: "data.amount <= 100"}
      - {from: review.first, to: review.second, unless_actor_of: [file], set: {data.former: data.amount}}
      - {from: review, to: waiting, when: 'data.currency == "GBP"'}
      - {from: review.second.reading, to: checks, unless_actor_of: [file, amend]}
  question: {from: review.second, to: review.second.asking}
  note_down: {from: review.second.asking, to: review.noted}
  consult: {from: waiting, to: advice}
  advise: {from: advice.asked, to: advice.given}
  restart: {from: review, to: review.first, when: case.version >= 3}
  clear:
    payload: {type: object, additionalProperties: false, properties: {deep: {type: boolean}}}
    transitions:
      - {from: checks.budget.open, to: checks.budget.ok, when: "data.amount < 1000"}
      - {from: checks.fraud.open, to: checks.fraud.ok, when: payload.deep}
  doubt: {from: checks.budget.open, to: checks.budget.doubt}
  dig:
    transitions:
      - {from: checks.fraud.open, to: checks.fraud.deep}
      - {from: checks.fraud.deep.one, to: checks.fraud.deep.two}
      - {from: checks.fraud.deep.two, to: checks.fraud.ok}
  settle: {from: checks.budget.doubt, to: checks.budget.ok, when: '"role:chief" in actor.roles'}
  redo: {from: checks.budget, to: checks.budget.doubt}
  redo_alone: {from: checks.budget, to: checks.budget.doubt, internal: true}
  dig_again:
    transitions:
      - {from: checks.fraud, to: checks.fraud.$deep_history, internal: true, when: "data.amount < 1000"}
      - {from: checks, to: checks.fraud.deep.two, internal: true}
  split:
    transitions:
      - {from: checks.fraud, to: approved}
      - {from: checks.budget, to: waiting}
  cross: {from: checks.budget.doubt, to: checks.fraud.deep.two}
  ask: {from: checks, to: waiting}
  answer: {from: waiting, to: checks.$deep_history}
  answer_shallow: {from: waiting, to: checks.$history}
  resume: {from: waiting, to: review.$history}
  recall: {from: waiting, to: review.$deep_history}
  reject: {from: [review, checks, waiting], to: rejected, reason: required}
  pay: {from: [approved, waiting], to: paid, only_actor_of: [file, inspect]}
  reopen: {from: approved, to: checks.$deep_history}
  mark_late: {from: [review, checks], to: "=", set: {data.late: "true"}}
  count: {from: "*", to: "=", set: {data.rounds: data.rounds + 1}}
  touch: {from: "*", to: "=", when: case.creator != actor.id}
  leave: {from: "*", to: waiting, when: data.late}
"""

PARCEL = """
case_type: parcel
title: Parcel
initial: packed
data:
  type: object
  additionalProperties: true
  properties: {weight: {type: integer, maximum: 50}, owner: {type: string}}
states:
  packed: {}
  trip:
    initial: legs
    states:
      legs:
        parallel: true
        on_done: trip.arrived
        states:
          papers:
            parallel: true
            states:
              visa: {initial: open, states: {open: {}, ok: {final: true}}}
              tax: {initial: open, states: {open: {}, ok: {final: true}}}
          goods: {initial: loaded, states: {loaded: {}, checked: {}, ok: {final: true}}}
      arrived: {}
  held: {}
  delivered: {final: true}
events:
  open:
    from: held
    to: packed
    set: {data.owner: actor.id}
  send: {from: packed, to: trip}
  stamp:
    transitions:
      - {from: trip.legs.papers.visa.open, to: trip.legs.papers.visa.ok}
      - {from: trip.legs.papers.tax.open, to: trip.legs.papers.tax.ok, when: data.weight < 20}
      - {from: trip.legs.goods.loaded, to: trip.legs.goods.checked}
  tax: {from: trip.legs.papers.tax.open, to: trip.legs.papers.tax.ok}
  check:
    transitions:
      - {from: trip.legs.goods.loaded, to: trip.legs.goods.checked}
      - {from: trip.legs.goods.checked, to: trip.legs.goods.ok, unless_actor_of: [check]}
  papers_again: {from: trip.legs.papers, to: trip.legs.papers.visa.open}
  vouch: {from: trip.legs, to: "=", unless_actor_of: {events: [vouch], since: trip.legs}}
  countersign: {from: trip, to: "=", only_actor_of: {events: [vouch, send], since: trip}}
  hold: {from: trip, to: held}
  go_on: {from: held, to: trip.$deep_history, unless_actor_of: [hold]}
  go_on_roughly: {from: held, to: trip.$history, only_actor_of: [hold, send]}
  legs_again: {from: [held, trip.arrived], to: trip.legs.$history}
  deliver: {from: trip.arrived, to: delivered, reason: required}
  touch: {from: "*", to: "="}
"""

CONDITIONS: dict[str, Condition] = {
    "actor.id": lambda data, payload, actor, case: actor["id"],
    "payload.amount": lambda data, payload, actor, case: payload["amount"],
    "data.amount": lambda data, payload, actor, case: data["amount"],
    "true": lambda data, payload, actor, case: True,
    "data.rounds + 1": lambda data, payload, actor, case: data["rounds"] + 1,
    "data.amount <= 100": lambda data, payload, actor, case: data["amount"] <= 100,
    "data.amount <= 500": lambda data, payload, actor, case: data["amount"] <= 500,
    "data.amount < 1000": lambda data, payload, actor, case: data["amount"] < 1000,
    "data.weight < 20": lambda data, payload, actor, case: data["weight"] < 20,
    'data.currency == "GBP"': lambda data, payload, actor, case: data["currency"] == "GBP",
    "case.version >= 3": lambda data, payload, actor, case: case["version"] >= 3,
    "case.creator != actor.id": lambda data, payload, actor, case: case["creator"] != actor["id"],
    "payload.deep": lambda data, payload, actor, case: payload["deep"],
    "data.late": lambda data, payload, actor, case: data["late"],
    "data.late == true": lambda data, payload, actor, case: data["late"] is True,
    '"role:chief" in actor.roles': lambda data, payload, actor, case: "role:chief" in actor["roles"],
}

LINES: dict[str, list[Line]] = {
    "voyage": [
        ("*", "*", "voyage", "plan", "", "allow"),
        ("*", "*", "voyage", "file", "data.amount <= 500", "allow"),
        ("role:clerk", "*", "voyage", "*", "", "allow"),
        ("role:clerk", "*", "voyage", "case:read", "", "allow"),
        ("role:clerk", "globex", "voyage", "split", "", "deny"),
        ("role:clerk", "acme", "voyage", "pay", "data.late == true", "deny"),
        ("[creator]", "*", "voyage", "case:read", "", "allow"),
        ("[creator]", "*", "voyage", "amend", "", "allow"),
        ("[creator]", "*", "voyage", "pay", "", "allow"),
        ("[creator]", "*", "voyage", "approve", "", "deny"),
        ("role:blind", "*", "voyage", "touch", "", "allow"),
        ("role:blind", "acme", "voyage", "reject", "", "allow"),
        ("role:blind", "*", "voyage", "inspect", "", "allow"),
        ("role:banned", "*", "*", "touch", "", "deny"),
        ("role:importer", "*", "voyage", "case:admin", "", "allow"),
        ("role:boss", "*", "*", "*", "", "allow"),
        ("role:chief", "*", "voyage", "case:admin", "", "allow"),
    ],
    "parcel": [
        ("role:courier", "*", "parcel", "*", "", "allow"),
        ("role:courier", "acme", "parcel", "tax", "data.weight < 20", "deny"),
        ("role:reader", "*", "parcel", "case:read", "", "allow"),
        ("[creator]", "*", "parcel", "hold", "", "allow"),
        ("role:importer", "globex", "parcel", "case:admin", "", "allow"),
    ],
}
INCLUDES = {"role:chief": {"role:clerk"}, "role:clerk": {"role:courier"}, "role:boss": {"role:reader"}}
OWN_ROLES = {("acme", "user:dora"): {"role:clerk"}, ("globex", "user:dora"): {"role:chief"}}

TENANTS = ("acme", "globex")
PEOPLE = {
    "user:alice": {"role:clerk"},
    "user:bob": set(),
    "user:carol": {"role:chief"},
    "user:dora": set(),
    "user:eve": {"role:blind"},
    "user:frank": {"role:importer"},
    "user:gus": {"role:boss"},
    "user:hal": {"role:clerk", "role:banned"},
    "user:ida": {"role:admin"},
    "user:jon": {"role:courier"},
    "service:ivy": {"role:chief"},
}
ACTORS = [Actor(tenant=tenant, id=who, roles=frozenset(roles)) for tenant in TENANTS for who, roles in PEOPLE.items()]
PRINCIPALS = [
    Principal("user:alice", frozenset({"role:clerk"})),
    Principal("user:bob", frozenset({"role:chief"})),
    Principal("user:bob", frozenset()),
    Principal("user:carol"),
    Principal("user:dora"),
    Principal("user:dora", frozenset({"role:blind"})),
]


def naive_model() -> NaiveModel:
    lines = [line for of_type in LINES.values() for line in of_type]
    types = [NaiveType(yaml.safe_load(text)) for text in (VOYAGE, PARCEL)]
    return NaiveModel(types, NaivePolicy(lines, INCLUDES, OWN_ROLES, CONDITIONS))


def policy_text(name: str) -> str:
    """The lines as a file; `g` lines stand with the voyages."""
    rows: list[Any] = [("p", *line[:4], f'"{_doubled(line[4])}"' if line[4] else "", line[5]) for line in LINES[name]]
    if name == "voyage":
        rows += [("g", role, one) for role, several in INCLUDES.items() for one in several]
        rows += [("g", who, one, tenant) for (tenant, who), several in OWN_ROLES.items() for one in several]
    return "".join(", ".join(row) + "\n" for row in rows)


def _doubled(condition: str) -> str:
    return condition.replace('"', '""')
