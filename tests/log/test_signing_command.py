"""Checkpoints signed by a command: what it says is a signature of the key that is named, or nothing is signed."""

import shlex
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.domain.log.notes import SigningKey, opened, signed
from app.main import main
from app.services.log.signing import SigningFailed
from app.signers import command
from app.signers.command import SigningCommand
from app.signers.naming import signer_of

KEY = SigningKey.new("stateward.test")
TEXT = "stateward.test/acme\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
DEVICE = """
import base64, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[1]))
print(base64.b64encode(key.sign(sys.stdin.buffer.read())).decode())
"""


@pytest.fixture
def device(tmp_path: Path) -> str:
    """The command of a device that has the key."""
    file = tmp_path / "the device.py"
    file.write_text(DEVICE)
    return f"{KEY.verifier} {sys.executable} {shlex.quote(str(file))} {KEY.secret.hex()}"


def shell(script: str) -> SigningCommand:
    return SigningCommand(KEY.verifier, ("sh", "-c", script))


async def test_what_the_command_signs_is_a_note_of_its_key(device: str) -> None:
    note = await SigningCommand.of(device).sign(TEXT)
    assert opened(note, [KEY.verifier]).text == TEXT
    assert note == signed(TEXT, [KEY])


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("cat >/dev/null; echo nothing!", "sh answered with no base64"),
        ("cat >/dev/null; echo AAAA", "sh answered with no signature of stateward"),
        ("exit 3", "sh ended with exit code 3"),
        ("cat >/dev/null", "sh answered with no signature"),
    ],
)
async def test_what_is_no_signature_of_the_key_signs_nothing(script: str, why: str) -> None:
    with pytest.raises(SigningFailed, match=why):
        await shell(script).sign(TEXT)


async def test_a_command_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PATIENCE", 0.05)
    with pytest.raises(SigningFailed, match="sh took longer than"):
        await shell("sleep 600").sign(TEXT)


async def test_a_command_that_is_gone_is_named() -> None:
    with pytest.raises(SigningFailed, match="/nowhere cannot be run: No such file"):
        await SigningCommand(KEY.verifier, ("/nowhere",)).sign(TEXT)


async def test_it_sees_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATEWARD_JWT_SECRET", "hush")
    with pytest.raises(SigningFailed, match="exit code 7"):
        await shell('test -z "$STATEWARD_JWT_SECRET" && exit 7').sign(TEXT)


async def test_beside_a_key_both_sign(device: str) -> None:
    old = SigningKey.new("stateward.test")
    both = signer_of(SecretStr(old.written()), device)
    assert both is not None
    note = await both.sign(TEXT)
    assert set(opened(note, both.verifiers).signers) == {old.verifier, KEY.verifier}


async def test_keys_of_two_names_sign_nothing(device: str) -> None:
    both = signer_of(SecretStr(SigningKey.new("another.test").written()), device)
    assert both is not None
    with pytest.raises(SigningFailed, match="the keys have two names"):
        await both.sign(TEXT)


def test_its_key_is_shown(device: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STATEWARD_SIGNING_COMMAND", device)
    assert main(["keys", "show"]) == 0
    assert capsys.readouterr().out == f"{KEY.verifier}\n"
