"""What a browser carries for us between two requests, sealed: nobody reads it, changes it, or makes one.

AES-256-GCM (NIST SP 800-38D) with a random nonce, under a key that HKDF (RFC 5869) derives from a secret of the
operator. What a value is for is part of its seal, so that it is good for nothing else.
"""

import base64
import json
import os
import time
import zlib
from binascii import Error as NotBase64
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.values.errors import TooLarge
from app.domain.values.json import Json

NONCE_BYTES = 12
LARGEST = 4 * 2**20
"""Bytes of what is sealed, as JSON."""


class Sealing:
    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        derive = HKDF(SHA256(), length=32, salt=None, info=b"stateward seals")
        self._key = AESGCM(derive.derive(secret.encode()))
        self._clock = clock

    def seal(self, what: str, told: Json, lasts: float | None) -> str:
        """JSON that is good for `what`, for so many seconds; None: as long as the secret is. Raises TooLarge."""
        until = None if lasts is None else self._clock() + lasts
        plain = json.dumps([until, told], separators=(",", ":")).encode()
        if len(plain) > LARGEST:
            raise TooLarge("this is too large to be carried by a browser")
        text = zlib.compress(plain)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._key.encrypt(nonce, text, what.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, what: str, text: str) -> Json | None:
        """What was sealed; None where it was not for this, not by us, or is too old."""
        try:
            sealed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            opened = self._key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], what.encode())
        except (InvalidTag, NotBase64, ValueError):
            return None
        plain = zlib.decompressobj().decompress(opened, LARGEST + 1)
        if len(plain) > LARGEST:
            return None
        until, told = json.loads(plain)
        return told if until is None or self._clock() < until else None
