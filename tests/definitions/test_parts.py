"""Case types share parts: what such a file says stands in each of them, and faults name the file that they are in."""

from pathlib import Path

import pytest

from app.commands.opening.declared import Declared, read_folders
from app.domain.declaring.reading.load import load_case_type
from app.domain.declaring.reading.parts import load_part
from app.domain.declaring.reading.yaml_source import LARGEST_BYTES

PARTY = """
data:
  required: [party]
  properties:
    party: {$ref: "#/$defs/address", title: Party}
    notes: {type: string}
  $defs:
    address: {type: object, additionalProperties: false, properties: {town: {type: string}}}
states:
  withdrawn: {final: true}
events:
  withdraw: {from: "*", to: withdrawn, when: "has(data.party)"}
  note: {from: "*", to: "=", payload: {type: object, properties: {t: {type: string}}}, set: {data.notes: payload.t}}
slas:
  answer: {start: {enters: open}, stop: {enters: [done, withdrawn]}, target: 8h}
"""
CLAIM = """
case_type: claim
include: [party]
initial: open
data: {type: object, additionalProperties: false, required: [amount], properties: {amount: {type: integer}}}
states: {open: {}, done: {final: true}}
events: {finish: {from: open, to: done, when: "data.amount > 0"}}
"""
POLICY = "p, role:a, *, claim, *, , allow\np, role:a, *, claim, case:read, , allow\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("machines/parts", "policies"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "policies" / "claim.csv").write_text(POLICY)
    return tmp_path


def read(folder: Path, claim: str = CLAIM, **parts: str) -> Declared:
    (folder / "machines" / "claim.yaml").write_text(claim)
    for name, text in parts.items():
        (folder / "machines" / "parts" / f"{name}.yaml").write_text(text)
    return read_folders(folder / "machines", folder / "policies")


def told(found: Declared) -> list[str]:
    return [f"{Path(one.file).name}:{one.line} {one.severity}: {one.message}; {one.remedy}" for one in found.faults]


def test_a_case_type_is_what_it_says_and_what_it_includes(folder: Path) -> None:
    found = read(folder, party=PARTY)
    assert told(found) == []
    claim = found.case_types["claim"]
    assert list(claim.states) == ["open", "done", "withdrawn"]
    assert list(claim.events) == ["finish", "withdraw", "note"]
    assert list(claim.slas) == ["answer"]
    assert claim.data["required"] == ["amount", "party"]
    assert list(claim.data["properties"]) == ["amount", "party", "notes"]


def test_it_is_kept_and_hashed_as_if_it_stood_in_one_file() -> None:
    short = load_case_type(CLAIM, "claim.yaml", {"party": load_part(PARTY, "parts/party.yaml")}).case_type
    whole = """
case_type: claim
initial: open
data:
  type: object
  additionalProperties: false
  required: [amount, party]
  properties:
    amount: {type: integer}
    party: {$ref: "#/$defs/address", title: Party}
    notes: {type: string}
  $defs:
    address: {type: object, additionalProperties: false, properties: {town: {type: string}}}
states: {open: {}, done: {final: true}, withdrawn: {final: true}}
events:
  finish: {from: open, to: done, when: "data.amount > 0"}
  withdraw: {from: "*", to: withdrawn, when: "has(data.party)"}
  note: {from: "*", to: "=", payload: {type: object, properties: {t: {type: string}}}, set: {data.notes: payload.t}}
slas:
  answer: {start: {enters: open}, stop: {enters: [done, withdrawn]}, target: 8h}
"""
    other = load_case_type(whole, "claim.yaml").case_type
    assert short is not None
    assert other is not None
    assert short.hash() == other.hash()


@pytest.mark.parametrize(
    ("party", "fault"),
    [
        (
            PARTY.replace("to: withdrawn,", "to: withdrwan,"),
            "party.yaml:12 error: unknown state `withdrwan`",
        ),
        (PARTY.replace("has(data.party)", "has(data.prty)"), "party.yaml:12 error: data.prty is not declared"),
        (PARTY.replace("type: string}\n  $defs", "type: strin}\n  $defs"), "party.yaml:6 error: "),
        (PARTY.replace("enters: open", "enters: opened"), "party.yaml:15 error: unknown state `opened`"),
        (PARTY.replace("final: true", "finl: true"), "party.yaml:10 error: unknown key `finl` in a state"),
        (PARTY + "  answer: {}\n", "party.yaml:16 error: `answer` stands here twice (first on line 15)"),
        (PARTY.replace("withdrawn: {final", "done: {final"), "party.yaml:10 error: `done` stands in"),
        (
            PARTY + "views: {}\n",
            "party.yaml:16 error: unknown key `views` in a part",
        ),
        (
            PARTY.replace("required: [party]", "type: object"),
            "party.yaml:3 error: unknown key `type` in `data`",
        ),
        (PARTY.replace("required: [party]", "required: party"), "party.yaml:3 error: `required` takes a list of names"),
        ("[]", "party.yaml:1 error: the file holds no mapping; begin with `data:`, `states:`, `events:` or `slas:`"),
        ("a: [", "party.yaml:1 error: this is not YAML"),
    ],
)
def test_what_is_wrong_in_a_part_is_told_with_its_file_and_line(folder: Path, party: str, fault: str) -> None:
    assert [one for one in told(read(folder, party=party)) if one.startswith(fault)]


@pytest.mark.parametrize(
    ("include", "fault"),
    [
        ("[prty]", "claim.yaml:3 error: there is no parts/prty.yaml; did you mean `party`?"),
        ("[party, party]", "claim.yaml:3 error: `party` stands here twice; keep one"),
        ("party", "claim.yaml:3 error: `include` takes a list of names of parts; write `include: [party]`"),
        ("[[party]]", "claim.yaml:3 error: `include` takes a list of names of parts"),
        ("[other]", "claim.yaml:3 error: `other` cannot be included; correct parts/other.yaml first"),
    ],
)
def test_what_cannot_be_included_is_told(folder: Path, include: str, fault: str) -> None:
    found = told(read(folder, CLAIM.replace("[party]", include), party=PARTY, other="views: {}"))
    assert [one for one in found if one.startswith(fault)]


def test_a_name_that_two_parts_declare_is_told_with_both_places(folder: Path) -> None:
    found = read(folder, CLAIM.replace("[party]", "[party, more]"), party=PARTY, more="states:\n  withdrawn: {}\n")
    [fault] = [one for one in told(found) if "withdrawn" in one and "stands in" in one]
    assert fault.startswith("more.yaml:2 error: `withdrawn` stands in")
    assert "party.yaml too (line 10); keep one of the two" in fault


def test_a_part_that_nobody_includes_is_told(folder: Path) -> None:
    found = told(read(folder, party=PARTY, more="states: {lost: {}}"))
    assert found == ["more.yaml:1 warning: no case type includes it; write `include: [more]`, or remove it"]


def test_all_files_of_a_case_type_together_have_a_largest_size(folder: Path) -> None:
    comment = "# " + "x" * (LARGEST_BYTES - len(PARTY) - 100) + "\n"
    [fault] = told(read(folder, party=comment + PARTY))
    assert fault.startswith("claim.yaml:3 error: the case type is larger than 2 MiB with what it includes")
