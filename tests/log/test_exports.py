"""Exports of a real log, on both databases: what stands in them, and that asking for one is an entry."""

import csv
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.case.sealing import commitment, entry_hash
from app.exports import columns
from app.services.log import exports, portions
from app.services.log.export_filter import ExportFilter
from app.services.policy.past import taken_apart
from tests.exporting import ORIGIN, TakenApart, checkpoint, export, live, root_of, verdict_of
from tests.factories import TENANT
from tests.house import (
    CLERK,
    SUPERVISOR,
    change,
    entries,
    fired,
    let_nobody_read,
    open_claim,
    opened,
    rows,
)
from tests.sequenced import leaves

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"


@pytest.fixture
async def log(house, monkeypatch):
    """A house with a log that is read in several pages and portions."""
    monkeypatch.setattr(exports, "PAGE", 7)
    monkeypatch.setattr(portions, "MOST_ROWS", 9)
    monkeypatch.setattr("app.db.reads.exports.MOST_CHARACTERS", 3_000)
    await live(house, 3)
    return house


def lines(path: Path, name: str) -> list[dict]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(name).splitlines()]


async def test_an_export_holds_the_exact_entries_in_their_order_with_the_salts_that_prove_their_values(
    log, database, tmp_path
):
    path = await export(log.store, tmp_path / "export.zip")
    mine = [leaf for leaf in await leaves(database) if leaf["tenant"] == TENANT]
    assert [(one["leaf_index"], one["entry"]) for one in lines(path, "entries.ndjson")] == [
        (leaf["leaf_index"], leaf["entry"]) for leaf in mine
    ]
    apart = TakenApart.of(path)
    assert apart.manifest["root"] == root_of(apart.hashes()).hex()
    checked = 0
    for line in apart.values:
        fields = apart.entry(line["leaf_index"])["fields"]
        assert fields.keys() == line["values"].keys()
        for name, (salt, value) in line["values"].items():
            assert commitment(name, bytes.fromhex(salt), json.loads(value)) == fields[name]
            checked += 1
    assert apart.manifest["values"] == {"enclosed": checked, "withheld": 0}
    assert checked > 10
    assert verdict_of(apart.sign(len(mine)).write(tmp_path / "signed.zip")).exit_code == 0


async def test_asking_for_an_export_is_an_entry_even_where_nothing_comes_of_it(log, database, tmp_path):
    before = await entries(database, "export")
    wanted = ExportFilter(kinds=frozenset({"denied"}))
    await exports.Exports(log.store).begin(
        exports.Asked(tenant=TENANT, wanted=wanted, format="csv", operator="operator:olga")
    )
    [made] = await entries(database, "export")
    assert before == []
    assert made["actor"]["reference"] == "operator:olga"
    assert (made["act"], made["format"], made["filter"]) == ("case:export", "csv", {"kind": ["denied"]})
    assert "case_seq" not in made
    await log.ledger.sequence()
    path = await export(log.store, tmp_path / "export.zip")
    assert TakenApart.of(path).entry(made["tree_size"])["entry_id"] == made["entry_id"]


async def test_there_is_no_export_of_nothing(house):
    with pytest.raises(exports.EmptyLog):
        await exports.Exports(house.store).begin(
            exports.Asked(tenant="nobody", wanted=ExportFilter(), format="zip", operator="operator:olga")
        )


async def test_a_filtered_export_says_so_and_proves_each_of_its_entries(log, tmp_path):
    whole = TakenApart.of(await export(log.store, tmp_path / "whole.zip"))
    await log.ledger.sequence()
    wanted = ExportFilter(kinds=frozenset({"opened"}), case_types=frozenset({"expense_claim"}))
    apart = TakenApart.of(await export(log.store, tmp_path / "export.zip", wanted))
    size = apart.manifest["tree_size"]
    assert apart.manifest["says"] == f"FILTERED {len(apart.entries)} of {size}"
    assert {apart.entry(at)["kind"] for at in range(len(apart.entries))} == {"opened"}
    assert 0 < len(apart.entries) < size
    later = TakenApart.of(await export(log.store, tmp_path / "later.zip")).hashes()[:size]
    assert later[: len(whole.entries)] == whole.hashes()
    apart.tell(origin=ORIGIN)
    apart.files[f"checkpoints/{size}.txt"] = checkpoint(later).encode()
    assert verdict_of(apart.write(tmp_path / "signed.zip")).exit_code == 0
    apart.say(1, apart.entry(1) | {"event": "waive"})
    verdict = verdict_of(apart.write(tmp_path / "altered.zip"))
    assert [(one["class"], one["line"]) for one in verdict.findings] == [("ALTERED", 2)]
    del apart.entries[1]
    assert verdict_of(apart.write(tmp_path / "lacking.zip")).counts["MISSING"] == 1


