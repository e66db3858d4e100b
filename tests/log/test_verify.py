"""The verifier that exports enclose: Python alone, true to the vectors, and not to be harmed by what it is given."""

import argparse
import ast
import io
import json
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.commands.arguments import TAKES
from app.domain.log.notes import SigningKey
from app.domain.log.tiles import TILE_WIDTH, Tile
from app.verify import verify
from tests.exporting import KEY, TakenApart, exported, verdict_of
from tests.factories import TENANT
from tests.lengths import length

SOURCE = Path(verify.__file__)
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
"""RFC 8032, 7.1: public key, message, signature."""


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_ed25519_is_that_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(text) for text in (public, message, signature))
    assert verify.ed25519_verifies(key, said, signed)
    assert not verify.ed25519_verifies(key, said + b"x", signed)
    assert not verify.ed25519_verifies(key, said, signed[:32] + bytes(32))


def test_ed25519_says_what_a_library_says_of_true_and_of_crooked_signatures() -> None:
    chance = random.Random(1)
    for number in range(length(40, 400)):
        key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), chance.randbytes(number)
        signature = _crooked(chance, number, key.sign(message))
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
            true = True
        except InvalidSignature:
            true = False
        assert verify.ed25519_verifies(public, message, signature) is true, number


def _crooked(chance: random.Random, number: int, signature: bytes) -> bytes:
    """As it is; a bit of it turned; its second half larger by the order of the group, which must not count."""
    if number % 4 == 0:
        return signature
    if number % 4 == 1:
        larger = int.from_bytes(signature[32:], "little") + verify._Q
        return signature[:32] + larger.to_bytes(32, "little")
    turned = bytearray(signature)
    turned[chance.randrange(64)] ^= 1 << chance.randrange(8)
    return bytes(turned)


def test_keys_and_tiles_are_written_as_the_service_writes_them() -> None:
    key = SigningKey.new("log.example/acme")
    assert verify.Key.parse(str(key.verifier))[:2] == (key.name, key.verifier.public)
    for index in (0, 7, 999, 1000, 1234067):
        for width in (1, TILE_WIDTH):
            assert verify.tile_name(index, width) == f"tiles/{Tile(0, index, width).path}"


def test_the_verifier_is_one_file_of_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == set()


def test_the_command_takes_what_the_enclosed_file_takes() -> None:
    ours, theirs = argparse.ArgumentParser(), argparse.ArgumentParser()
    TAKES["verify"][1](ours)
    verify.takes(theirs)
    for name in (action.dest for action in theirs._actions):
        assert name in {action.dest for action in ours._actions}


