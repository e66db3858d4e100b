"""Signed notes and the checkpoints that they carry (C2SP signed-note and tlog-checkpoint), signed with Ed25519.

A note is a text, an empty line, and a line `— NAME BASE64(key id || signature)` for each key that signed the text.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.domain.log.tree import HASH_BYTES

ED25519: Final = b"\1"
"""The type of a signature, as the format numbers them."""
ID_BYTES: Final = 4
KEY_BYTES: Final = 32
PRIVATE: Final = "PRIVATE+KEY+"
SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")
DASH: Final = "\N{EM DASH} "
MOST_SIGNATURES: Final = 64
MOST_LETTERS: Final = 1 << 20


class BadNote(ValueError):
    """A note, a checkpoint or a key that is not written as the format says."""


class FalseSignature(BadNote):
    """A key that is known is said to have signed what it did not sign."""


class UnknownKeys(BadNote):
    """None of the keys that signed is known."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was: how many entries, and the root of the tree over them. `origin` names the log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise BadNote("a checkpoint has three lines or more, none of them empty")
        origin, size, root, *extensions = lines
        if not SIZE.fullmatch(size):
            raise BadNote("the second line of a checkpoint is the number of leaves")
        return cls(origin, int(size), _decoded(root, HASH_BYTES, "the third line of a checkpoint"), tuple(extensions))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key, by which everybody may check its signatures. Written `NAME+ID+BASE64`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises BadNote, also where the id is not that of name and key."""
        key = cls(*key_parts(text))
        if text.split("+")[1] != key.id.hex():
            raise BadNote(f"the id of the key {key.name} should be {key.id.hex()}")
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A whole key. Written `PRIVATE+KEY+NAME+ID+BASE64`."""

    name: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str) -> "SigningKey":
        """Raises BadNote where the name has spaces or a plus."""
        return cls(_checked_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Raises BadNote, whose message does not tell the key."""
        if not text.startswith(PRIVATE):
            raise BadNote(f"a signing key begins with {PRIVATE}")
        key = cls(*key_parts(text.removeprefix(PRIVATE)))
        if text.split("+")[3] != key.verifier.id.hex():
            raise BadNote("the id of a signing key is not that of its name and key")
        return key

    @property
    def verifier(self) -> VerifierKey:
        public = Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()
        return VerifierKey(self.name, public)

    def written(self) -> str:
        """The secret as text: for the file that keeps it, and for nothing else."""
        encoded = base64.b64encode(ED25519 + self.secret).decode()
        return f"{PRIVATE}{self.name}+{self.verifier.id.hex()}+{encoded}"

    def signature_line(self, text: str) -> str:
        return signature_line(self.verifier, Ed25519PrivateKey.from_private_bytes(self.secret).sign(text.encode()))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """The text of a note, and the keys that are known and did sign it: one at least."""

    text: str
    signers: tuple[VerifierKey, ...]


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """What a note says of a signature, whoever made it."""
    return f"{DASH}{key.name} {base64.b64encode(key.id + signature).decode()}\n"


def signed(text: str, keys: Iterable[SigningKey]) -> str:
    """The note: while keys are exchanged it is signed by both."""
    return text + "\n" + "".join(key.signature_line(text) for key in keys)


def signers_named(note: str) -> frozenset[tuple[str, bytes]]:
    """Names and ids of the keys that are said to have signed. Raises BadNote."""
    return frozenset((name, told[:ID_BYTES]) for name, told in map(signature_of, _taken_apart(note)[1]))


def text_of(note: str) -> str:
    """What a note says, whoever signed it. Raises BadNote."""
    return _taken_apart(note)[0]


def opened(note: str, known: Iterable[VerifierKey]) -> OpenedNote:
    """Signatures of unknown keys are passed over. Raises FalseSignature, UnknownKeys, BadNote."""
    text, lines = _taken_apart(note)
    by_name = {(key.name, key.id): key for key in known}
    signers: list[VerifierKey] = []
    for name, signature in map(signature_of, lines):
        key = by_name.get((name, signature[:ID_BYTES]))
        if key is None:
            continue
        if not key.verifies(text, signature[ID_BYTES:]):
            raise FalseSignature(f"the note is not signed by {name}, as it says")
        if key not in signers:
            signers.append(key)
    if not signers:
        raise UnknownKeys("the note is signed by no key that is known")
    return OpenedNote(text, tuple(signers))


def _taken_apart(note: str) -> tuple[str, list[str]]:
    if len(note) > MOST_LETTERS:
        raise BadNote("the note is too long")
    if any("\ud800" <= letter <= "\udfff" for letter in note):
        raise BadNote("a note is UTF-8")
    if any(letter < " " and letter != "\n" for letter in note):
        raise BadNote("a note has no control characters")
    text, empty, signatures = note.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise BadNote("a note is a text, an empty line, and signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote(f"a note has at most {MOST_SIGNATURES} signatures")
    return f"{text}\n", lines


def signature_of(line: str) -> tuple[str, bytes]:
    """The name in a line of signatures, and what it signed with. Raises BadNote."""
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space:
        raise BadNote("a signature is a dash, the name of a key, and base64")
    signature = _decoded(encoded, None, "a signature")
    if len(signature) <= ID_BYTES:
        raise BadNote("a signature is longer than the id of its key")
    return _checked_name(name), signature


def key_parts(text: str, algorithm: bytes = ED25519) -> tuple[str, bytes]:
    """Name and key of what is written NAME+ID+BASE64. Raises BadNote."""
    parts = text.strip().split("+", 2)  # a name has no plus, base64 may
    if len(parts) != 3:
        raise BadNote("a key is written NAME+ID+BASE64")
    name, _, encoded = parts
    key = _decoded(encoded, KEY_BYTES + 1, "the last part of a key")
    if key[:1] != algorithm:
        raise BadNote(f"the key of {name} must be of the type {algorithm[0]}, not {key[0]}")
    return _checked_name(name), key[1:]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise BadNote("the name of a key has no spaces and no plus")
    return name


def _decoded(text: str, length: int | None, what: str) -> bytes:
    try:
        found = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadNote(f"{what} is base64") from None
    if base64.b64encode(found).decode() != text or (length is not None and len(found) != length):
        raise BadNote(f"{what} is base64" + ("" if length is None else f" of {length} bytes"))
    return found