FILTERS = [
    (ExportFilter(actors=frozenset({"user:susan"})), lambda entry: entry["actor"]["reference"] == "user:susan"),
    (ExportFilter(kinds=frozenset({"denied"})), lambda entry: entry["kind"] == "denied"),
    (ExportFilter(case_types=frozenset({"incident"})), lambda entry: entry.get("case_type") == "incident"),
    (ExportFilter(since=datetime(2200, 1, 1, tzinfo=UTC)), lambda entry: False),
    (ExportFilter(until=datetime(2200, 1, 1, tzinfo=UTC)), lambda entry: True),
]


async def test_a_filter_keeps_what_it_names(log, database, tmp_path):
    for wanted, keeps in FILTERS:
        apart = TakenApart.of(await export(log.store, tmp_path / "export.zip", wanted))
        mine = [leaf for leaf in await leaves(database) if leaf["tenant"] == TENANT]
        kept = [leaf["leaf_index"] for leaf in mine if keeps(json.loads(leaf["entry"]))]
        assert [line["leaf_index"] for line in apart.entries] == kept


async def test_the_totals_say_what_was_open_what_closed_and_what_came(house, tmp_path):
    claim = await open_claim(house)
    await fired(house, claim, "triage", CLERK)
    await open_claim(house)
    await house.ledger.sequence()
    first = TakenApart.of(await export(house.store, tmp_path / "first.zip")).manifest["totals"]
    assert (first["open_at_start"], first["opened"], first["closed"], first["open_at_end"]) == (0, 2, 0, 2)
    assert first["entries"]["expense_claim"] == {"opened": 2, "transition": 1}
    since = datetime.now(UTC) + timedelta(microseconds=1)
    await fired(house, claim, "reject", SUPERVISOR, reason="no receipt")
    await house.ledger.sequence()
    later = TakenApart.of(await export(house.store, tmp_path / "later.zip", ExportFilter(since=since))).manifest[
        "totals"
    ]
    assert (later["open_at_start"], later["opened"], later["closed"], later["open_at_end"]) == (2, 0, 1, 1)


async def test_an_entry_that_was_changed_in_the_database_is_named(log, database, tmp_path):
    """Past all triggers, its kept hash as it was: the export is honest, the log is not."""
    [victim] = [leaf for leaf in await leaves(database) if (leaf["tenant"], leaf["leaf_index"]) == (TENANT, 3)]
    forged = victim["entry"].replace("user:", "user:x", 1)
    await _overwrite(database, victim["entry_id"], forged)
    path = await export(log.store, tmp_path / "export.zip")
    verdict = verdict_of(path, key=None)
    assert [(one["class"], one["entry_id"]) for one in verdict.findings] == [("ALTERED", victim["entry_id"])]
    assert entry_hash(forged.encode()) != entry_hash(victim["entry"].encode())


async def _overwrite(database, entry_id: str, text: str) -> None:
    said = text.replace("'", "''")
    statement = f"UPDATE audit_entry SET entry = '{said}' WHERE entry_id = '{entry_id}'"
    if database.kind == "postgres":
        statement = f"ALTER TABLE audit_entry DISABLE TRIGGER ALL; {statement}"
    for trigger in await rows(database, TRIGGERS) if database.kind == "sqlite" else ():
        await change(database, f"DROP TRIGGER {trigger['name']}")
    await change(database, statement)


async def test_each_policy_that_decided_is_enclosed_with_the_lines_of_its_time(house, tmp_path):
    await open_claim(house)
    await let_nobody_read(house, "expense_claim")
    await open_claim(house)
    await house.ledger.sequence()
    path = await export(house.store, tmp_path / "export.zip")
    apart = TakenApart.of(path)
    before, after = (apart.entry(at)["policy"]["hash"] for at in apart_of(apart, "opened"))
    assert before != after
    reads = [json.loads(apart.files[f"policies/{digest}.json"])["blocks"]["case:read"] for digest in (before, after)]
    assert len(reads[0]) > len(reads[1])
    assert (apart.manifest["policies_not_enclosed"], verdict_of(path, key=None).findings) == ([], [])


