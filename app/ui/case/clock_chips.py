"""Clocks as chips: a shape and words before any colour, and the moment beside them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.clocks.after_event import Clocks
from app.domain.clocks.state import ClockState
from app.ui.case.telling import Telling
from app.ui.frame.times import local_time

OVERDUE, TODAY, RUNNING, PAUSED, MET = "▲", "◆", "●", "‖", "✓"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """`tone` is that of a tag; `moment` is when it is due, or when it was met."""

    name: str
    title: str
    tone: str
    shape: str
    words: str
    moment: datetime | None


def chips(told: Telling, clocks: Clocks) -> tuple[Chip, ...]:
    """Those that have started, the most urgent first."""
    started = [state for state in clocks.values() if state.started_at and state.status != "cancelled"]
    return tuple(_chip(told, state) for state in sorted(started, key=_urgency))


def _urgency(state: ClockState) -> tuple[bool, bool, str]:
    return state.stopped_at is not None, state.due_at is None, str(state.due_at)


def _chip(told: Telling, state: ClockState) -> Chip:
    tone, shape, words, moment = _words(told, state)
    return Chip(name=state.name, title=told.clock(state.name), tone=tone, shape=shape, words=words, moment=moment)


def _words(told: Telling, state: ClockState) -> tuple[str, str, str, datetime | None]:
    _ = told.gettext
    if state.status == "met":
        return "ok", MET, _("Met"), state.stopped_at
    if state.status == "met_late":
        return "late", OVERDUE, _("Met too late"), state.stopped_at
    if state.status == "paused":
        late = state.breached_at is not None
        return ("late" if late else "paused"), PAUSED, _("Overdue, paused") if late else _("Paused"), state.due_at
    if state.due_at is None:
        return "neutral", RUNNING, _("Running"), None
    words = told.times.due(state.due_at)
    if state.breached_at is not None or state.due_at <= told.now:
        return "late", OVERDUE, words, state.due_at
    soon = local_time(state.due_at, told.reader.zone).date() <= told.now.astimezone(told.reader.zone).date()
    return ("soon" if soon else "neutral"), TODAY if soon else RUNNING, words, state.due_at
