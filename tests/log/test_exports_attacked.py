"""Whatever is done to an export is found, and where: each attack at random places of a real one.

`make fuzz` tries 100 places of each. The attacker may change all that nobody signed, and never has the key.
"""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.log.notes import SigningKey
from app.verify.verify import Verdict
from tests.exporting import KEY, ORIGIN, TakenApart, checkpoint, exported, verdict_of
from tests.factories import TENANT
from tests.lengths import length

PLACES = length(3, 100)
OTHER = "globex"


@dataclass
class Attack:
    """What is true, and what somebody makes of it; checkpoints of a quarter, the half and all of it stand."""

    random: Random
    export: TakenApart
    other: TakenApart
    outside: list[tuple[str, str]] = field(default_factory=list)

    @property
    def at(self) -> int:
        return self.random.randrange(len(self.export.entries))

    def of_a_case(self, least: int = 1) -> list[int]:
        """The entries of some case that has so many."""
        while True:
            case_id = self.export.entry(self.at).get("case_id")
            found = (
                [at for at in self.export.of_case(case_id) if "case_seq" in self.export.entry(at)] if case_id else []
            )
            if len(found) >= least:
                return found


@dataclass(frozen=True)
class Wrong:
    """What has to be told: one of these classes, at a place that holds one of these leaves, or in this file."""

    classes: tuple[str, ...]
    leaves: tuple[int, ...] = ()
    file: str | None = None
    path: str | None = None
    all_of_them: bool = False

    def told_by(self, verdict: Verdict) -> bool:
        mine = [one for one in verdict.findings if one["class"] in self.classes]
        if self.file or self.path:
            mine = [
                one for one in mine if self.file in (None, one.get("file")) and self.path in (None, one.get("path"))
            ]
        covered = [any(_covers(one, leaf) for one in mine) for leaf in self.leaves]
        return bool(mine) and (not covered or (all(covered) if self.all_of_them else any(covered)))


def _covers(found: dict[str, Any], leaf: int) -> bool:
    first = found.get("leaf_index", -1)
    return bool(first <= leaf <= found.get("last_leaf_index", first))


def edit_a_field(attack: Attack) -> Wrong:
    at = attack.at
    entry = attack.export.entry(at)
    entry["actor"] = entry["actor"] | {"reference": "user:mallory"}
    attack.export.say(at, entry)
    return Wrong(("ALTERED",), (at,))


def edit_a_field_and_the_hashes(attack: Attack) -> Wrong:
    """The next entry of the case tells, where there is one; else the checkpoint."""
    wrong = edit_a_field(attack)
    attack.export.hash_anew()
    return wrong


def edit_and_chain_again(attack: Attack) -> Wrong:
    entries = attack.of_a_case(2)
    at = attack.random.choice(entries[:-1])
    attack.export.say(at, attack.export.entry(at) | {"event": "waive"})
    attack.export.rechain(attack.export.entry(at)["case_id"])
    attack.export.hash_anew()
    return Wrong(("ALTERED",), (at,))


def delete_an_entry(attack: Attack) -> Wrong:
    at = attack.at
    del attack.export.entries[at]
    return Wrong(("MISSING",), (at,))


def delete_an_entry_and_number_anew(attack: Attack) -> Wrong:
    at = attack.at
    del attack.export.entries[at]
    attack.export.renumber()
    return Wrong(("MISSING",), (at,))


def delete_an_entry_and_all_its_traces(attack: Attack) -> Wrong:
    """Its case is chained again, the hashes are made anew: the first checkpoint that held it tells."""
    at = attack.at
    case_id = attack.export.entry(at).get("case_id")
    del attack.export.entries[at]
    if case_id:
        attack.export.rechain(case_id)
    attack.export.hash_anew()
    return Wrong(("ALTERED", "MISSING"), (at,))


def delete_a_case(attack: Attack) -> Wrong:
    case_id = attack.export.entry(attack.of_a_case()[0])["case_id"]
    gone = attack.export.of_case(case_id)
    attack.export.entries = [line for at, line in enumerate(attack.export.entries) if at not in gone]
    return Wrong(("MISSING",), tuple(gone), all_of_them=True)


def insert_an_entry(attack: Attack) -> Wrong:
    at = attack.at
    forged = attack.export.entry(at) | {"entry_id": "0" * 36, "kind": "comment"}
    line = {"leaf_index": at, "entry": json.dumps(forged)}
    attack.export.entries.insert(at, line)
    return Wrong(("EXTRA",), (at,))


