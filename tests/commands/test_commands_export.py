"""`stateward export` and `verify`, as a compliance officer and an auditor type them."""

import asyncio
import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from app.db import open_store
from app.main import main
from app.verify import verify
from tests.databases import sqlite_of
from tests.exporting import live
from tests.factories import TENANT
from tests.house import running


@pytest.fixture(scope="module")
def lived(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = Path(shutil.copy(sqlite_lived_in, tmp_path_factory.mktemp("export") / "house.db"))

    async def make() -> None:
        async with running(open_store(sqlite_of(file).url)) as house:
            await live(house, 2)

    asyncio.run(make())
    return file


@pytest.fixture(autouse=True)
def _at_work(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{lived}")
    monkeypatch.setenv("STATEWARD_OPERATOR", "olga")


def test_one_command_exports_one_verifies_and_one_byte_changed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--tenant", TENANT, "acme.zip"]) == 0
    assert stat.S_IMODE(Path("acme.zip").stat().st_mode) == 0o600
    assert main(["verify", "acme.zip"]) == verify.UNBOUND
    told = capsys.readouterr().out
    assert told.startswith("OK\n")
    assert "No outside word bounds it" in told
    with zipfile.ZipFile("acme.zip") as whole, zipfile.ZipFile("changed.zip", "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            changed.writestr(
                name, content.replace(b"user:susan", b"user:susam", 1) if name == "entries.ndjson" else content
            )
        victim = next(line for line in whole.read("entries.ndjson").splitlines() if b"user:susan" in line)
    assert main(["verify", "changed.zip"]) == verify.FOUND
    entry = json.loads(json.loads(victim)["entry"])
    told = capsys.readouterr().out
    assert f"ALTERED entry {entry['entry_id']}" in told
    assert "signed all of it" not in told
    assert main(["verify", "acme.zip", "--decide", "--json"]) == verify.UNBOUND
    decided = json.loads(capsys.readouterr().out)["decided"]
    assert (decided["again"] > 5, decided["not_again"]) == (True, {})


def test_lines_go_to_a_pipe_and_filters_narrow_them(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    words = ("--kind", "opened", "--from", "2020-01-01", "--to", "2199-12-31T00:00:00Z", "--actor", "alice")
    assert main(["export", "--tenant", TENANT, "--format", "jsonl", *words, "-"]) == 0
    read = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one["entry"]["kind"] for one in read] == ["opened", "opened"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--tenant", "nobody", "out.zip"], "the log of nobody is empty"),
        (["--tenant", "No Body", "out.zip"], "--tenant is a name"),
        (["--tenant", TENANT, "--from", "yesterday", "out.zip"], "--from is a day"),
        (["--tenant", TENANT, "no/such/folder/out.zip"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_and_leaves_no_file(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *words]) in (1, 2)
    told = capsys.readouterr().err
    assert (says in told, told.count("\n")) == (True, 1)
    assert not [path for path in tmp_path.iterdir() if "out.zip" in path.name]
