"""What a signature is worth: judged by the life of its key, and by whoever else saw the checkpoint."""

import base64
import json
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.log.cosignatures import WitnessKey, cosignature_of, cosigned
from app.domain.log.notes import DASH, BadNote, Checkpoint, SigningKey, signed
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.log.signing_keys import named
from app.verify import verify
from tests.exporting import KEY, ORIGIN, TakenApart, exported, root_of
from tests.factories import TENANT

SEES = Ed25519PrivateKey.generate()
WITNESS = WitnessKey("witness.example/w1", SEES.public_key().public_bytes_raw())
LATER = SigningKey.new("stateward.test")
REVOKED = "2020-01-01T00:00:00.000000Z"
EARLIER, AFTERWARDS = 1_500_000_000, 1_800_000_000


@pytest.fixture(scope="module")
def export(sqlite_lived_in, tmp_path_factory) -> Path:
    return exported(sqlite_lived_in, tmp_path_factory.mktemp("keys"), [TENANT], 2)[0]


def line(text: str, at: int, key: Ed25519PrivateKey = SEES) -> str:
    told = WITNESS.id + at.to_bytes(8, "big") + key.sign(cosigned(text, at).encode())
    return f"{DASH}{WITNESS.name} {base64.b64encode(told).decode()}\n"


def says(apart: TakenApart, **signing_key: str) -> None:
    """Append an entry about a key, as the service writes one, and hash all anew."""
    last = len(apart.entries) - 1
    entry = {name: value for name, value in apart.entry(last).items() if name in ("typ", "tenant", "at", "actor")}
    entry |= {"kind": "signing_key", "entry_id": "0" * 36, "fields": {}, "signing_key": signing_key}
    apart.entries.append({"leaf_index": last + 1, "entry": ""})
    apart.say(last + 1, entry)
    apart.hash_anew()


def enclosed(apart: TakenApart, size: int, *keys: SigningKey, seen: tuple[int, ...] = ()) -> None:
    text = Checkpoint(ORIGIN, size, root_of(apart.hashes()[:size])).text()
    note = signed(text, keys) + "".join(line(text, at) for at in seen)
    apart.files[f"checkpoints/{size}.txt"] = note.encode()
    apart.tell(origin=ORIGIN)


def judged(path: Path, *lives: str, witness: bool = True) -> verify.Verdict:
    keys = [
        verify.Key.parse(f"{key.verifier}{lived}") for key, lived in zip((KEY, LATER), (*lives, "", ""), strict=False)
    ]
    run = verify.Verification(verify.Archive(str(path)), keys, [], [])
    run.witnesses = [verify.Key.parse(str(WITNESS), verify.COSIGNS)] if witness else []
    return run.run()


def test_a_checkpoint_of_a_revoked_key_counts_only_where_a_newer_key_covers_it_or_a_witness_saw_it_before(
    export, tmp_path
):
    for at, seen, next_one, found in (
        (0, (), False, ["REVOKED_KEY"]),
        (1, (AFTERWARDS,), False, ["REVOKED_KEY"]),
        (2, (EARLIER,), False, []),
        (3, (), True, []),
    ):
        apart = TakenApart.of(export)
        says(apart, how="revoked", key=named(KEY.verifier), since=REVOKED)
        enclosed(apart, len(apart.entries) - (1 if next_one else 0), KEY, seen=seen)
        if next_one:
            enclosed(apart, len(apart.entries), LATER)
        verdict = judged(apart.write(tmp_path / f"{at}.zip"))
        assert [one["class"] for one in verdict.findings] == found
        assert verdict.exit_code == (1 if found else 0)


def test_the_file_of_keys_says_too_that_one_was_revoked(export, tmp_path):
    """As for a filtered export, which has no entry of it."""
    apart = TakenApart.of(export)
    enclosed(apart, len(apart.entries), KEY)
    path = apart.write(tmp_path / "signed.zip")
    assert judged(path).exit_code == 0
    assert judged(path, f" from={REVOKED} revoked={REVOKED}").counts["REVOKED_KEY"] == 1


def test_what_a_key_signed_after_its_end_does_not_count(export, tmp_path):
    apart = TakenApart.of(export)
    enclosed(apart, len(apart.entries), KEY)
    path = apart.write(tmp_path / "signed.zip")
    last = apart.entry(len(apart.entries) - 1)["at"]
    assert judged(path, f" until={REVOKED}").counts["UNKNOWN_KEY"] == 1
    assert judged(path, f" until={last}").exit_code == 0


def test_the_latest_time_at_which_a_witness_saw_the_log_is_told_and_a_false_one_is_found(export, tmp_path):
    apart = TakenApart.of(export)
    size = len(apart.entries)
    enclosed(apart, size - 1, KEY, seen=(EARLIER,))
    enclosed(apart, size, KEY, seen=(AFTERWARDS,))
    verdict = judged(apart.write(tmp_path / "seen.zip"))
    assert verdict.latest_outside() == (size, WITNESS.name, "2027-01-15T08:00:00Z")
    assert "The latest outside time: witness.example/w1" in "\n".join(verify.sentences(verdict))
    assert judged(tmp_path / "seen.zip", witness=False).latest_outside() is None
    text = Checkpoint(ORIGIN, size, root_of(apart.hashes())).text()
    apart.files[f"checkpoints/{size}.txt"] = (
        signed(text, [KEY]) + line(text, AFTERWARDS, Ed25519PrivateKey.generate())
    ).encode()
    assert judged(apart.write(tmp_path / "false.zip")).counts["ALTERED"] == 1


def test_a_cosignature_is_read_as_the_format_has_it():
    text = Checkpoint(ORIGIN, 9, bytes(32)).text()
    found = cosignature_of(line(text, AFTERWARDS), text, [WITNESS])
    assert (found.witness, found.at) == (WITNESS, parse_rfc3339("2027-01-15T08:00:00Z"))
    assert WitnessKey.parse(str(WITNESS)) == WITNESS
    for wrong in (line("other\n", AFTERWARDS), line(text, 0), "no line", line(text, AFTERWARDS)[:-20]):
        with pytest.raises(BadNote):
            cosignature_of(wrong, text, [WITNESS])
    with pytest.raises(BadNote):
        cosignature_of(line(text, AFTERWARDS), text, [])


def test_a_line_with_a_quote_that_is_not_escaped_is_no_entry_whatever_its_bytes_hash_to(export, tmp_path):
    """Entries are cut out of their lines without reading these as JSON: what only looks like one must not pass."""
    apart = TakenApart.of(export)
    enclosed(apart, len(apart.entries), KEY)
    path = apart.write(tmp_path / "right.zip")
    assert judged(path).exit_code == 0
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    written = [json.dumps(one, separators=(",", ":")).encode() for one in apart.entries]  # as exports write them
    first, rest = written[0], b"\n".join(written[1:])
    for number, wrong in enumerate((first.replace(b'\\"', b'"'), first.replace(b'\\"', b'\\\\"'), first[:-1])):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, wrong + b"\n" + rest if name == "entries.ndjson" else content)
        assert judged(tmp_path / f"{number}.zip").findings[0]["line"] == 1