def apart_of(apart: TakenApart, kind: str) -> list[int]:
    return [at for at in range(len(apart.entries)) if apart.entry(at)["kind"] == kind]


def test_a_policy_is_taken_apart_by_acts_also_where_a_condition_has_lines():
    pays = ['p, role:a, *, claim, pay, "data.x > 1\n&& data.y", allow', "p, role:b, *, claim, pay, , allow"]
    text = "".join(f"{line}\n" for line in ("g, role:a, role:b", *pays))
    assert taken_apart(text) == {"blocks": {"pay": pays}, "includes": ["g, role:a, role:b"]}


async def test_json_lines_hold_each_entry_with_its_values(log, tmp_path):
    path = await export(log.store, tmp_path / "export.jsonl", kind="jsonl")
    apart = TakenApart.of(await export(log.store, tmp_path / "export.zip"))
    read = [json.loads(line) for line in path.read_text().splitlines()]
    values = {line["leaf_index"]: line["values"] for line in apart.values}
    assert [one["entry"] for one in read] == [apart.entry(at) for at in range(len(read))]
    assert [one["entry_hash"] for one in read] == [one.hex() for one in apart.hashes()[: len(read)]]
    for one in read:
        assert one["values"] == {
            path: json.loads(text) for path, (_, text) in values.get(one["leaf_index"], {}).items()
        }


async def test_csv_has_a_column_for_each_field_and_nothing_that_computes(house, tmp_path):
    evil = '=HYPERLINK("http://evil.example")'
    await opened(
        house,
        case_type="permit",
        event="apply",
        data={"applicant_name": evil, "site": "+1", "floor_area_m2": 5, "protected_area": False},
    )
    claim = await open_claim(house)
    await fired(house, claim, "triage", CLERK, reason='two\nlines, and a "quote"')
    await house.ledger.sequence()
    path = await export(house.store, tmp_path / "export.csv", kind="csv")
    raw = path.read_bytes()
    assert raw.count(b"\r\n") >= 3
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert read[0]["/data/applicant_name"] == f"'{evil}"
    assert (read[0]["/data/site"], read[0]["/data/floor_area_m2"]) == ("'+1", "5")
    assert read[0]["/data/amount_cents"] == ""
    assert read[-1]["/reason"] == 'two\nlines, and a "quote"'
    assert not [cell for row in read for cell in row.values() if cell.startswith(("=", "+", "@"))]


async def test_a_field_more_than_there_are_columns_stands_in_the_last_one(log, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "MOST_COLUMNS", 1)
    path = await export(log.store, tmp_path / "export.csv", kind="csv")
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    [own] = [name for name in read[0] if name.startswith("/")]
    others = json.loads(read[0]["other_values"])
    assert own not in others
    assert others


async def test_the_entries_of_a_few_cases_are_looked_up_and_are_those_that_a_whole_reading_finds(
    log, database, tmp_path, monkeypatch
):
    mine = [leaf for leaf in await leaves(database) if leaf["tenant"] == TENANT]
    cases = sorted({json.loads(leaf["entry"]).get("case_id", "") for leaf in mine} - {""})
    wanted = ExportFilter(cases=frozenset(cases[:2]))
    kept = [leaf["leaf_index"] for leaf in mine if json.loads(leaf["entry"]).get("case_id") in cases[:2]]
    found = []
    for few in (2, 1):
        monkeypatch.setattr(exports, "FEW_CASES", few)
        path = await export(log.store, tmp_path / "export.jsonl", wanted, kind="jsonl")
        found.append([json.loads(line)["leaf_index"] for line in path.read_text().splitlines()])
    assert len(kept) > exports.PAGE
    assert found == [kept, kept]


async def test_a_zip_of_a_few_cases_proves_the_same_as_where_the_whole_log_is_read(log, tmp_path, monkeypatch):
    whole = TakenApart.of(await export(log.store, tmp_path / "whole.zip"))
    wanted = ExportFilter(cases=frozenset({whole.entry(0)["case_id"]}))
    monkeypatch.setattr(exports, "HASHES", 5)
    made = []
    for few in (1, 0):
        monkeypatch.setattr(exports, "FEW_CASES", few)
        path = await export(log.store, tmp_path / "export.zip", wanted)
        apart = TakenApart.of(path)
        assert verdict_of(path, key=None).findings == []
        made.append([apart.manifest[name] for name in ("root", "entries", "totals")] + [lines(path, "proofs.ndjson")])
    assert made[0] == made[1]
