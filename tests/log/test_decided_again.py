"""What an export tells is decided again, offline: each opening and transition, and what cannot be is counted."""

from copy import deepcopy
from pathlib import Path

import pytest

from app.commands.deciding_again import deciding
from app.domain.deciding.decided_again import NO_BEGINNING, NO_DEFINITION, NO_VALUES
from app.services.log.export_filter import ExportFilter
from app.verify import verify
from tests.exporting import TakenApart, export, exported, live
from tests.factories import TENANT


def decided(path: Path) -> verify.Verdict:
    run = verify.Verification(verify.Archive(str(path)), None, [], [])
    run.begun = deciding
    return run.run()


@pytest.fixture(scope="module")
def log(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> TakenApart:
    [path] = exported(sqlite_lived_in, tmp_path_factory.mktemp("exports"), [TENANT], cases=6)
    return TakenApart.of(path)


def moves(apart: TakenApart, *kinds: str) -> list[int]:
    kinds = kinds or ("opened", "transition")
    return [at for at in range(len(apart.entries)) if apart.entry(at)["kind"] in kinds]


def test_all_that_happened_is_decided_again(log: TakenApart, tmp_path: Path) -> None:
    verdict = decided(log.write(tmp_path / "export.zip"))
    assert verdict.findings == []
    assert verdict.told["decided"]["again"] == len(moves(log)) > 15
    assert verdict.told["decided"]["not_again"] == {}
    conditional = [at for at in moves(log, "opened") if log.entry(at)["event"] == "submit"]
    assert verdict.told["decided"]["permitted"] == len(moves(log)) - len(conditional)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": "paid"}, "leads to"),
        ({"event": "pay"}, "nothing takes pay"),
        ({"source": "paid"}, "the case was"),
    ],
)
def test_what_does_not_follow_is_named(changed: dict[str, str], says: str, log: TakenApart, tmp_path: Path) -> None:
    """Whoever forged it made all hashes anew, and nobody signed: only the definition speaks against it."""
    apart = deepcopy(log)
    at = next(at for at in moves(apart, "transition") if apart.entry(at)["event"] == "triage")
    entry = apart.entry(at) | changed
    apart.say(at, entry)
    apart.rechain(entry["case_id"])
    apart.hash_anew()
    verdict = decided(apart.write(tmp_path / "forged.zip"))
    [found] = [one for one in verdict.findings if one["class"] == "DECIDED_OTHERWISE" and one["leaf_index"] == at]
    assert says in found["says"]
    assert found["entry_id"] == entry["entry_id"]


def test_a_guard_that_did_not_hold_is_named(log: TakenApart, tmp_path: Path) -> None:
    """Whoever submitted approves: four eyes says no."""
    apart = deepcopy(log)
    at = next(at for at in moves(apart, "transition") if apart.entry(at)["event"] == "approve")
    entry = apart.entry(at)
    entry["actor"] = entry["actor"] | {"reference": "user:alice"}
    apart.say(at, entry)
    apart.rechain(entry["case_id"])
    apart.hash_anew()
    verdict = decided(apart.write(tmp_path / "forged.zip"))
    first = next(one for one in verdict.findings if one["class"] == "DECIDED_OTHERWISE")
    assert (first["leaf_index"], "no guard" in first["says"]) == (at, True)


def test_what_the_policy_of_then_did_not_allow_is_named(log: TakenApart, tmp_path: Path) -> None:
    apart = deepcopy(log)
    at = next(at for at in moves(apart, "transition") if apart.entry(at)["event"] == "triage")
    entry = apart.entry(at)
    entry["actor"] = entry["actor"] | {"roles": ["role:visitor"]}
    apart.say(at, entry)
    apart.rechain(entry["case_id"])
    apart.hash_anew()
    verdict = decided(apart.write(tmp_path / "forged.zip"))
    first = next(one for one in verdict.findings if one["class"] == "DECIDED_OTHERWISE")
    assert (first["leaf_index"], "policy of then" in first["says"]) == (at, True)


def test_what_cannot_be_permitted_again_for_lack_of_a_policy_is_counted(log: TakenApart, tmp_path: Path) -> None:
    apart = deepcopy(log)
    for name in [name for name in apart.files if name.startswith("policies/")]:
        del apart.files[name]
        apart.tell(policies_not_enclosed=[*apart.manifest["policies_not_enclosed"], name[9:-5]])
    verdict = decided(apart.write(tmp_path / "without.zip"))
    assert (verdict.findings, verdict.told["decided"]["permitted"]) == ([], 0)
    assert verdict.told["decided"]["permissions_not_again"] == len(moves(log))
    assert verdict.told["policies_not_enclosed"] == 2


def test_what_cannot_be_decided_for_lack_of_values_is_counted(log: TakenApart, tmp_path: Path) -> None:
    apart = deepcopy(log)
    apart.values = []
    verdict = decided(apart.write(tmp_path / "withheld.zip"))
    told = verdict.told["decided"]
    assert told["again"] + told["not_again"][NO_VALUES] == len(moves(log))
    assert told["again"] > 0
    assert not verdict.counts["DECIDED_OTHERWISE"]


def test_what_cannot_be_decided_for_lack_of_a_definition_is_counted(log: TakenApart, tmp_path: Path) -> None:
    apart = deepcopy(log)
    apart.files = {name: content for name, content in apart.files.items() if not name.startswith("definitions/")}
    verdict = decided(apart.write(tmp_path / "undefined.zip"))
    assert verdict.told["decided"]["again"] == 0
    assert verdict.told["decided"]["not_again"][NO_DEFINITION] == len(moves(log, "opened"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what is filtered is the same
async def test_of_a_filtered_export_what_has_no_beginning_is_counted(house, tmp_path):
    await live(house, 3)
    wanted = ExportFilter(kinds=frozenset({"transition"}))
    verdict = decided(await export(house.store, tmp_path / "export.zip", wanted))
    assert verdict.told["decided"]["again"] == 0
    assert verdict.told["decided"]["not_again"] == {NO_BEGINNING: verdict.told["entries"]}
