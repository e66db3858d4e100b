"""Exports of a sample of cases, and with the files that were attached to them."""

import asyncio
import hashlib
import shutil
from pathlib import Path
from random import Random

import pytest

from app.commands.opening.files import StoredFiles
from app.db import open_store
from app.db.connections.sqlite_library import sqlite3
from app.exports.registry import WRITES
from app.main import main
from app.policy.engine import PolicyEngine
from app.services.log import sampling, sorted_lines
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import Asked, Exports, NoCases
from app.services.log.sampling import Draw, Population
from app.verify import verify
from tests.databases import sqlite_of
from tests.exporting import KEY, TakenApart, verdict_of
from tests.factories import TENANT
from tests.house import open_claim, running
from tests.work.test_scanning import attach

CONTENTS = (b"one receipt", b"another " * 40_000)
EVERYTHING = ExportFilter()
OPENED = ExportFilter(kinds=frozenset({"opened"}))


@pytest.fixture(scope="module")
def lived(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A database with twelve claims, two files on three of them, and an export with all files beside it."""
    folder = tmp_path_factory.mktemp("sampled")
    file = Path(shutil.copy(sqlite_lived_in, folder / "house.db"))

    async def make() -> list[str]:
        async with running(open_store(sqlite_of(file).url)) as house:
            claims = [await open_claim(house) for _ in range(12)]
            for content, claim in zip((*CONTENTS, CONTENTS[0]), claims, strict=False):
                await attach(house, content, claim)
            await house.ledger.sequence()
            return claims

    claims = asyncio.run(make())
    export(file, folder / "all.zip", files=True)
    return folder, claims


def export(
    file: Path, out: Path, wanted: ExportFilter = EVERYTHING, draw: Draw | None = None, files: bool = False
) -> TakenApart:
    async def write() -> None:
        store = open_store(sqlite_of(file).url)
        try:
            asked = Asked(tenant=TENANT, wanted=wanted, format="zip", operator="operator:olga", draw=draw)
            extract = await Exports(store).begin(asked)
            extract.files = StoredFiles(store, None) if files else None
            with out.open("wb") as opened:
                await WRITES["zip"](extract, opened, PolicyEngine())
        finally:
            await store.close()

    asyncio.run(write())
    return TakenApart.of(out)


def cases_in(apart: TakenApart) -> set[str]:
    return {apart.entry(at)["case_id"] for at in range(len(apart.entries))}


def test_the_same_seed_draws_the_same_cases_and_anybody_can_see_that_it_did(lived, tmp_path: Path) -> None:
    folder, claims = lived
    first, again, other = (
        export(folder / "house.db", tmp_path / "drawn.zip", OPENED, Draw(4, seed)) for seed in ("a", "a", "b")
    )
    assert len(cases_in(first)) == 4
    assert cases_in(first) == cases_in(again) != cases_in(other)
    by_hand = sorted(claims, key=lambda case: hashlib.sha256(f"a\0{case}".encode()).hexdigest())[:4]
    assert cases_in(first) == set(by_hand)
    assert first.manifest["sample"] == {"cases": 4, "seed": "a", "drawn": 4, "population": 12}
    assert first.manifest["filter"]["case"] == sorted(by_hand)
    assert verdict_of(tmp_path / "drawn.zip", key=None).findings == []


def test_a_sample_larger_than_its_population_is_all_of_it_and_one_of_nothing_is_none(lived, tmp_path: Path) -> None:
    folder, claims = lived
    drawn = export(folder / "house.db", tmp_path / "drawn.zip", OPENED, Draw(100, "a"))
    assert (cases_in(drawn), drawn.manifest["sample"]["drawn"]) == (set(claims), 12)
    with pytest.raises(NoCases):
        export(folder / "house.db", tmp_path / "none.zip", ExportFilter(kinds=frozenset({"hold"})), Draw(1, "a"))


def test_a_population_is_drawn_from_alike_whatever_went_to_the_disk_and_however_often_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drawn(order: list[str]) -> sampling.Drawn:
        population = Population(Draw(7, "seed"))
        for one in order:
            population.add(one)
        return population.drawn()

    cases = [f"case-{number}" for number in range(200)]
    whole = drawn(cases)
    monkeypatch.setattr(sorted_lines, "RUN", 500)
    monkeypatch.setattr(sampling, "RECENT", 3)
    mixed = cases * 3
    Random(7).shuffle(mixed)
    assert drawn(mixed) == whole
    assert whole.population == 200


def test_files_are_enclosed_once_and_verified(lived) -> None:
    apart = TakenApart.of(lived[0] / "all.zip")
    files = {name: content for name, content in apart.files.items() if name.startswith("files/")}
    assert files == {f"files/{hashlib.sha256(content).hexdigest()}": content for content in CONTENTS}
    assert apart.manifest["files"] == {"enclosed": 2, "bytes": sum(map(len, CONTENTS)), "not_enclosed": {}}
    verdict = verdict_of(lived[0] / "all.zip", key=None)
    assert (verdict.findings, verdict.told["files"]) == ([], 2)


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (lambda content: content[:-1] + b"?", "ALTERED"),
        (lambda content: content[:-1], "ALTERED"),
        (lambda content: content + b"more", "ALTERED"),
        (lambda content: None, "MISSING"),
    ],
)
def test_a_file_that_was_changed_or_taken_out_is_named(lived, tmp_path: Path, attack, found: str) -> None:
    apart = TakenApart.of(lived[0] / "all.zip")
    name = next(name for name in sorted(apart.files) if name.startswith("files/"))
    content = attack(apart.files.pop(name))
    if content is not None:
        apart.files[name] = content
    verdict = verdict_of(apart.write(tmp_path / "attacked.zip"), key=None)
    assert {(one["class"], one["file"]) for one in verdict.findings} == {(found, name)}


def test_a_file_that_nobody_attached_is_too_much(lived, tmp_path: Path) -> None:
    apart = TakenApart.of(lived[0] / "all.zip")
    apart.files[f"files/{'0' * 64}"] = b"smuggled"
    verdict = verdict_of(apart.write(tmp_path / "attacked.zip"), key=None)
    assert [(one["class"], one["file"]) for one in verdict.findings] == [("EXTRA", f"files/{'0' * 64}")]


def test_bytes_that_are_not_those_that_were_attached_do_not_get_in_and_are_told(lived, tmp_path: Path) -> None:
    """Changed in the database, past the service."""
    file = Path(shutil.copy(lived[0] / "house.db", tmp_path / "changed.db"))
    with sqlite3.connect(file) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        [(table,)] = database.execute("SELECT name FROM sqlite_master WHERE name LIKE '%chunk%' AND type = 'table'")
        database.execute(f"UPDATE {table} SET content = ? WHERE content = ?", (b"one receipT", CONTENTS[0]))
    database.close()
    apart = export(file, tmp_path / "changed.zip", files=True)
    lost = {hashlib.sha256(CONTENTS[0]).hexdigest(): "its bytes are not those that were attached"}
    assert apart.manifest["files"]["not_enclosed"] == lost
    verdict = verdict_of(tmp_path / "changed.zip", key=None)
    assert (verdict.findings, verdict.told["files"], verdict.told["files_not_enclosed"]) == ([], 1, 1)


def test_the_commands_take_both_and_say_what_goes_together(
    lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{lived[0] / 'house.db'}")
    monkeypatch.setenv("STATEWARD_SIGNING_KEY", KEY.written())
    assert main(["export", "--tenant", TENANT, "--files", "--sample", "3", "--seed", "a", "drawn.zip"]) == 0
    assert "3 of 12 cases" in capsys.readouterr().err
    assert main(["verify", "drawn.zip"]) == verify.UNBOUND
    told = capsys.readouterr().out
    assert "a sample of 3 of 12 cases" in told
    assert "attached files checked, 0 not enclosed" in told
    for words in (["--sample", "3"], ["--seed", "a"], ["--sample", "0", "--seed", "a"], ["--files", "--format", "csv"]):
        assert main(["export", "--tenant", TENANT, *words, "out"]) == 2
        assert capsys.readouterr().err.count("\n") == 1