def say_an_entry_twice(attack: Attack) -> Wrong:
    at, to = attack.at, attack.at
    attack.export.entries.insert(to, deepcopy(attack.export.entries[at]))
    return Wrong(("EXTRA", "REORDERED"), (at,))


def reorder_within_a_case(attack: Attack) -> Wrong:
    entries = attack.of_a_case(2)
    first = attack.random.randrange(len(entries) - 1)
    return _swap(attack, entries[first], entries[first + 1])


def reorder_across_cases(attack: Attack) -> Wrong:
    first, second = sorted(attack.random.sample(range(len(attack.export.entries)), 2))
    return _swap(attack, first, second)


def _swap(attack: Attack, first: int, second: int) -> Wrong:
    lines = attack.export.entries
    lines[first]["entry"], lines[second]["entry"] = lines[second]["entry"], lines[first]["entry"]
    return Wrong(("REORDERED",), (first, second))


def truncate_the_tail(attack: Attack) -> Wrong:
    size = attack.random.randrange(1, len(attack.export.entries))
    attack.export.entries = attack.export.entries[:size]
    attack.export.hash_anew()
    return Wrong(("MISSING",), (size,))


def roll_back(attack: Attack) -> Wrong:
    """All that is enclosed is as it was; the checkpoint that the auditor kept is of a longer log."""
    held = attack.export.hashes()
    size = attack.random.randrange(1, len(held))
    attack.outside.append(("kept.txt", checkpoint(held)))
    attack.export.entries = attack.export.entries[:size]
    attack.export.hash_anew()
    for name in [name for name in attack.export.files if name.startswith("checkpoints/")]:
        del attack.export.files[name]
    attack.export.sign(size)
    return Wrong(("ROLLED_BACK",), (size,))


def roll_back_and_go_on(attack: Attack) -> Wrong:
    """As long as before, signed by the true key, and another log from some place on."""
    held = attack.export.hashes()
    at = attack.random.randrange(1, len(held))
    attack.outside.append(("kept.txt", checkpoint(held)))
    attack.export.say(at, attack.export.entry(at) | {"request_id": "another"})
    case_id = attack.export.entry(at).get("case_id")
    if case_id:
        attack.export.rechain(case_id)
    attack.export.hash_anew()
    for name in [name for name in attack.export.files if name.startswith("checkpoints/")]:
        del attack.export.files[name]
    attack.export.sign(len(held))
    return Wrong(("ROLLED_BACK",), (at,))


def swap_two_tenants(attack: Attack) -> Wrong:
    at = attack.random.randrange(min(len(attack.export.entries), len(attack.other.entries)))
    attack.export.entries[at]["entry"] = attack.other.entries[at]["entry"]
    return Wrong(("ALTERED",), (at,))


def give_the_log_of_another_tenant(attack: Attack) -> Wrong:
    attack.export.entries, attack.export.values = attack.other.entries, attack.other.values
    attack.export.hash_anew()
    return Wrong(("EXTRA",), (attack.random.randrange(len(attack.other.entries)),))


def change_a_definition(attack: Attack) -> Wrong:
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("definitions/")))
    content = bytearray(attack.export.files[name])
    content[attack.random.randrange(len(content))] ^= 1
    attack.export.files[name] = bytes(content)
    return Wrong(("ALTERED",), file=name)


def take_a_definition(attack: Attack) -> Wrong:
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("definitions/")))
    del attack.export.files[name]
    return Wrong(("MISSING",), file=name)


def change_a_policy(attack: Attack) -> Wrong:
    """A line that never was, for whoever asks later what was allowed."""
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("policies/")))
    policy = json.loads(attack.export.files[name])
    act = attack.random.choice(sorted(policy["blocks"]))
    policy["blocks"][act].append("p, role:mallory, *, *, approve, , allow")
    attack.export.files[name] = json.dumps(policy).encode()
    return Wrong(("ALTERED",), file=name)


def take_a_policy(attack: Attack) -> Wrong:
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("policies/")))
    del attack.export.files[name]
    return Wrong(("MISSING",), file=name)


def change_a_value(attack: Attack) -> Wrong:
    line = attack.random.choice(attack.export.values)
    path = attack.random.choice(sorted(line["values"]))
    line["values"][path][1] = '"another"'
    return Wrong(("ALTERED",), (line["leaf_index"],), path=path)


