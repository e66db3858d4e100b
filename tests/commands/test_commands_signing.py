"""`stateward keys` and `stateward audit`: what somebody does who runs the service with signed logs."""

import asyncio
import stat
from pathlib import Path

import pytest

from app.db import open_store
from app.db.connections.sqlite_library import sqlite3
from app.domain.log.notes import Checkpoint, SigningKey, VerifierKey, signed
from app.main import main
from tests.factories import TENANT
from tests.running import ROOT
from tests.signing import free, signer, write


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_template: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stateward.db").write_bytes(sqlite_template.read_bytes())
    for name, value in {"MACHINES": ROOT / "machines", "POLICIES": ROOT / "policies"}.items():
        monkeypatch.setenv(f"STATEWARD_{name}", str(value))


def made(capsys: pytest.CaptureFixture[str], *words: str) -> VerifierKey:
    assert main(["keys", "new", *words]) == 0
    return VerifierKey.parse(capsys.readouterr().out.strip())


def test_a_key_is_made_in_a_file_of_ones_own_and_its_public_half_is_told(capsys, monkeypatch, tmp_path):
    verifier = made(capsys, "--name", "cases.example.com", "signing.key")
    file = tmp_path / "signing.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SigningKey.parse(file.read_text()).verifier == verifier
    assert verifier.name == "cases.example.com"
    monkeypatch.setenv("STATEWARD_SIGNING_KEY_FILE", str(file))
    assert main(["keys", "show"]) == 0
    assert capsys.readouterr().out == f"{verifier}\n"


def test_two_keys_of_a_name_may_be_set_while_they_are_exchanged(capsys, monkeypatch, tmp_path):
    verifiers = [made(capsys, name) for name in ("old.key", "new.key")]
    monkeypatch.setenv("STATEWARD_SIGNING_KEY", (tmp_path / "old.key").read_text() + (tmp_path / "new.key").read_text())
    assert main(["keys", "show"]) == 0
    assert capsys.readouterr().out == "".join(f"{verifier}\n" for verifier in verifiers)


def test_a_file_that_is_there_is_never_written_over(capsys, tmp_path):
    made(capsys, "signing.key")
    before = (tmp_path / "signing.key").read_text()
    assert main(["keys", "new", "signing.key"]) == 2
    assert "signing.key cannot be made: File exists" in capsys.readouterr().err
    assert (tmp_path / "signing.key").read_text() == before


def test_a_name_that_no_note_can_carry_is_refused(capsys, tmp_path):
    assert main(["keys", "new", "--name", "two words", "signing.key"]) == 2
    assert "no spaces and no plus" in capsys.readouterr().err
    assert not (tmp_path / "signing.key").exists()


@pytest.mark.parametrize("told", ["none", "several names"])
def test_what_is_no_key_is_refused_without_repeating_it(capsys, monkeypatch, told):
    keys = [SigningKey.new(name).written() for name in ("one", "other")]
    monkeypatch.setenv("STATEWARD_SIGNING_KEY", {"none": keys[0][:-4], "several names": " ".join(keys)}[told])
    assert main(["keys", "show"]) == 2
    said = capsys.readouterr().err
    assert "STATEWARD_SIGNING_KEY must be a key that" in said
    assert keys[0][20:40] not in said


def test_without_a_key_show_says_how_to_make_one(capsys):
    assert main(["keys", "show"]) == 2
    assert "stateward keys new FILE" in capsys.readouterr().err


def test_that_a_backup_was_restored_is_said_in_the_log_and_then_it_is_signed_on(capsys, monkeypatch, tmp_path):
    made(capsys, "signing.key")
    key = SigningKey.parse((tmp_path / "signing.key").read_text())
    monkeypatch.setenv("STATEWARD_SIGNING_KEY_FILE", str(tmp_path / "signing.key"))
    monkeypatch.setenv("STATEWARD_CHECKPOINTS", str(tmp_path / "published"))
    asyncio.run(lost(tmp_path, key))
    assert main(["audit", "restored", "--reason", "the disk died"]) == 0
    assert capsys.readouterr().out == f"{TENANT}: 9 entries were published, 2 are there; said so in the log\n"
    asyncio.run(on_it_goes(tmp_path, key))
    assert main(["audit", "restored", "--reason", "again"]) == 0
    assert "nothing to say" in capsys.readouterr().out


async def lost(folder: Path, key: SigningKey) -> None:
    """Of nine entries that were published two are left."""
    store = open_store(f"sqlite:///{folder / 'stateward.db'}")
    await write(store, 2)
    published = signer(store, folder / "published", key)
    note = signed(Checkpoint(f"{key.name}/{TENANT}", 9, b"\1" * 32).text(), [key])
    now = await store.hold_signing("a test", -1)
    assert now is not None
    assert published._place is not None
    await published._place.append([note], now)
    done = await published.look()
    assert done is not None
    assert list(done.refused) == [TENANT]
    await store.close()


async def on_it_goes(folder: Path, key: SigningKey) -> None:
    store = open_store(f"sqlite:///{folder / 'stateward.db'}")
    await store.sequence(10)
    await free(store)
    done = await signer(store, folder / "published", key).look()
    assert done is not None
    assert (done.signed, done.refused) == (1, {})
    await store.close()


@pytest.mark.parametrize("missing", ["STATEWARD_SIGNING_KEY", "STATEWARD_CHECKPOINTS"])
def test_where_nothing_is_published_there_is_nothing_to_say(capsys, monkeypatch, missing):
    given = {"STATEWARD_SIGNING_KEY": SigningKey.new("a").written(), "STATEWARD_CHECKPOINTS": "published"}
    for name, value in given.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    assert main(["audit", "restored", "--reason", "x"]) == 2
    assert f"{missing} is not set" in capsys.readouterr().err


def test_a_log_is_held_against_itself_and_what_is_left_out_is_told(capsys, tmp_path):
    asyncio.run(written(tmp_path))
    assert main(["audit", "check"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 entries, 0 values, 0 tiles, 0 checkpoints, 0 published logs, 0 cases: 0 faults")
    assert [line.partition(": ")[0] for line in said[1:]] == ["not checked"] * 3
    with sqlite3.connect(tmp_path / "stateward.db") as raw:
        raw.execute("DROP TRIGGER audit_entry_refuses_update")
        raw.execute("UPDATE audit_entry SET entry = entry || ' ' WHERE rowid = 1")
    raw.close()
    assert main(["audit", "check"]) == 1
    [fault, counts, *_] = capsys.readouterr().out.splitlines()
    assert fault.startswith(f"{TENANT}: entry ")
    assert fault.endswith(" has another hash than its text")
    assert counts.endswith(": 1 faults")


async def written(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'stateward.db'}")
    await write(store, 2)
    await store.close()
