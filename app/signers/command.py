"""Checkpoints signed by a command: where the key lies in a device that does not give it away, or on another machine."""

import asyncio
import base64
import binascii
import os
import shlex
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from app.domain.log.notes import VerifierKey, signature_line
from app.services.log.signing import SigningFailed

PATIENCE: Final = 10.0
OURS: Final = "STATEWARD_"


@dataclass(frozen=True, slots=True)
class SigningCommand:
    """Gets the text on its stdin, and answers with the base64 of its Ed25519 signature. No shell reads its words, and
    it sees none of our settings."""

    key: VerifierKey
    words: tuple[str, ...]

    @classmethod
    def of(cls, told: str) -> Self:
        """The public key, a space, and the command. Raises ValueError."""
        key, *words = shlex.split(told)
        if not words or shutil.which(words[0]) is None:
            raise ValueError("names no command that can be run")
        return cls(VerifierKey.parse(key), tuple(words))

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        return (self.key,)

    async def sign(self, text: str) -> str:
        """Raises SigningFailed, also where what comes back is no signature of the key."""
        said = await self._asked(text.encode())
        try:
            signature = base64.b64decode(said.strip(), validate=True)
        except binascii.Error:
            raise SigningFailed(f"{self.words[0]} answered with no base64") from None
        if not self.key.verifies(text, signature):
            raise SigningFailed(f"{self.words[0]} answered with no signature of {self.key}")
        return f"{text}\n{signature_line(self.key, signature)}"

    async def _asked(self, text: bytes) -> bytes:
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(OURS)}
        try:
            process = await asyncio.create_subprocess_exec(
                *self.words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise SigningFailed(f"{self.words[0]} cannot be run: {error.strerror}") from None
        try:
            async with asyncio.timeout(PATIENCE):
                said, _ = await process.communicate(text)
        except TimeoutError:
            raise SigningFailed(f"{self.words[0]} took longer than {PATIENCE:.0f} seconds") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            await process.wait()
        if process.returncode:
            raise SigningFailed(f"{self.words[0]} ended with exit code {process.returncode}")
        return said
