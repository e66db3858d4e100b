"""Random forms over random data: merged, hidden, required and told in the log as a few plain lines say it should be."""

import copy
import json
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.case.attempt import Actor, Attempt
from app.domain.deciding.decide import fire
from app.domain.deciding.fold import data_after
from app.domain.deciding.outcome import Outcome
from app.domain.deciding.situation import OnCase
from app.domain.definition.case_type import CaseType
from app.domain.machine.machine import Machine
from app.services.entries.identity import new_salt
from tests.cases.test_forms import EVERYTHING
from tests.factories import OPENED, TENANT, a_case, new_id
from tests.lengths import length

Data = dict[str, Any]
KEY = {"type": "object", "x-key": "id", "required": ["id"], "properties": {"id": {"type": "integer"}, "v": {}}}
SCHEMA: Data = {
    "type": "object",
    "properties": {
        "a": {"enum": ["x", "y"]},
        "b": {"type": ["integer", "null"]},
        "c": {"type": "object", "properties": {"d": {"type": "string"}, "e": {"type": "boolean"}}},
        "f": {"type": "array", "items": KEY},
        "g": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}
VALID = jsonschema_rs.Draft202012Validator(SCHEMA)
PATHS = ("a", "b", "c.d", "c.e", "f", "g")
CONDITIONS = {"data.a == 'x'": ("a", "x"), "data.b == 1": ("b", 1), "data.c.d == ''": ("c.d", "")}
ITEMS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 3)}, optional={"v": st.integers(0, 2)}), max_size=3)
VALUES = {
    "a": st.sampled_from(["x", "y", "z"]),
    "b": st.sampled_from([0, 1, True, "1"]),
    "c": st.fixed_dictionaries({}, optional={"d": st.sampled_from(["", "t", None]), "e": st.booleans() | st.none()}),
    "f": ITEMS | st.fixed_dictionaries({"$put": ITEMS}, optional={"$remove": st.lists(st.integers(0, 3), max_size=2)}),
    "g": st.dictionaries(st.sampled_from(["p", "q"]), st.integers(0, 1) | st.none(), max_size=2),
    "h": st.just(1),
}
PATCHES = st.fixed_dictionaries({}, optional={name: value | st.none() for name, value in VALUES.items()})
HELD = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["x", "y"]),
        "b": st.sampled_from([0, 1, None]),
        "c": st.fixed_dictionaries({}, optional={"d": st.sampled_from(["", "t"]), "e": st.booleans()}),
        "f": ITEMS.filter(lambda items: len({item["id"] for item in items}) == len(items)),
        "g": st.dictionaries(st.sampled_from(["p", "q"]), st.integers(0, 1), max_size=2),
        "of old": st.just(1),
    },
)
LINES = st.fixed_dictionaries(
    {"required": st.booleans(), "keep_hidden": st.booleans()}, optional={"show": st.sampled_from(sorted(CONDITIONS))}
)


@st.composite
def forms(draw: st.DrawFn) -> list[Data]:
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, unique=True))
    return [{"field": f"data.{path}", **draw(LINES)} for path in paths]


class No(Exception):
    """The model refuses."""


def modelled(form: list[Data], before: Data, patch: Data) -> Data:
    asked = {line["field"].removeprefix("data."): line for line in form}
    for name, value in patch.items():
        below = {path.partition(".")[2] for path in asked if path.startswith(f"{name}.")}
        if name not in asked and not (below and isinstance(value, dict) and value.keys() <= below):
            raise No(name)
    after = merged(before, patch)
    hidden = {path: line for path, line in asked.items() if "show" in line and not holds(after, line["show"])}
    for path, line in hidden.items():
        if line["keep_hidden"] and path_in(patch, path):
            raise No(path)
        if not line["keep_hidden"]:
            after = without(after, path.split("."))
    for path, line in asked.items():
        if line["required"] and path not in hidden and at(after, path) is None:
            raise No(path)
    if not VALID.is_valid(after):
        raise No("schema")
    return after


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        if isinstance(patch, list):
            ids = [item["id"] for item in patch]
            if len(set(ids)) != len(ids):
                raise No("ids")
        return patch
    if "$put" in patch:
        put, gone = {item["id"]: item for item in patch["$put"]}, patch.get("$remove", [])
        if len(put) != len(patch["$put"]) or set(put) & set(gone):
            raise No("ids")
        held = {item["id"]: item for item in target or [] if item["id"] not in gone}
        return list((held | put).values()) if put or target is not None else None
    after = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        became = None if value is None else merged(after.get(name), value)
        after.pop(name, None) if became is None else after.update({name: became})
    return after


def at(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def path_in(patch: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(patch, dict) or name not in patch:
            return not isinstance(patch, dict)
        patch = patch[name]
    return True


def holds(data: Data, condition: str) -> bool:
    path, value = CONDITIONS[condition]
    found = at(data, path)
    return found == value and type(found) is type(value)


def without(data: Data, names: list[str]) -> Data:
    head, *rest = names
    if not rest or not isinstance(data.get(head), dict):
        return {name: value for name, value in data.items() if name != head or rest}
    return {**data, head: without(data[head], rest)}


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@settings(max_examples=length(150, 20_000), deadline=None)
@given(forms(), HELD, PATCHES)
def test_what_a_form_makes_of_data_is_what_the_model_makes_of_them(form: list[Data], before: Data, patch: Data) -> None:
    event = {"form": form, "from": "s", "to": "="}
    declared = {"case_type": "t", "initial": "s", "data": SCHEMA, "states": {"s": {}}, "events": {"go": event}}
    machine = Machine(CaseType.model_validate(declared), "d" * 64, 1)
    case = a_case(case_type="t", definition="d" * 64, state="s", data=copy.deepcopy(before))
    attempt = Attempt(
        actor=Actor(tenant=TENANT, id="user:a"),
        event="go",
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="r",
        case_id=case.id,
        data=copy.deepcopy(patch),
    )
    decision = fire(
        OnCase(machine=machine, policy=EVERYTHING, attempt=attempt, at=OPENED, new_salt=new_salt, case=case)
    )
    assert same(case.data, before)
    try:
        expected = modelled(form, before, patch)
    except No:
        assert not isinstance(decision, Outcome)
        return
    assert isinstance(decision, Outcome), decision.error.errors
    assert same(decision.case.data, expected)
    entry = decision.entry.draft
    changed = {f"/data/{name}" for name in expected if name not in before or not same(before[name], expected[name])}
    assert entry.fields.keys() == changed
    assert entry.body.get("removed", []) == sorted(f"/data/{name}" for name in before if name not in expected)
    assert same(data_after(before, entry.body, entry.fields), expected)
