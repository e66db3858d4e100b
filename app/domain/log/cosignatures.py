"""Cosignatures of witnesses (C2SP tlog-cosignature): somebody else says that they saw a checkpoint, and when.

A witness signs "cosignature/v1", a line with the time in seconds, and the text of the checkpoint; its line in a note is
`\N{EM DASH} NAME BASE64(key id || time in 8 bytes || signature)`.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.domain.log.notes import ID_BYTES, BadNote, FalseSignature, UnknownKeys, VerifierKey, key_parts, signature_of

COSIGNATURE: Final = b"\4"
"""The type of a cosignature, as the format of notes numbers them."""
TIME_BYTES: Final = 8
LATEST: Final = 253402300799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness. Written `NAME+ID+BASE64`, as other keys are, with a type of its own."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + COSIGNATURE + self.public).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(COSIGNATURE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Raises BadNote, also where the id is not that of name and key."""
        key = cls(*key_parts(text, COSIGNATURE))
        if text.split("+")[1] != key.id.hex():
            raise BadNote(f"the id of the key {key.name} should be {key.id.hex()}")
        return key


@dataclass(frozen=True, slots=True)
class Cosignature:
    witness: WitnessKey
    at: datetime
    line: str
    """As it stands in a note, with its newline."""


def cosigned(text: str, at: int) -> str:
    """What a witness signs who saw the checkpoint with this text, in seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{text}"


def cosignature_of(line: str, text: str, witnesses: Iterable[WitnessKey]) -> Cosignature:
    """What a line says of the checkpoint with this text. Raises BadNote, UnknownKeys, FalseSignature."""
    line = line.strip()
    name, told = signature_of(line)
    witness = next((one for one in witnesses if (one.name, one.id) == (name, told[:ID_BYTES])), None)
    if witness is None:
        raise UnknownKeys(f"{name} is no witness of STATEWARD_WITNESSES")
    at, signature = int.from_bytes(told[ID_BYTES : ID_BYTES + TIME_BYTES]), told[ID_BYTES + TIME_BYTES :]
    if not 0 < at <= LATEST or not VerifierKey(name, witness.public).verifies(cosigned(text, at), signature):
        raise FalseSignature(f"{name} did not cosign this checkpoint, as the line says")
    return Cosignature(witness, datetime.fromtimestamp(at, UTC), f"{line}\n")
