"""The ticks of a process: a few interval jobs in memory, none of which is needed for an answer to be right."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.services.assembly import Assembly
from app.services.store.failures import StoreUnavailable
from app.services.work.attachments import UNATTACHED_FOR

FIRE_EVERY = 0.5
"""Seconds between two looks at what is due."""
LEARN_EVERY = 10
SEQUENCE_EVERY = 0.25
"""Seconds between two looks at what waits for its place in the log."""
SIGN_EVERY = 5
"""Seconds between two looks for what is to be signed."""
FORGET_EVERY = 600
"""Seconds between two deletions of idempotency answers that have expired."""
SCAN_EVERY = 1
"""Seconds between two looks for files that wait for the scanner."""
CLEAN_EVERY = 3600
"""Seconds between two looks for bytes of attachments that nobody attached."""
MAKE_EVERY = 2
"""Seconds between two looks for exports that nobody makes."""
CHECK_EVERY = 300
"""Seconds between two looks whether the log is to be checked."""
CHECKED_EVERY = timedelta(days=1)
LASTS = 60.0
"""Seconds after which a tick that is still at it says so, for no other of its kind begins meanwhile."""
STOP_WITHIN = 5.0
"""Seconds that a stop waits for the transactions that are under way."""
_LASTS = "%s: at it for %d s, and not again before that ends"
log = logging.getLogger("stateward.scheduler")


class Ticks:
    """No job store: what a job does, it finds in the database, so any number of replicas may tick.

    `fires`: whether it escalates; else it only learns what others declare. `loops`: transactions side by side.
    `is_my_turn` is asked before each tick.
    """

    def __init__(self, assembly: Assembly, *, fires: bool, loops: int, is_my_turn: Callable[[], bool]) -> None:
        self._assembly = assembly
        self._loops = loops
        self._is_my_turn = is_my_turn
        self._stopping = False
        self._under_way: set[asyncio.Task[object]] = set()
        self._out: set[str] = set()
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a tick that lasts is nothing to warn of
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._jobs = AsyncIOScheduler(job_defaults=options)
        self._fires = fires
        self._seen: frozenset[tuple[str, int]] = frozenset()
        self._again: frozenset[str] = frozenset()
        self._add("learn calendars", LEARN_EVERY, self.learn)
        if fires:
            self._add("fire what is due", FIRE_EVERY, self._fire)
            self._add("sequence the log", SEQUENCE_EVERY, self._sequence)
            self._add("sign the log", SIGN_EVERY, self._sign)
            self._add("forget answers", FORGET_EVERY, assembly.store.forget_answers)
            self._add("forget what nobody attached", CLEAN_EVERY, self._clean)
            self._add("have exports made", MAKE_EVERY, self._make)
            self._add("forget exports", FORGET_EVERY, assembly.export_jobs.sweep)
            if assembly.checker is not None:
                self._add("check the log", CHECK_EVERY, self._check)
            if assembly.scans is not None:
                self._add("have files checked", SCAN_EVERY, self._scan)

    def start(self) -> None:
        self._jobs.start()

    async def stop(self) -> None:
        """Finish the transactions that are under way, and begin none."""
        self._stopping = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_WITHIN)
        self._jobs.shutdown(wait=False)  # cancels what does not end
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_WITHIN)

    def _add(self, name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        self._jobs.add_job(self._run, "interval", args=(name, work), seconds=seconds, id=name)

    async def _run(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """One tick. That the database is away is said once, and once more when it is back; so is a tick that lasts."""
        if self._stopping:
            return
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        lasts = asyncio.get_running_loop().call_later(LASTS, log.warning, _LASTS, name, LASTS)
        try:
            await work()
        except StoreUnavailable as error:
            if name not in self._out:
                log.warning("cannot %s: the database is not available (%s); trying again and again", name, error)
            self._out.add(name)
        except Exception:  # the next tick may do better, and the other jobs have nothing to do with it
            log.exception("cannot %s", name)
        else:
            if name in self._out:
                log.warning("the database is back: %s goes on", name)
            self._out.discard(name)
        finally:
            lasts.cancel()
            self._under_way.discard(task)

    async def _fire(self) -> None:
        """Fire until nothing is due; what somebody else has locked is left to the next tick."""
        before: datetime | None = None
        while self._is_my_turn() and not self._stopping:
            earliest, now = await self._assembly.store.next_due()
            if earliest is None or earliest > now or earliest == before:
                return
            before = earliest
            drained = await asyncio.gather(*(self._drain() for _ in range(self._loops)), return_exceptions=True)
            for failure in drained:
                if isinstance(failure, BaseException):
                    raise failure

    async def _sequence(self) -> None:
        if self._is_my_turn():
            await self._assembly.ledger.sequence()

    async def _sign(self) -> None:
        if self._is_my_turn():
            await self._assembly.checkpoints.look()

    async def _clean(self) -> None:
        if self._is_my_turn():
            await self._assembly.attachments.forget_unattached(datetime.now(UTC) - UNATTACHED_FOR)

    async def _make(self) -> None:
        if self._is_my_turn():
            await self._assembly.export_jobs.look()

    async def _check(self) -> None:
        """By a process of its own, which asks once more whether it is due, and whether nobody else is at it."""
        checker = self._assembly.checker
        if checker is not None and self._is_my_turn() and await self._assembly.store.check_due(CHECKED_EVERY):
            checker.wake()

    async def _scan(self) -> None:
        """Until none waits; others look at other files meanwhile."""
        if (scans := self._assembly.scans) is not None:
            await scans.look(lambda: self._is_my_turn() and not self._stopping)

    async def learn(self) -> None:
        """Learn the calendars that others put in force, and let the clocks that run count by them.

        Twice: a process that had not learned of one yet may have moved a clock after it was looked at.
        """
        calendars = self._assembly.calendars
        new = set(await calendars.learn(self._assembly.store))
        if not self._fires or not self._is_my_turn():
            return
        later = frozenset((name, calendars.version(name)) for name in calendars.names() if calendars.version(name) > 1)
        new |= {name for name, _ in later - self._seen}
        names = {name for name in self._again | new if not calendars.is_correction(name)}
        if names:
            count = len(await self._assembly.recalculation.recalculate(names))
            log.info("recalculated %d clocks of %s", count, ", ".join(sorted(names)))
        self._seen, self._again = later, frozenset(new)

    async def _drain(self) -> None:
        while not self._stopping and await self._assembly.desk.escalate():
            pass
