"""Fire a log's events again, in their order within each case, and count what the machine and the policy said."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from time import monotonic

from app.domain.values.errors import ERRORS
from app.domain.values.json import JsonObject
from app.services.replay.event_log import BadLine, LoggedEvent
from app.services.replay.report import Report

BATCH = 1000  # the most that one batch call takes
LANES = 2  # of 10,000 places in a process the only caller of the only tenant gets 2,500
PAUSES = (0.5, 1, 2, 4, 8, 16, 30)  # seconds before each retry
FIRST_PAUSES = PAUSES[:2]  # a wrong address should not take a minute to say so
LONGEST_PAUSE = 60.0
UNSETTLED = {code for code, error in ERRORS.items() if error.passes}

Submit = Callable[[Sequence[JsonObject]], Awaitable[Sequence[JsonObject]]]
Lane = asyncio.Queue[list[LoggedEvent] | None]


class Stopped(Exception):
    """The replay cannot go on; the message says why and what to do in one sentence."""


class TryAgain(Exception):
    """No answer this time; the same keys may be sent again, after `after` seconds where the service said so."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class BadAttempt(Exception):
    """The service cannot read one attempt of the batch, and therefore took none; `index` counts from 0."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


class TooMuch(Exception):
    """The service takes no body of this size."""


async def replay(
    events: Iterable[LoggedEvent],
    submit: Submit,
    *,
    lanes: int = LANES,
    progress: Callable[[Report], None] = lambda _: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    report: Report | None = None,
) -> Report:
    """Submit every event once; `submit` takes attempts and answers one result for each, in order.

    All events of a reference go through one lane, whose batches follow each other, so that none overtakes.
    A bad line ends it after the lines before it, a Stopped at once: the report says why, and counts what was done. It
    is `report`, where one is given, so that whoever cancels this still knows what was answered.
    """
    began = monotonic()
    run = _Run(submit, progress, sleep, report or Report())
    source = run.readable(iter(events))
    try:
        await run.probe(source)
        await run.all(source, lanes)
    finally:
        run.report.seconds = monotonic() - began
    return run.report


class _Run:
    def __init__(
        self,
        submit: Submit,
        progress: Callable[[Report], None],
        sleep: Callable[[float], Awaitable[None]],
        report: Report,
    ) -> None:
        self.report = report
        self._submit = submit
        self._progress = progress
        self._sleep = sleep
        self._batch = BATCH
        self._settled_batches = 0
        self._halted = False

    def readable(self, source: Iterator[LoggedEvent]) -> Iterator[LoggedEvent]:
        """The events up to the first bad line, or until the replay is halted."""
        try:
            for event in source:
                if self._halted:
                    return
                yield event
        except BadLine as bad:
            self.report.stopped = str(bad)

    async def probe(self, source: Iterator[LoggedEvent]) -> None:
        """Send the first event alone: a caller who may not import leaves one `denied` entry, not thousands."""
        for event in source:
            (result,) = await self._send([event], FIRST_PAUSES) or [{}]
            problem = result.get("problem") or {}
            if problem.get("code") == "denied" and "case:admin" in str(problem):
                self._halt(f"may not act for others: {problem.get('detail')} Use a token with role:admin.")
            return

    async def all(self, source: Iterator[LoggedEvent], lanes: int) -> None:
        queues: list[Lane] = [asyncio.Queue(maxsize=2) for _ in range(lanes)]
        async with asyncio.TaskGroup() as group:
            for queue in queues:
                group.create_task(self._follow(queue))
            await self._distribute(source, queues)

    async def _distribute(self, source: Iterator[LoggedEvent], queues: list[Lane]) -> None:
        waiting: list[list[LoggedEvent]] = [[] for _ in queues]
        for event in source:
            lane = zlib.crc32(event.reference.encode()) % len(queues)
            waiting[lane].append(event)
            if len(waiting[lane]) >= self._batch:
                await queues[lane].put(waiting[lane])
                waiting[lane] = []
        for queue, rest in zip(queues, waiting, strict=True):
            await queue.put(rest)
            await queue.put(None)

    async def _follow(self, queue: Lane) -> None:
        while (events := await queue.get()) is not None:
            while events and not self._halted:
                part, events = events[: self._batch], events[self._batch :]
                await self._send(part)

    async def _send(self, events: list[LoggedEvent], pauses: Sequence[float] = PAUSES) -> Sequence[JsonObject]:
        """Send a batch and count its answers; none where the replay was halted by it."""
        try:
            results = await self._settled(events, pauses)
        except Stopped as reason:
            self._halt(str(reason))
            return []
        for event, result in zip(events, results, strict=True):
            self.report.add(event, result)
        self._progress(self.report)
        return results

    async def _settled(self, events: list[LoggedEvent], pauses: Sequence[float] = PAUSES) -> Sequence[JsonObject]:
        """One final answer for each event, asking again with the same keys as long as some are not. Gives up where no
        lane gets on meanwhile: others of ours may have the places that these need."""
        tries, settled = 0, self._settled_batches
        while True:
            try:
                results = await self._answers(events)
            except TryAgain as again:
                if settled != self._settled_batches:
                    tries, settled = 0, self._settled_batches
                if tries == len(pauses):
                    raise Stopped(f"gave up after {tries + 1} tries: {again}") from None
                await self._sleep(min(max(pauses[tries], again.after), LONGEST_PAUSE))
                tries += 1
            else:
                self._settled_batches += 1
                return results

    async def _answers(self, events: list[LoggedEvent]) -> Sequence[JsonObject]:
        try:
            results = await self._submit([event.attempt for event in events])
        except BadAttempt as bad:
            raise Stopped(f"{events[bad.index].place}: {bad}") from None
        except TooMuch:
            return await self._halves(events)
        if len(results) != len(events):
            raise Stopped(f"got {len(results)} answers to {len(events)} attempts; is this a Stateward service?")
        for result in results:
            if (problem := result.get("problem")) and problem.get("code") in UNSETTLED:
                raise TryAgain(f"{problem.get('code')}: {problem.get('detail')}")
        return results

    async def _halves(self, events: list[LoggedEvent]) -> Sequence[JsonObject]:
        if len(events) == 1:
            raise Stopped(f"{events[0].place}: this line alone is larger than the service takes.")
        middle = len(events) // 2
        self._batch = min(self._batch, middle)
        return [*await self._settled(events[:middle]), *await self._settled(events[middle:])]

    def _halt(self, reason: str) -> None:
        self._halted = True
        self.report.stopped = self.report.stopped or reason
