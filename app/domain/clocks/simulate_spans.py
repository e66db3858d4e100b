"""The stretches of one cycle of a simulated clock: running, paused or stopped, and what of them counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.calendars.business_time import Segment, joined
from app.domain.calendars.timeline import Timeline
from app.domain.clocks.state import STOPPED, ClockState


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which one state lasted. `why` is None while it runs: the calendar then says what counts."""

    since: datetime
    until: datetime
    timeline: Timeline
    why: str | None = None


def spans_between(state: ClockState, since: datetime, until: datetime, timeline: Timeline) -> Iterator[Span]:
    """How a clock passes the time to `until` if nothing happens; a pause may end by itself on the way."""
    if state.status == "running":
        yield Span(since, until, timeline)
    elif state.status in STOPPED:
        yield Span(since, until, timeline, "stopped")
    elif state.status == "paused":
        ends = min(state.resume_at or until, until)
        yield Span(since, ends, timeline, paused_because(state.pause_reason))
        yield Span(ends, until, timeline)


def spans_of_the_past(pending: ClockState, since: datetime, until: datetime, timeline: Timeline) -> Iterator[Span]:
    """The time before a clock was started that it counts, without its pauses."""
    for past in pending.pauses:
        first, last = min(max(past.since, since), until), min(past.until or until, until)
        if last > since:
            yield Span(since, first, timeline)
            yield Span(first, last, timeline, paused_because(past.reason))
            since = last
    yield Span(since, until, timeline)


def counting_on(spans: Sequence[Span]) -> list[Span]:
    """As if it had never been stopped: what came after the last stop counts."""
    kept = list(spans)
    index = len(kept)
    while index and kept[index - 1].why == "stopped":
        index -= 1
    return [*kept[:index], *(replace(span, why=None) for span in kept[index:])]


def segments_of(spans: Sequence[Span], stopped: bool, since: datetime | None = None) -> Iterator[Segment]:
    """Counted or left out, and why; from the start (or `since`) to the stop, if the clock is `stopped`."""
    kept = [replace(span, since=max(span.since, since)) for span in spans] if since else list(spans)
    while stopped and kept and kept[-1].why == "stopped":
        kept.pop()
    return joined(_counted(span for span in kept if span.since < span.until))


def _counted(spans: Iterable[Span]) -> Iterator[Segment]:
    for span in spans:
        if span.why is None:
            yield from span.timeline.segments(span.since, span.until)
        else:
            yield Segment(span.since, span.until, False, span.why)


def paused_because(reason: str | None) -> str:
    return f"paused: {reason}" if reason else "paused"
