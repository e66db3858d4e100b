"""A reader of signed notes and checkpoints, written from the text of C2SP signed-note and tlog-checkpoint alone."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def read(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """The origin, the size and the root that a note says, signed by this key; raises where it is not so."""
    name, key_id, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == 1
    assert len(key) == 33
    assert hashlib.sha256(name.encode() + b"\x0a\x01" + key[1:]).digest()[:4].hex() == key_id
    decoded = note.decode("utf-8", errors="strict")
    assert all(ord(letter) >= 0x20 or letter == "\n" for letter in decoded)
    end = decoded.rindex("\n\n")
    text, signatures = decoded[: end + 1], decoded[end + 2 :]
    assert signatures.endswith("\n")
    verified = 0
    for line in signatures[:-1].split("\n"):
        dash, signer, signature = line.split(" ")
        assert dash == "—"
        blob = base64.b64decode(signature, validate=True)
        if (signer, blob[:4].hex()) == (name, key_id):
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[4:], text.encode())
            verified += 1
    assert verified, "no signature of a known key"
    origin, size, root, *_ = text.split("\n")
    assert origin
    assert str(int(size)) == size
    decoded_root = base64.b64decode(root, validate=True)
    assert len(decoded_root) == 32
    return origin, int(size), decoded_root
