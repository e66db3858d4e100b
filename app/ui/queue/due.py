"""When a case is due, as a list tells it: a shape and words, and the moment below."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.case.case import Case
from app.domain.clocks.after_event import Clocks
from app.ui.frame.times import Times, local_time

OVERDUE, TODAY, RUNNING, PAUSED, MET = "▲", "◆", "●", "‖", "✓"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`counts`: the words are how far away the moment is, and the page counts on."""

    tone: str
    shape: str
    words: str
    moment: datetime | None = None
    counts: bool = False


def due_of(case: Case, clocks: Clocks, times: Times) -> Due | None:
    """By the soonest of its clocks; None where it has none."""
    if case.due_at is not None:
        return _running(case.due_at, times)
    say = times.words.gettext
    if any(clock.status == "paused" for clock in clocks.values()):
        return Due(tone="paused", shape=PAUSED, words=say("Paused"))
    stopped = [clock for clock in clocks.values() if clock.status in ("met", "met_late") and clock.stopped_at]
    if not stopped:
        return None
    last = max(stopped, key=lambda clock: str(clock.stopped_at))
    if last.status == "met":
        return Due(tone="ok", shape=MET, words=say("Met"), moment=last.stopped_at)
    return Due(tone="late", shape=OVERDUE, words=say("Met too late"), moment=last.stopped_at)


def _running(at: datetime, times: Times) -> Due:
    if at <= times.now:
        return Due(tone="late", shape=OVERDUE, words=times.due(at), moment=at, counts=True)
    today = local_time(at, times.zone).date() == times.now.astimezone(times.zone).date()
    tone, shape = ("soon", TODAY) if today else ("neutral", RUNNING)
    return Due(tone=tone, shape=shape, words=times.due(at), moment=at, counts=True)
