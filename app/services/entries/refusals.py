"""Refused attempts in the log: singly, and above so many a minute of one caller counted, in one entry for the rest."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.services.entries.writing import entry_of, write
from app.services.fairness.fair_queue import Caller
from app.services.fairness.limits import USUAL
from app.services.store.failures import StoreUnavailable
from app.services.store.transactions import EntryTransaction, Transactions

MINUTE = 60.0
LOOK_EVERY = 1.0
"""Seconds between two looks for minutes that are over."""
MOST_NAMES = 100
"""Pairs of code and event that an entry tells apart, so that it always fits."""
OTHERS = "*"
log = logging.getLogger("stateward.refusals")


@dataclass(frozen=True, slots=True)
class CountedRefusal:
    """A refusal that has no entry of its own: `event` is that of the attempt, or the act of a built-in verb."""

    caller: Caller
    code: str
    event: str
    at: datetime


@dataclass(slots=True)
class Minute:
    """Of one caller, from their first refusal on: `singly` have an entry each, the others are counted."""

    ends: float
    singly: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    since: datetime | None = None
    until: datetime | None = None

    def count(self, one: CountedRefusal) -> None:
        name = (one.code, one.event)
        self.counts[name if name in self.counts or len(self.counts) < MOST_NAMES else (one.code, OTHERS)] += 1
        self.since = self.since or one.at
        self.until = one.at


class Refusals:
    """Of this process: each replica counts for itself. Where it is killed it loses the counts of the minutes that run,
    and its log has a line for each of them."""

    def __init__(
        self,
        store: Transactions[EntryTransaction],
        most: int = USUAL.refusals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._store = store
        self.clock = clock
        self._minutes: dict[Caller, Minute] = {}
        self._over: list[tuple[Caller, Minute]] = []
        self._closed = asyncio.Event()

    def singly(self, caller: Caller) -> bool:
        """Whether one more refusal of the caller gets an entry of its own, which is then taken."""
        minute = self._minute(caller)
        if minute.singly >= self.most:
            return False
        minute.singly += 1
        return True

    def count(self, refused: Iterable[CountedRefusal]) -> None:
        """Those whose transaction is committed."""
        for one in refused:
            minute = self._minute(one.caller)
            if not minute.counts:
                tenant, subject = one.caller
                log.warning("%s of %s is refused often: counted until a minute is over", subject, tenant)
            minute.count(one)

    async def run(self) -> None:
        """Write what is over until `close`, and then all that is left."""
        while not self._closed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), LOOK_EVERY)
            await self.write(everything=self._closed.is_set())
        if self._over:
            log.error("%d entries of counted refusals could not be written", len(self._over))

    def close(self) -> None:
        self._closed.set()

    async def write(self, *, everything: bool = False) -> None:
        """An entry for each minute that is over and had more refusals than have entries. What cannot be written now is
        tried again."""
        now = self.clock()
        for caller, minute in list(self._minutes.items()):
            if everything or minute.ends <= now:
                self._end(caller, minute)
        over, self._over = self._over, []
        for caller, minute in over:
            try:
                await self._record(caller, minute)
            except Exception as error:  # whatever it is: the next look may go well, and the counts are all there is
                unexpected = not isinstance(error, StoreUnavailable)
                log.warning("counted refusals cannot be written yet: %s", error, exc_info=unexpected)
                self._over.append((caller, minute))

    def _minute(self, caller: Caller) -> Minute:
        now, minute = self.clock(), self._minutes.get(caller)
        if minute is not None and minute.ends > now:
            return minute
        if minute is not None:
            self._end(caller, minute)
        begun = self._minutes[caller] = Minute(now + MINUTE)
        return begun

    def _end(self, caller: Caller, minute: Minute) -> None:
        del self._minutes[caller]
        if minute.counts:
            self._over.append((caller, minute))

    async def _record(self, caller: Caller, minute: Minute) -> None:
        tenant, subject = caller
        async with self._store.transaction(tenant) as tx:
            locked = await tx.lock([], [])
            says = _counted(minute)
            await write(tx, entry_of("denied", tenant, locked.at, actor={"reference": subject}, says=says))


def _counted(minute: Minute) -> dict[str, Json]:
    assert minute.since is not None
    assert minute.until is not None
    counts: list[Json] = [
        {"code": code, "event": event, "count": n} for (code, event), n in sorted(minute.counts.items())
    ]
    return {
        "counted": minute.counts.total(),
        "counts": counts,
        "since": rfc3339(minute.since),
        "until": rfc3339(minute.until),
    }
