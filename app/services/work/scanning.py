"""Have new files looked at by a scanner, beside everything else; nobody gets one before it is found clean."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
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
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at who waits, while there are places."""
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
        self._waiting: list[str] = []
        self._listed_at = 0.0
        self._turns: dict[str, int] = {}

    async def look(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Have files looked at until none waits, or until `goes_on` says no; how many those were. A place that becomes
        free is taken at once: nobody waits for the slow files of somebody else."""
        looks: dict[asyncio.Task[None], str] = {}
        looked = 0
        try:
            while True:
                while len(looks) < AT_ONCE and goes_on() and (one := await self._next(looks.values())) is not None:
                    looks[asyncio.create_task(self._scan(one))] = one.tenant
                    looked += 1
                if not looks:
                    return looked
                done, _ = await asyncio.wait(looks, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del looks[task]
                    task.result()
        finally:
            for task in looks:
                task.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    async def _next(self, held: Iterable[str]) -> Unscanned | None:
        """Of the tenant that has the fewest places, and of those the one whose turn is longest ago."""
        now = asyncio.get_running_loop().time()
        if not self._waiting or now - self._listed_at >= LOOK_EVERY:
            self._waiting, self._listed_at = list(await self._store.unscanned_tenants()), now
            self._turns = {tenant: turn for tenant, turn in self._turns.items() if tenant in self._waiting}
        places = Counter(held)
        while self._waiting:
            tenant = min(self._waiting, key=lambda one: (places[one], self._turns.get(one, 0)))
            if one := await self._store.take_unscanned(tenant, TAKEN_FOR):
                self._turns[tenant] = max(self._turns.values(), default=0) + 1
                return one
            self._waiting.remove(tenant)
        return None

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
