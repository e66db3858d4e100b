"""Let the cases of a log live again at the log's own time, with each step at its exact moment: what would have been."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.case.attempt import Attempt
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.assembly import Assembly
from app.services.desk.answer import Answer
from app.services.desk.batch import Batch
from app.services.desk.working_copy import TICK
from app.services.replay.back_test_report import Judged
from app.services.replay.event_log import LoggedEvent
from app.services.replay.report import Report

EVENTS_AT_ONCE = 2000
"""Of so many cases' lives at least is one transaction."""
BY_LOG = ("occurred_at", "idempotency_key")
"""What of a line the time of the back-test stands for: an event happens when the log says, and once."""
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the log at the time that it counts by: never before the line of its case that stands above it."""

    at: datetime
    line: LoggedEvent
    attempt: Attempt


Life = Sequence[Happened]


def life_of(events: Iterable[LoggedEvent], attempt_of: Callable[[LoggedEvent], Attempt]) -> Life:
    """The lines of a case, in their order. Raises what reading and `attempt_of` raise."""
    life: list[Happened] = []
    for event in events:
        at = parse_rfc3339(event.attempt["occurred_at"])
        life.append(Happened(max(at, life[-1].at) if life else at, event, attempt_of(event)))
    return life


class BackTest:
    """Cases have nothing to do with each other, so each may live its whole life before the next begins.

    Everything is decided and recorded as it would be by the desk and the scheduler: by the same batch, into `assembly`,
    whose store is to be a scratch one.
    """

    def __init__(self, assembly: Assembly, until: datetime, *, keep_breaches: bool = True) -> None:
        self.report = Report()
        self.judged = Judged(until, keep_breaches)
        self._assembly = assembly
        self._until = until

    async def run(self, all_lives: Iterable[Life], progress: Callable[[Report], None] = lambda _: None) -> None:
        for some in _in_chunks(all_lives):
            await self._together(some)
            progress(self.report)
        await self._judge()

    async def _together(self, some: Sequence[Life]) -> None:
        tenants = {happened.attempt.tenant for life in some for happened in life}
        async with self._assembly.store.transaction(*tenants) as tx:
            locked = await tx.lock([], [])
            assembly = self._assembly
            batch = Batch(locked, assembly.definitions, assembly.policies.engine, assembly.calendars)
            for life in some:
                self._live(batch, life)
            await tx.record(batch.record())

    def _live(self, batch: Batch, life: Life) -> None:
        for happened in life:
            self._tick(batch, happened, happened.at)
            batch.copy.at = happened.at
            self.report.add(happened.line, _result(batch.answer(_by_the_log(batch, happened))))
        self._tick(batch, life[-1], self._until + TICK)
        case = batch.copy.case(life[-1].attempt.names)
        if case is not None and life[-1].line.reference in self.report.state_of:
            self.report.state_of[life[-1].line.reference] = case.state  # a step may have moved it since its last line

    def _tick(self, batch: Batch, happened: Happened, before: datetime) -> None:
        """Fire what is due, each moment at that moment. What is due just when an event happens comes after it (R6)."""
        case = batch.copy.case(happened.attempt.names)
        if case is None:
            return
        self.judged.references[case.id] = happened.line.reference
        while (due := batch.copy.next_fire_at(case.id)) is not None and due < before:
            batch.copy.at = due
            self.judged.fired(batch.escalate(case.id))

    async def _judge(self) -> None:
        after = None
        while page := await self._assembly.store.every_clock(after, PAGE):
            self.judged.clocks(page)
            after = (page[-1].tenant, page[-1].case_id, page[-1].name, page[-1].cycle)


def _by_the_log(batch: Batch, happened: Happened) -> Attempt:
    """Lines of one timestamp have entries a microsecond apart, and happen at one moment all the same (R6)."""
    case = batch.copy.case(happened.attempt.names)
    if case is None or case.recorded_at < happened.at:
        return happened.attempt
    return replace(happened.attempt, occurred_at=happened.at)


def _in_chunks(all_lives: Iterable[Life]) -> Iterator[list[Life]]:
    chunk: list[Life] = []
    for life in all_lives:
        chunk.append(life)
        if sum(map(len, chunk)) >= EVENTS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _result(answer: Answer) -> dict[str, object]:
    """As the batch call tells it."""
    if answer.error is None:
        return {"case": answer.case}
    errors = [{"field": error.field, "message": error.message} for error in answer.error.errors]
    return {"problem": {"code": answer.error.code, "detail": answer.error.message, "errors": errors}}
