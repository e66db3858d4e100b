"""`stateward audit witness` and the lives of keys: what an operator adds to the log about whoever signs it."""

import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.db import open_store
from app.domain.log.cosignatures import WitnessKey, cosigned
from app.domain.log.notes import DASH, text_of
from app.main import main
from app.services.log.signing_keys import named
from app.services.log.witnessing import with_witnesses
from app.services.store.log_tree import StoredCheckpoint
from tests.factories import TENANT
from tests.signing import KEY, free, signer, write

SEES = Ed25519PrivateKey.generate()
WITNESS = WitnessKey("witness.example/w1", SEES.public_key().public_bytes_raw())
AT = 1_800_000_000


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_template: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stateward.db").write_bytes(sqlite_template.read_bytes())


async def signed_log(folder: Path, count: int = 3) -> str:
    """The text of its checkpoint."""
    store = open_store(f"sqlite:///{folder / 'stateward.db'}")
    await write(store, count)
    await free(store)
    await signer(store, None).look()
    newest = await store.checkpoint(TENANT)
    await store.close()
    assert newest is not None
    return text_of(newest.note)


def line(text: str, key: Ed25519PrivateKey = SEES) -> str:
    told = WITNESS.id + AT.to_bytes(8, "big") + key.sign(cosigned(text, AT).encode())
    return f"{DASH}{WITNESS.name} {base64.b64encode(told).decode()}\n"


def test_what_a_witness_signed_is_kept_once_and_goes_along_with_exports(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("STATEWARD_WITNESSES", str(WITNESS))
    text = asyncio.run(signed_log(tmp_path))
    (tmp_path / "answer.txt").write_text(f"{text}\n{KEY.signature_line(text)}{line(text)}")
    for added in (1, 0):
        assert main(["audit", "witness", "--tenant", TENANT, "answer.txt"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"{WITNESS.name} saw 3 entries of {TENANT} by 2027-01-15T08:00:00.000000Z",
            f"{added} of 1 added",
        ]
    asyncio.run(signed_log(tmp_path, 2))
    seen, newest = asyncio.run(enclosed(tmp_path))
    assert seen.note.endswith(f"{KEY.signature_line(text)}{line(text)}")
    assert (seen.size, newest.size, newest.note.count(DASH)) == (3, 6, 1)


async def enclosed(folder: Path) -> Sequence[StoredCheckpoint]:
    """What an export takes along, of which only the newest was asked for."""
    store = open_store(f"sqlite:///{folder / 'stateward.db'}")
    found = await with_witnesses(store, TENANT, [await store.checkpoint(TENANT)])
    await store.close()
    return found


def test_a_line_that_no_witness_of_ours_signed_is_not_taken(capsys, monkeypatch, tmp_path):
    text = asyncio.run(signed_log(tmp_path))
    words = ["audit", "witness", "--tenant", TENANT, "answer.txt"]
    (tmp_path / "answer.txt").write_text(line(text))
    assert main(words) == 2
    assert "STATEWARD_WITNESSES is not set" in capsys.readouterr().err
    monkeypatch.setenv("STATEWARD_WITNESSES", str(WITNESS))
    for told, code, says in (
        (line(text, Ed25519PrivateKey.generate()), 1, "did not cosign this checkpoint"),
        (line(text.replace("3", "2")), 1, "did not cosign this checkpoint"),
        (KEY.signature_line(text), 2, "is no witness of STATEWARD_WITNESSES"),
        ("", 2, "there is no line of a witness in it"),
    ):
        (tmp_path / "answer.txt").write_text(told)
        assert main(words) == code
        assert says in capsys.readouterr().err
    (tmp_path / "answer.txt").write_text(line(text))
    assert main([*words, "--size", "2"]) == 2
    assert f"{TENANT} has no checkpoint of 2 entries" in capsys.readouterr().err


def test_a_key_is_revoked_by_its_id_and_all_are_listed_with_their_lives(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("STATEWARD_SIGNING_KEY", KEY.written())
    asyncio.run(signed_log(tmp_path))
    assert main(["keys", "revoke", "12345678", "--reason", "stolen"]) == 2
    assert "is no key that can be revoked" in capsys.readouterr().err
    since = "2026-11-30T08:00:00.000000Z"
    assert main(["keys", "revoke", str(KEY.verifier), "--reason", "stolen", "--since", since]) == 0
    assert capsys.readouterr().out == f"{named(KEY.verifier)} is revoked since {since}; said so in 2 logs\n"
    assert main(["keys", "show", "--all"]) == 0
    assert capsys.readouterr().out == f"{KEY.verifier} revoked={since}\n"
    assert main(["keys", "revoke", KEY.verifier.id.hex(), "--reason", "x", "--since", "2999-01-01T00:00:00Z"]) == 2
    assert "--since must not be in the future" in capsys.readouterr().err