def change_a_salt(attack: Attack) -> Wrong:
    line = attack.random.choice(attack.export.values)
    path = attack.random.choice(sorted(line["values"]))
    salt = line["values"][path][0]
    line["values"][path][0] = ("1" if salt[0] == "0" else "0") + salt[1:]
    return Wrong(("ALTERED",), (line["leaf_index"],), path=path)


def add_a_value(attack: Attack) -> Wrong:
    line = attack.random.choice(attack.export.values)
    line["values"]["/data/forged"] = ["00" * 32, "true"]
    return Wrong(("EXTRA",), (line["leaf_index"],), path="/data/forged")


def change_a_hash(attack: Attack) -> Wrong:
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("tiles/")))
    at = attack.random.randrange(len(attack.export.files[name]))
    content = bytearray(attack.export.files[name])
    content[at] ^= 1
    attack.export.files[name] = bytes(content)
    return Wrong(("ALTERED",), (at // 32,))


def take_the_hashes(attack: Attack) -> Wrong:
    name = attack.random.choice(sorted(name for name in attack.export.files if name.startswith("tiles/")))
    del attack.export.files[name]
    return Wrong(("MISSING",), file=name)


def sign_with_another_key(attack: Attack) -> Wrong:
    """An attacker who changes all, and signs it by a key of their own under the same name."""
    edit_and_chain_again(attack)
    mine = SigningKey.new("stateward.test")
    for name in [name for name in attack.export.files if name.startswith("checkpoints/")]:
        del attack.export.files[name]
    attack.export.sign(len(attack.export.entries), key=mine, says=mine)
    return Wrong(("UNKNOWN_KEY",), file=f"checkpoints/{len(attack.export.entries)}.txt")


def change_a_checkpoint(attack: Attack) -> Wrong:
    edit_and_chain_again(attack)
    size = len(attack.export.entries)
    name = f"checkpoints/{size}.txt"
    true = attack.export.files[name].decode()
    forged = checkpoint(attack.export.hashes(), SigningKey.new("mallory"))
    attack.export.files[name] = (forged.split("\n\n")[0] + "\n\n" + true.split("\n\n")[1]).encode()
    return Wrong(("ALTERED",), file=name)


def change_the_totals(attack: Attack) -> Wrong:
    totals = attack.export.manifest["totals"]
    name = attack.random.choice(("opened", "closed", "open_at_end"))
    attack.export.tell(totals=totals | {name: totals[name] + 1})
    return Wrong(("ALTERED",), file="manifest.json")


def count_less(attack: Attack) -> Wrong:
    attack.export.tell(entries=len(attack.export.entries) - 1)
    return Wrong(("EXTRA",), file="entries.ndjson")


ATTACKS: list[Callable[[Attack], Wrong]] = [
    edit_a_field,
    edit_a_field_and_the_hashes,
    edit_and_chain_again,
    delete_an_entry,
    delete_an_entry_and_number_anew,
    delete_an_entry_and_all_its_traces,
    delete_a_case,
    insert_an_entry,
    say_an_entry_twice,
    reorder_within_a_case,
    reorder_across_cases,
    truncate_the_tail,
    roll_back,
    roll_back_and_go_on,
    swap_two_tenants,
    give_the_log_of_another_tenant,
    change_a_definition,
    take_a_definition,
    change_a_policy,
    take_a_policy,
    change_a_value,
    change_a_salt,
    add_a_value,
    change_a_hash,
    take_the_hashes,
    sign_with_another_key,
    change_a_checkpoint,
    change_the_totals,
    count_less,
]


@pytest.fixture(scope="module")
def logs(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TakenApart, TakenApart]:
    """Of two tenants that did the same, and the first one's checkpoints."""
    found = exported(sqlite_lived_in, tmp_path_factory.mktemp("exports"), (TENANT, OTHER), cases=9)
    mine, other = map(TakenApart.of, found)
    size = len(mine.entries)
    return mine.sign(size // 4, size // 2, size), other


def _sizes(export: TakenApart) -> Iterable[str]:
    return sorted(name for name in export.files if name.startswith("checkpoints/"))


def test_a_clean_export_is_ok(logs: tuple[TakenApart, TakenApart], tmp_path: Path) -> None:
    verdict = verdict_of(logs[0].write(tmp_path / "export.zip"))
    assert (verdict.verdict, verdict.findings, verdict.notes, verdict.exit_code) == ("OK", [], [], 0)
    assert verdict.bound == verdict.told["entries"] == len(logs[0].entries)
    assert (verdict.told["withheld"], len(verdict.checkpoints)) == (0, 3)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_found_and_where(
    attack: Callable[[Attack], Wrong], logs: tuple[TakenApart, TakenApart], tmp_path: Path
) -> None:
    for seed in range(PLACES):
        mine, other = deepcopy(logs)
        made = Attack(Random(f"{attack.__name__} {seed}"), mine, other)
        wrong = attack(made)
        verdict = verdict_of(mine.write(tmp_path / "export.zip"), outside=made.outside)
        assert wrong.told_by(verdict), (seed, wrong, verdict.findings)
        assert verdict.exit_code == 1


def edit(attack: Attack, story: list[int]) -> tuple[str, int]:
    attack.export.say(story[1], attack.export.entry(story[1]) | {"request_id": "another"})
    return "ALTERED", story[1]


def take_one(attack: Attack, story: list[int]) -> tuple[str, int]:
    del attack.export.entries[story[1]]
    return "MISSING", story[2] - 1


def swap(attack: Attack, story: list[int]) -> tuple[str, int]:
    _swap(attack, story[1], story[2])
    return "REORDERED", story[2]


def begin_elsewhere(attack: Attack, story: list[int]) -> tuple[str, int]:
    attack.export.say(story[0], attack.export.entry(story[0]) | {"prev": "0" * 64})
    attack.export.rechain(attack.export.entry(story[0])["case_id"])
    return "ALTERED", story[0]


@pytest.mark.parametrize("forge", [edit, take_one, swap, begin_elsewhere], ids=lambda forge: forge.__name__)
def test_without_any_checkpoint_the_chain_of_the_case_names_it(
    forge: Callable[[Attack, list[int]], tuple[str, int]], logs: tuple[TakenApart, TakenApart], tmp_path: Path
) -> None:
    """All that is hashed over all entries was made anew."""
    mine, other = deepcopy(logs)
    for name in _sizes(mine):
        del mine.files[name]
    attack = Attack(Random(forge.__name__), mine, other)
    kind, leaf = forge(attack, attack.of_a_case(3))
    mine.hash_anew()
    found = [(one["class"], one.get("leaf_index")) for one in verdict_of(mine.write(tmp_path / "export.zip")).findings]
    assert (kind, leaf) in found


def test_what_was_done_to_one_entry_is_told_once_or_twice_and_of_no_other(
    logs: tuple[TakenApart, TakenApart], tmp_path: Path
) -> None:
    for attack in (edit_a_field, delete_an_entry, delete_an_entry_and_number_anew, insert_an_entry, change_a_value):
        mine, other = deepcopy(logs)
        made = Attack(Random(attack.__name__), mine, other)
        attack(made)
        verdict = verdict_of(mine.write(tmp_path / "export.zip"))
        assert 1 <= len(verdict.findings) <= 4, (attack.__name__, verdict.findings)


def test_a_checkpoint_that_was_kept_elsewhere_is_held_against_the_export(
    logs: tuple[TakenApart, TakenApart], tmp_path: Path
) -> None:
    mine = deepcopy(logs[0])
    for name in _sizes(mine):
        del mine.files[name]
    kept = [("kept.txt", checkpoint(mine.hashes()))]
    assert verdict_of(mine.write(tmp_path / "export.zip"), outside=kept).exit_code == 0


def test_a_receipt_is_looked_for(logs: tuple[TakenApart, TakenApart], tmp_path: Path) -> None:
    path = logs[0].write(tmp_path / "export.zip")
    there = logs[0].hashes()[5].hex()
    assert verdict_of(path, receipts=[there]).exit_code == 0
    verdict = verdict_of(path, receipts=[there, "ab" * 32])
    assert [(one["class"], "ab" * 32 in one["says"]) for one in verdict.findings] == [("MISSING", True)]


@pytest.mark.parametrize("left", ["no checkpoint", "an old checkpoint", "no key"])
def test_what_no_trusted_key_signed_is_never_simply_ok(
    left: str, logs: tuple[TakenApart, TakenApart], tmp_path: Path
) -> None:
    mine = deepcopy(logs[0])
    names = list(_sizes(mine))
    if left == "no checkpoint":
        for name in names:
            del mine.files[name]
    if left == "an old checkpoint":
        del mine.files[f"checkpoints/{len(mine.entries)}.txt"]
    verdict = verdict_of(mine.write(tmp_path / "export.zip"), key=None if left == "no key" else KEY)
    assert (verdict.findings, verdict.exit_code) == ([], 3)
    assert mine.manifest["origin"] == ORIGIN
