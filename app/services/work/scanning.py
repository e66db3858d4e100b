"""Have new files looked at by a scanner, beside everything else; nobody gets one before it is found clean."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from app.domain.values.errors import FileInfected, FileUnchecked
from app.services.store.scans import CLEAN, INFECTED, UNCHECKED, ScanStore, Unscanned
from app.services.store.work import StoredBlob
from app.services.work.contents import Missing

AT_ONCE: Final = 4
"""Files that one process has looked at at the same time."""
WITHIN: Final = 60.0
"""Seconds that a scanner may take for one file."""
TAKEN_FOR: Final = timedelta(seconds=WITHIN + 30)
"""How long nobody else takes a file that somebody is looking at."""
AGAIN_AFTER: Final = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Before each further try; the last one is repeated for ever, because a scanner that was away comes back."""
LONGEST_FOUND: Final = 200
FAILED: Final = "failed"
Read = Callable[[str, StoredBlob], AsyncIterator[bytes]]
Told = Callable[[str], None]
log = logging.getLogger("stateward")


class ScanFailed(Exception):
    """The scanner could not look; it is asked again later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says; `found` is its name for what it found."""

    infected: bool
    found: str = ""


class Scanner(Protocol):
    async def scan(self, pieces: AsyncIterator[bytes], size: int) -> Verdict:
        """Raises ScanFailed or OSError where it cannot tell."""
        ...


def check_scanned(state: str | None, *, scanning: bool) -> None:
    """Raises FileInfected, and FileUnchecked where files are scanned at all."""
    if state == INFECTED:
        raise FileInfected("This file was found to be harmful, and nobody gets it. Its entry in the log stays.")
    if state == UNCHECKED and scanning:
        raise FileUnchecked("This file has not been checked for harmful content yet. Try again in a moment.")


class Scans:
    """`told` counts what came of each look: clean, infected or failed."""

    def __init__(self, store: ScanStore, scanner: Scanner, read: Read, told: Told) -> None:
        self._store = store
        self._scanner = scanner
        self._read = read
        self.told = told

    async def look(self) -> int:
        """Have some files looked at that wait for it; how many those were."""
        taken = await self._store.take_unscanned(TAKEN_FOR, AT_ONCE)
        await asyncio.gather(*(self._scan(one) for one in taken))
        return len(taken)

    async def _scan(self, one: Unscanned) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                verdict = await self._scanner.scan(self._read(one.tenant, one.blob), one.blob.size)
        except (ScanFailed, Missing, OSError, TimeoutError) as error:
            await self._put_off(one, str(error) or type(error).__name__)
            return
        state = INFECTED if verdict.infected else CLEAN
        await self._store.note_scan(one.tenant, one.blob.sha256, state, verdict.found[:LONGEST_FOUND])
        self.told(state)
        if verdict.infected:
            log.warning("the scanner finds %s in file %s of %s", verdict.found or "harm", one.blob.sha256, one.tenant)

    async def _put_off(self, one: Unscanned, why: str) -> None:
        pause = AGAIN_AFTER[min(one.tries, len(AGAIN_AFTER)) - 1]
        await self._store.put_scan_off(one.tenant, one.blob.sha256, pause)
        self.told(FAILED)
        log.warning("file %s of %s is not checked yet: %s (try %d)", one.blob.sha256, one.tenant, why, one.tries)
