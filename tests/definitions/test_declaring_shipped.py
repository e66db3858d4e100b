"""What ships in machines/ has no fault, and editors check it by a schema that is current."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from app.domain.declaring.checks.case_type import check_case_type
from app.domain.declaring.checks.load_calendar import load_calendar
from app.domain.declaring.reading.load import load_case_type, load_stored
from app.domain.declaring.reading.schema_of_schemas import NAME, WORDS
from app.domain.declaring.reading.yaml_schema import SCHEMAS, calendar_schema, case_type_schema, schema_text
from app.domain.declaring.reading.yaml_source import decode, parse
from app.domain.schemas.validator import DRAFT
from app.main import main

ROOT = Path(__file__).resolve().parents[2]
MACHINES = sorted((ROOT / "machines").glob("*.yaml"))
CALENDARS = frozenset(path.stem for path in (ROOT / "machines" / "calendars").glob("*.yaml"))
OF_CALENDARS = sorted((ROOT / "machines" / "calendars").glob("*.yaml"))
SHIPPED = {name: ROOT / "app" / "domain" / "definition" / f"{name}.schema.json" for name in SCHEMAS}

shipped = pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
calendars = pytest.mark.parametrize("path", OF_CALENDARS, ids=lambda path: path.stem)
editor = jsonschema_rs.Draft202012Validator(case_type_schema(), offline=True)
editor_of_schemas = jsonschema_rs.Draft202012Validator(
    {"$ref": f"#/$defs/{NAME}", "$defs": case_type_schema()["$defs"]}, offline=True
)
rules_of_schemas = jsonschema_rs.Draft202012Validator({"$ref": DRAFT}, offline=True)
editor_of_calendars = jsonschema_rs.Draft202012Validator(calendar_schema(), offline=True)


def text_of(path: Path) -> str:
    return decode(path.read_bytes(), path.name)


def test_three_case_types_ship():
    assert {path.stem for path in MACHINES} >= {"expense_claim", "incident", "permit"}


@shipped
def test_a_shipped_case_type_has_no_fault_and_no_warning(path):
    """They may take fields that nothing declares, which is a note."""
    loaded = load_case_type(text_of(path), str(path))
    faults = check_case_type(loaded, calendars=CALENDARS)
    assert [str(fault) for fault in faults if fault.severity != "note"] == []
    assert loaded.case_type is not None
    assert load_stored(loaded.case_type.canonical()).hash() == loaded.case_type.hash()


@pytest.mark.parametrize("path", [*MACHINES, *OF_CALENDARS], ids=lambda path: path.stem)
def test_a_shipped_file_tells_editors_where_its_schema_is(path):
    prefix, _, written = text_of(path).partition("\n")[0].partition("=")
    assert prefix == "# yaml-language-server: $schema"
    assert (path.parent / written).resolve() == SHIPPED["calendar" if path in OF_CALENDARS else "case_type"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_shipped_schema_is_current(name):
    assert SHIPPED[name].read_text() == schema_text(name), (
        f"run: python -m app.domain.declaring.reading.yaml_schema {name} > app/domain/definition/{name}.schema.json"
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_the_schema_whatever_is_set(name, capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_PORT", "none")
    assert main(["schema", *([name] if name != "case_type" else [])]) == 0
    assert capsys.readouterr().out == SHIPPED[name].read_text()


def references(schema):
    """Every word of a schema that a language server may follow, with what it names."""
    if isinstance(schema, dict):
        for word, value in schema.items():
            if word in {"$schema", "$id", "id", "$ref", "$dynamicRef", "$recursiveRef"} and isinstance(value, str):
                yield word, value
            yield from references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from references(item)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refers_to_nothing_that_an_editor_without_internet_lacks(name):
    schema = SCHEMAS[name]()
    assert "://" not in schema_text(name)
    assert {word for word, _ in references(schema)} <= {"$ref"}
    assert {named.removeprefix("#/$defs/") for _, named in references(schema)} <= set(schema["$defs"])


KNOWN = [*(word for word in WORDS if not word.startswith("x-")), "$anything"]
NESTED = ({}, {"a": 1}, {"a": True}, {"a": {}}, {"a": {"type": 1}}, {"a": ["b"]}, {"a": "b"})
LISTED = ([], ["a"], ["a", "a"], ["object"], [1], [True], [{}], [{"type": "text"}])
OF_MONEY = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"a": {"type": "integer", "x-money": "EUR", "title": {"en": "Amount", "de": "Betrag"}}},
}
WRITTEN = (None, True, 0, 1, -1, 1.5, "", "a", "#", "#/$defs/a", "[", "9a", "object", *LISTED, *NESTED)


@pytest.mark.parametrize("word", KNOWN)
def test_editors_know_a_schema_in_a_case_type_as_its_own_rules_do(word):
    for value in WRITTEN:
        if word in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
            continue  # which `check` refuses, and the rules for schemas do not
        for schema in ({word: value}, {"items": {word: value}}, {"properties": {"a": {"not": {word: value}}}}):
            told = {"type": "object", **schema} if word != "type" else schema
            assert editor_of_schemas.is_valid(told) is rules_of_schemas.is_valid(told), told


@shipped
def test_editors_find_nothing_wrong_with_a_shipped_case_type(path):
    assert [error.message for error in editor.iter_errors(parse(text_of(path), path.name).value)] == []


@pytest.mark.parametrize(
    ("keys", "right"),
    [
        ({}, True),
        ({"initial": "a"}, False),
        ({"events": {"go": {"from": "a", "to": "a"}}}, True),
        ({"events": {"go": {"transitions": [{"from": ["a"], "to": "="}]}}}, True),
        ({"events": {"go": {"from": "a", "to": "a", "transitions": [{"from": "a", "to": "a"}]}}}, False),
        ({"events": {"go": {"form": "a", "to": "a"}}}, False),
        ({"events": {"go": {"from": "a"}}}, False),
        ({"events": {"Go": {"from": "a", "to": "a"}}}, False),
        ({"data": {"type": "objekt"}}, False),
        ({"title": {"en": "Claim", "de": "Antrag"}}, True),
        ({"title": {"fr": "Demande"}}, False),
        ({"views": {"list": ["reference", "due"]}}, True),
        ({"views": {"list": ["referense"]}}, False),
        ({"data": OF_MONEY, "views": {"groups": [{"title": {"de": "Geld"}, "fields": ["data.a"]}]}}, True),
        ({"views": {"groups": [{"title": "Money", "fields": ["a"]}]}}, False),
        ({"data": OF_MONEY}, True),
        ({"data": {"type": "object", "properties": {"a": {"type": "integer", "x-money": "euro"}}}}, False),
        ({"data": {"type": "object", "title": {"en": "Data"}, "additionalProperties": False}}, True),
        ({"data": {"type": "object", "title": {"it": "Dati"}}}, False),
        ({"states": {"a": {"title": None}}}, False),
    ],
)
def test_editors_and_the_loader_agree(keys, right):
    value = {"case_type": "claim", "opening": {"open": "a"}, "states": {"a": {}}} | keys
    loaded = load_case_type(json.dumps(value), "claim.yaml")
    faults = check_case_type(loaded, calendars=CALENDARS)
    assert editor.is_valid(value) is right
    assert all(fault.severity == "warning" for fault in faults) is right


@calendars
def test_a_shipped_calendar_has_no_fault_and_no_warning(path):
    assert load_calendar(text_of(path), str(path)).faults == ()
    assert [error.message for error in editor_of_calendars.iter_errors(parse(text_of(path), path.name).value)] == []


@pytest.mark.parametrize(
    ("keys", "right"),
    [
        ({}, True),
        ({"title": "Office", "closed": ["2026-12-24"], "override": {"2026-12-31": ["09:00-12:00"]}}, True),
        ({"holidays": {"country": "DE", "subdivision": "BY"}, "applies_from": "2027-01-01"}, True),
        ({"holidays": {"subdivision": "BY"}}, False),
        ({"holidays": {"country": None}}, False),
        ({"zone": 1}, False),
        ({"hours": []}, False),
        ({"weekly": {"monday": ["09:00-17:00"]}}, False),
        ({"weekly": {"mon": "09:00-17:00"}}, False),
        ({"weekly": {"mon": ["9-17"]}}, False),
        ({"closed": ["24.12.2026"]}, False),
        ({"override": {"24.12.2026": []}}, False),
    ],
)
def test_editors_and_the_loader_agree_on_calendars(keys, right):
    value = {"zone": "Europe/Berlin", "weekly": {"mon": ["09:00-17:00"]}} | keys
    assert editor_of_calendars.is_valid(value) is right
    assert (load_calendar(json.dumps(value), "office.yaml").calendar is not None) is right


def test_a_calendar_ships_that_the_clocks_name():
    assert "office_de" in CALENDARS
