"""A flat export and what stands beside it: written by `stateward export`, judged by `verify` and by verify.py alone."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.db import open_store
from app.domain.log.notes import SigningKey
from app.main import main
from app.verify import verify
from tests.databases import sqlite_of
from tests.exporting import live
from tests.factories import TENANT
from tests.house import running
from tests.running import ROOT

KEY, OTHER = SigningKey.new("stateward.test"), SigningKey.new("stateward.test")
SIDECAR = Path("acme.csv.sha256.json")


@pytest.fixture(scope="module")
def lived(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and an export that is signed."""
    folder = tmp_path_factory.mktemp("sidecar")
    file = Path(shutil.copy(sqlite_lived_in, folder / "house.db"))

    async def make() -> None:
        async with running(open_store(sqlite_of(file).url)) as house:
            await live(house, 1)

    asyncio.run(make())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{file}")
        patch.setenv("STATEWARD_SIGNING_KEY", KEY.written())
        words = ["--format", "csv", "--kind", "opened", str(folder / "acme.csv")]
        assert main(["export", "--tenant", TENANT, *words]) == 0
    return folder


@pytest.fixture(autouse=True)
def _at_work(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("acme.csv", SIDECAR.name):
        shutil.copy(lived / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)


def judged(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["verify", "acme.csv", *words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_file_that_is_as_it_was_written_and_signed_is_proven_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = judged(capsys, "--key", str(KEY.verifier))
    assert (code, told.partition("\n")[0]) == (verify.PROVEN, "OK")
    assert "FILTERED 1 of" in told
    assert "no entry of it is proven by itself" in told
    assert f"signed all of it ({SIDECAR})" in told
    said = json.loads(SIDECAR.read_text())
    assert (said["export"], said["entries"], said["filter"]) == ("csv", 1, {"kind": ["opened"]})
    assert said["bytes"] == Path("acme.csv").stat().st_size


def test_verify_py_judges_it_without_anything_of_ours(tmp_path: Path) -> None:
    alone = [sys.executable, "-I", str(ROOT / "app/verify/verify.py"), "acme.csv", "--json", "--key", str(KEY.verifier)]
    done = subprocess.run(alone, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["verdict"] == "OK"


def test_one_byte_changed_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    raw = Path("acme.csv").read_bytes()
    Path("acme.csv").write_bytes(raw.replace(b"user:alice", b"user:alicf", 1))
    code, told = judged(capsys, "--key", str(KEY.verifier))
    assert (code, "ALTERED acme.csv: it is not the file" in told) == (verify.FOUND, True)


def test_a_sidecar_that_was_written_anew_for_a_file_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    Path("acme.csv").write_text("false")
    size, digest = verify._hashed("acme.csv")
    changed = json.loads(SIDECAR.read_text()) | {"sha256": digest, "bytes": size}
    SIDECAR.write_text(json.dumps(changed))
    code, told = judged(capsys, "--key", str(KEY.verifier))
    assert (code, "it does not say what was signed" in told) == (verify.FOUND, True)
    SIDECAR.write_text(json.dumps(changed | {"note": changed["note"].replace('"entries":1', '"entries":2')}))
    code, told = judged(capsys, "--key", str(KEY.verifier))
    assert (code, "is not signed by stateward.test, as it says" in told) == (verify.FOUND, True)
    SIDECAR.write_text(json.dumps(changed | {"note": None}))
    code, told = judged(capsys, "--key", str(KEY.verifier))
    assert (code, "nobody signed the sidecar" in told) == (verify.UNBOUND, True)


def test_another_key_than_the_known_one_is_told_and_none_at_all_binds_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, told = judged(capsys, "--key", str(OTHER.verifier))
    assert (code, told.partition("\n")[0]) == (verify.FOUND, "UNKNOWN_KEY")
    code, told = judged(capsys)
    assert (code, "no key was given" in told) == (verify.UNBOUND, True)


def test_what_only_a_zip_can_be_asked_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--receipt", "00" * 32), ("--decide",), ("--sidecar", "nowhere.json"), ("--sidecar", "acme.csv")):
        code, told = judged(capsys, *words)
        assert (code, told.count("\n")) == (verify.UNREADABLE, 1)
    SIDECAR.unlink()
    code, told = judged(capsys)
    assert (code, told.count("\n")) == (verify.UNREADABLE, 1)
