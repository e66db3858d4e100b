"""Why a clock is due when it is: every stretch of time that one of its cycles counted or left out (R17)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from app.domain.calendars.local_time import MICROSECOND
from app.domain.calendars.port import Timelines
from app.domain.clocks.course import elapsed
from app.domain.clocks.history import ClockChange
from app.domain.clocks.rules import ClockRule
from app.domain.clocks.simulate import Fired, segment_json, steps_json
from app.domain.clocks.simulate_spans import Span, counting_on, segments_of, spans_between, spans_of_the_past
from app.domain.clocks.state import STOPPED, ClockState
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339, rfc3339_or_none

MOST_SEGMENTS: Final = 1000
"""On a told."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of the segments is told: those from a moment on (left out, the start), and how many."""

    since: datetime | None = None
    limit: int = MOST_SEGMENTS


def explained(
    rule: ClockRule,
    changes: Sequence[ClockChange],
    cycle: int,
    calendars: Timelines,
    now: datetime,
    fired: Fired,
    stretch: Stretch = Stretch(),
) -> dict[str, Any]:
    """One cycle until it stopped, or until now; `changes` are those of the clock from its first entry on, `fired` the
    firings of the cycle."""
    state = [change.after for change in changes if change.after.cycle == cycle][-1]
    timeline = calendars.timeline(state.calendar)
    spans = _spans(rule, [change for change in changes if change.after.cycle <= cycle], cycle, calendars, now)
    counted = elapsed(state, timeline, now)
    found = segments_of(spans, state.status in STOPPED, stretch.since)
    segments, more = list(islice(found, stretch.limit)), next(found, None)
    return {
        "clock": state.name,
        "title": rule.declared.title,
        "cycle": cycle,
        "state": state.status,
        "calendar": state.calendar,
        "target_seconds": _seconds(state.target // MICROSECOND) if state.target else None,
        "elapsed_seconds": _seconds(counted // MICROSECOND),
        "started_at": rfc3339_or_none(state.started_at),
        "due_at": rfc3339_or_none(state.due_at),
        "breached_at": rfc3339_or_none(state.breached_at),
        "breach_reason": state.breach_reason,
        "detected_at": rfc3339_or_none(state.detected_at),
        "late_by_seconds": _seconds(state.late_by // MICROSECOND) if state.late_by else None,
        "steps": steps_json(state, rule.steps, timeline, fired),
        "segments": [segment_json(segment) for segment in segments],
        "next_cursor": rfc3339(more.since) if more else None,
    }


def elapsed_by(
    rule: ClockRule, changes: Sequence[ClockChange], state: ClockState, calendars: Timelines, now: datetime
) -> timedelta:
    """What a clock would have counted until now, had it always counted by these calendars."""
    spans = _spans(
        rule, [change for change in changes if change.after.cycle <= state.cycle], state.cycle, calendars, now
    )
    counting = (one for one in spans if one.why is None)
    return sum((one.timeline.worked(one.since, one.until) for one in counting), timedelta(0))


def _spans(
    rule: ClockRule, changes: Sequence[ClockChange], cycle: int, calendars: Timelines, now: datetime
) -> list[Span]:
    spans: list[Span] = []
    state: ClockState | None = None
    seen = now
    for change in changes:
        spans += _passed(state, seen, change.at, calendars)
        before, state = state, change.after
        if before is not None and state.cycle > before.cycle:
            spans = []
        if state.started_at is not None and (before is None or before.started_at is None):
            pending = before or ClockState(name=state.name)
            spans = list(spans_of_the_past(pending, state.started_at, change.at, calendars.timeline(state.calendar)))
        elif before is not None and before.cycle == state.cycle and state.started_at != before.started_at:
            spans = _begun_anew(spans, before, state, calendars)
        elif before is not None and before.status in STOPPED and state.status == "running" and state.cycle == cycle:
            spans = counting_on(spans) if rule.declared.reopen == "continue" else spans
        seen = max(change.at, state.since or change.at)
        spans = _before(spans, seen)
    return spans + _passed(state, seen, now, calendars)


def _begun_anew(spans: list[Span], before: ClockState, state: ClockState, calendars: Timelines) -> list[Span]:
    """From where it started after all."""
    was, begins = before.started_at, state.started_at
    if was is None or begins is None:
        return spans
    if begins < was:
        told = spans_of_the_past(ClockState(name=state.name), begins, was, calendars.timeline(state.calendar))
        return [*told, *spans]
    return [replace(span, since=max(span.since, begins)) for span in spans if span.until > begins]


def _before(spans: list[Span], moment: datetime) -> list[Span]:
    """What an import tells later may lie before steps that have fired: the time until those is told anew."""
    return [replace(span, until=min(span.until, moment)) for span in spans if span.since < moment]


def _passed(state: ClockState | None, since: datetime, until: datetime, calendars: Timelines) -> list[Span]:
    """How the clock spent the time between two changes."""
    if state is None or state.started_at is None:
        return []
    since = max(since, state.started_at)
    return list(spans_between(state, since, until, calendars.timeline(state.calendar))) if since < until else []


def _seconds(microseconds: int) -> Json:
    whole, rest = divmod(microseconds, 1_000_000)
    return microseconds / 1_000_000 if rest else whole
