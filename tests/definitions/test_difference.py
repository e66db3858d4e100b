"""What changed between two versions of a case type is told thing by thing."""

from typing import Any

import pytest
import yaml

from app.domain.definition.case_type import CaseType
from app.domain.definition.difference import Changed, Difference, difference

CLAIM = """
case_type: claim
title: Claim
opening: {open: a}
data:
  type: object
  required: [amount]
  properties:
    amount: {type: integer, title: Amount}
    iban: {type: string, maxLength: 34}
    payee: {type: object, properties: {name: {type: string}}}
states: {a: {title: New}, b: {}, c: {final: true}}
events:
  go: {title: Go, from: a, to: b, when: "data.amount <= 5"}
  end: {from: b, to: c}
slas:
  look: {start: {enters: a}, target: 4h, steps: [{at: 50%, notify: "role:clerk"}]}
"""


def declared(changed: dict[str, Any] | None = None) -> CaseType:
    """The claim, with other values at dotted paths; None takes one away."""
    told = yaml.safe_load(CLAIM)
    for path, value in (changed or {}).items():
        *way, last = path.split("/")
        inside = told
        for step in way:
            inside = inside[step]
        if value is None:
            del inside[last]
        else:
            inside[last] = value
    return CaseType.model_validate(told)


def between(old: CaseType, new: CaseType) -> Difference:
    walk = difference(old, new)
    while True:
        try:
            next(walk)
        except StopIteration as done:
            found: Difference = done.value
            return found


def test_a_version_does_not_differ_from_itself():
    assert not between(declared(), declared())


@pytest.mark.parametrize(
    ("path", "value", "kind", "name", "what"),
    [
        ("states/a/title", "Newly", "states", "a", ("title",)),
        ("states/a/title", {"en": "New", "de": "Neu"}, "states", "a", ("title",)),
        ("states/b/final", True, "states", "b", ("final",)),
        ("events/go/title", "Went", "events", "go", ("title",)),
        ("events/go/when", "data.amount <= 6", "events", "go", ("guard",)),
        ("events/go/to", "c", "events", "go", ("ways",)),
        ("events/go/unless_actor_of", ["end"], "events", "go", ("four eyes",)),
        ("events/go/payload", {"type": "object"}, "events", "go", ("payload",)),
        ("events/go/reason", "required", "events", "go", ("reason",)),
        ("events/go/set", {"data.iban": "'x'"}, "events", "go", ("set",)),
        ("opening/open", "b", "events", "open", ("opening",)),
        ("data/required", [], "fields", "data.amount", ("required",)),
        ("data/properties/amount/type", "number", "fields", "data.amount", ("type",)),
        ("data/properties/amount/title", {"en": "Amount", "de": "Betrag"}, "fields", "data.amount", ("title",)),
        ("data/properties/amount/x-money", "EUR", "fields", "data.amount", ("look",)),
        ("data/properties/iban/maxLength", 35, "fields", "data.iban", ("limits",)),
        ("data/properties/payee/properties/name/enum", ["x"], "fields", "data.payee.name", ("values",)),
        ("slas/look/target", "5h", "clocks", "look", ("time",)),
        ("slas/look/calendar", "office_de", "clocks", "look", ("calendar",)),
        ("slas/look/stop", {"leaves": "a"}, "clocks", "look", ("beginning and end",)),
        ("slas/look/pause", {"in": "b"}, "clocks", "look", ("pause",)),
        ("slas/look/steps", [], "clocks", "look", ("steps",)),
    ],
)
def test_what_is_different_of_a_thing_is_named_and_nothing_else(path, value, kind, name, what):
    found = between(declared(), declared({path: value}))
    assert getattr(found, kind).changed == (Changed(name, what),)
    others = {"states", "events", "fields", "clocks"} - {kind}
    assert not any(getattr(found, other) for other in others)
    assert not found.look


@pytest.mark.parametrize(
    ("path", "value", "kind", "name"),
    [
        ("states/d", {}, "states", "d"),
        ("events/stop", {"from": "a", "to": "c"}, "events", "stop"),
        ("opening/save", "a", "events", "save"),
        ("data/properties/late", {"type": "boolean"}, "fields", "data.late"),
        ("data/properties/payee/properties/bic", {"type": "string"}, "fields", "data.payee.bic"),
        ("slas/other", {"start": {"enters": "a"}, "target": "1h"}, "clocks", "other"),
    ],
)
def test_what_came_in_is_added_and_the_other_way_round_removed(path, value, kind, name):
    old, new = declared(), declared({path: value})
    assert getattr(between(old, new), kind).added == (name,)
    assert getattr(between(new, old), kind).removed == (name,)


def test_its_own_title_and_its_views_are_its_look():
    assert between(declared(), declared({"title": "Request"})).look
    assert between(declared(), declared({"views": {"list": ["reference"]}})).look


def test_others_have_their_turns_while_thousands_of_fields_are_compared():
    fields = {f"f{number}": {"type": "string", "title": f"Field {number}"} for number in range(4000)}
    old = declared({"data/properties": {"amount": {"type": "integer"}, **fields}})
    turns = sum(1 for _ in difference(old, declared()))
    assert turns >= 4000 // 50
    assert len(between(old, declared()).fields.removed) == 4000
