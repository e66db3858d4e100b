"""Scan a file by a command: the bytes on its stdin, or the path of a file where it has a place for one."""

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from app.services.work.scanning import ScanFailed, Verdict

FILE: Final = "{file}"
"""Where the path of the file stands among the words of the command."""
CLEAN, INFECTED = 0, 1
"""Exit codes, as those of clamscan and its likes; another one means that it could not look."""
MOST_SAID: Final = 4096
OURS: Final = "STATEWARD_"


@dataclass(frozen=True)
class CommandScanner:
    """No shell reads its words, and it sees none of our settings."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, told: str) -> Self:
        words = tuple(shlex.split(told))
        if not words or shutil.which(words[0]) is None:
            raise ValueError("names no command that can be run")
        return cls(words)

    async def scan(self, pieces: AsyncIterator[bytes], size: int) -> Verdict:
        if not any(FILE in word for word in self.words):
            return await self._run(self.words, pieces)
        with tempfile.TemporaryDirectory(prefix="stateward-scan-") as folder:
            path = Path(folder) / "file"
            async for piece in pieces:
                await asyncio.to_thread(_append, path, piece)
            return await self._run(tuple(word.replace(FILE, str(path)) for word in self.words), None)

    async def _run(self, words: tuple[str, ...], pieces: AsyncIterator[bytes] | None) -> Verdict:
        process = await self._started(words, DEVNULL if pieces is None else PIPE)
        try:
            said, _ = await asyncio.gather(_said(process), _fed(process, pieces))
            code = await process.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it started: it leads a session of its own
            await process.wait()
            raise
        if code not in (CLEAN, INFECTED):
            raise ScanFailed(f"{words[0]} ended with exit code {code}")
        return Verdict(code == INFECTED, said if code == INFECTED else "")

    async def _started(self, words: tuple[str, ...], stdin: int) -> Process:
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(OURS)}
        try:
            return await asyncio.create_subprocess_exec(
                *words, stdin=stdin, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise ScanFailed(f"{words[0]} cannot be run: {error.strerror}") from None


async def _said(process: Process) -> str:
    """Its first line, read to the end so that it never waits for a reader."""
    assert process.stdout is not None
    head = b""
    while piece := await process.stdout.read(64 * 1024):
        head = (head + piece)[:MOST_SAID]
    return head.decode(errors="replace").partition("\n")[0].strip()


async def _fed(process: Process, pieces: AsyncIterator[bytes] | None) -> None:
    """It may know enough before it has read everything."""
    if pieces is None:
        return
    assert process.stdin is not None
    with suppress(ConnectionError):
        async for piece in pieces:
            process.stdin.write(piece)
            await process.stdin.drain()
    with suppress(ConnectionError):
        process.stdin.close()
        await process.stdin.wait_closed()


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