@pytest.fixture(scope="module")
def export(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    [path] = exported(sqlite_lived_in, folder, [TENANT], cases=4)
    apart = TakenApart.of(path)
    return apart.sign(len(apart.entries)).write(folder / "signed.zip")


def test_the_enclosed_file_alone_judges_the_export(export: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(export) as archive:
        archive.extract("verify.py", tmp_path)
    alone = [sys.executable, "-I", "-S", tmp_path / "verify.py", export]
    done = subprocess.run([*alone, "--key", str(KEY.verifier)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "OK", "")
    apart = TakenApart.of(export)
    apart.say(3, apart.entry(3) | {"request_id": "another"})
    altered = apart.write(tmp_path / "altered.zip")
    done = subprocess.run(
        [*alone[:-1], altered, "--key", str(KEY.verifier), "--json"], capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["exit_code"]) == (1, "ALTERED", 1)
    assert told["findings"][0]["entry_id"] == apart.entry(3)["entry_id"]
    assert (told["findings"][0]["line"], told["findings"][0]["leaf_index"]) == (4, 3)


def test_one_byte_changed_anywhere_harms_nobody_and_is_seen_where_it_matters(export: Path, tmp_path: Path) -> None:
    whole, path, chance = export.read_bytes(), tmp_path / "changed.zip", random.Random(2)
    with zipfile.ZipFile(export) as archive:
        held, entries = archive.getinfo("entries.ndjson"), archive.read("entries.ndjson")
    begins = held.header_offset + 30 + len(held.filename)
    for number in range(length(60, 2_000)):
        at = chance.randrange(len(whole))
        if number % 2:
            at = begins + chance.randrange(held.compress_size - 1)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        code = _code(path)
        assert code in {0, 1, 2, 3}
        if number % 2 and code == 0:  # packed in another way, and the same when unpacked
            with zipfile.ZipFile(path) as archive:
                assert archive.read("entries.ndjson") == entries, at


def _code(path: Path) -> int:
    try:
        return verdict_of(path).exit_code
    except verify.Unreadable:
        return verify.UNREADABLE


JUNK: list[Any] = [None, True, -1, 10**30, 1.5, "", "x" * 70, [], {}, [[]], {"hash": {}}, "\ud800", float("nan")]


def test_whatever_stands_in_the_place_of_a_value_is_judged_and_not_tripped_over(export: Path, tmp_path: Path) -> None:
    chance = random.Random(3)
    for _ in range(length(150, 3_000)):
        apart = TakenApart.of(export)
        what = chance.choice(["entry", "line", "values", "manifest", "definition"])
        at = chance.randrange(len(apart.entries))
        if what == "entry":
            apart.entries[at]["entry"] = json.dumps(_spoilt(chance, apart.entry(at)))
        elif what == "line":
            apart.entries[at] = _spoilt(chance, apart.entries[at])
        elif what == "values":
            apart.values[0] = _spoilt(chance, apart.values[0])
        elif what == "manifest":
            apart.files["manifest.json"] = json.dumps(_spoilt(chance, apart.manifest)).encode()
        else:
            name = next(name for name in apart.files if name.startswith("definitions/"))
            apart.files[name] = json.dumps(_spoilt(chance, json.loads(apart.files[name]))).encode()
        assert _code(apart.write(tmp_path / "junk.zip")) in {0, 1, 2, 3}


def _spoilt(chance: random.Random, value: Any) -> Any:
    """With junk in some place."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        return value | {name: _spoilt(chance, value[name])}
    return chance.choice(JUNK)


def _zip(*files: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


MANIFEST = json.dumps(
    {"format": verify.FORMAT, "tenant": "acme", "tree_size": 1, "root": "0" * 64, "entries": 1, "filter": {}}
).encode()


def _counting(many: bytes) -> bytes:
    """A zip whose end says that its list of files is as long as this."""
    made = bytearray(_zip(("manifest.json", MANIFEST)))
    at = made.rfind(b"PK\5\6")
    made[at + 12 : at + 16] = many
    return bytes(made)


HARMFUL = {
    "no zip": b"hello",
    "nothing": b"",
    "no export": _zip(("a.txt", b"a")),
    "a line without an end": _zip(("manifest.json", MANIFEST), ("entries.ndjson", bytes(verify.MOST_LINE + (1 << 20)))),
    "a manifest without an end": _zip(("manifest.json", bytes(verify.MOST_SMALL + 1)), ("entries.ndjson", b"")),
    "a list of files without an end": _counting(struct.pack("<L", 1 << 31)),
    "packed in another way": _zip(("manifest.json", MANIFEST), ("entries.ndjson", b"")).replace(
        b"\x08\x00", b"\x0c\x00"
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_would_harm_its_reader_is_refused_with_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "harmful.zip"
    path.write_bytes(HARMFUL[name])
    assert verify.run(_given(path)) == verify.UNREADABLE
    assert capsys.readouterr().err.count("\n") == 1


def test_a_name_that_stands_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "twice.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        path.write_bytes(_zip(("manifest.json", MANIFEST), ("manifest.json", MANIFEST)))
    assert verify.run(_given(path)) == verify.UNREADABLE
    assert "twice" in capsys.readouterr().err


def test_a_file_that_would_be_unpacked_elsewhere_is_told_and_never_unpacked(export: Path, tmp_path: Path) -> None:
    apart = TakenApart.of(export)
    apart.files["../../evil.txt"] = b"evil"
    verdict = verdict_of(apart.write(tmp_path / "evil.zip"))
    assert [(one["class"], "../../evil.txt" in one["says"]) for one in verdict.findings] == [("EXTRA", True)]
    assert not list(tmp_path.parent.parent.glob("evil.txt"))


@pytest.mark.parametrize(
    "line", [b"{}", b"[" * 100_000, b'{"leaf_index":1e400,"entry":"{}"}', b"\xff", b"", b"1" * 5000]
)
def test_of_lines_without_sense_the_first_are_told(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "junk.zip"
    path.write_bytes(_zip(("manifest.json", MANIFEST), ("entries.ndjson", (line + b"\n") * 2_000)))
    verdict = verdict_of(path)
    assert len(verdict.findings) == verify.MOST_FINDINGS
    assert verdict.exit_code == verify.FOUND


@pytest.mark.parametrize(
    ("option", "told", "says"),
    [
        ("key", "nowhere.txt", "cannot be read"),
        ("key", "name+00000000+AAAA", "--key"),
        ("checkpoint", "nowhere.txt", "cannot be read"),
        ("receipt", "nowhere.txt", "cannot be read"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    option: str, told: str, says: str, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.run(_given(export, **{option: [told]})) == verify.UNREADABLE
    assert says in capsys.readouterr().err


def _given(path: Path, **options: Any) -> argparse.Namespace:
    usual = {"key": None, "checkpoint": None, "receipt": None, "witness": None, "json": False, "sidecar": None}
    return argparse.Namespace(export=str(path), **(usual | options))
