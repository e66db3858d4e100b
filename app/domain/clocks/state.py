"""All that is known of one cycle of an SLA clock, as a value of bounded size, and its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from app.domain.calendars.local_time import MICROSECOND
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339

Status = Literal["pending", "running", "paused", "met", "met_late", "cancelled"]
BreachReason = Literal["due", "retarget"]
STOPPED: Final = frozenset({"met", "met_late"})
ACTIVE: Final = frozenset({"running", "paused"})


@dataclass(frozen=True, slots=True)
class Owed:
    """A step whose moment has passed, and that has yet to be recorded: as fired, or as skipped (R9)."""

    step: int
    n: int
    moment: datetime
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class PastPause:
    """A pause seen before the clock started; without `until` it lasts."""

    since: datetime
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """One cycle of a clock. `breached_at` is a fact beside the status: a breached clock goes on running.

    `given` is the target as declared, `target` the working time from start to due (other than `given` after
    keep_deadline, and for a clock whose due is a moment, `fixed_due`). `counted` is the working time until `since`;
    what came after is counted when asked for. `due_at` is None while there is none: pending, and paused in time.
    `reached[i]` says how many firings of step i have passed, of which the first `skipped[i]` were skipped, and which
    are recorded unless they are `owed`. `resume_at` ends a pause by itself. `known_since` is the moment of the entry
    that started it, where an importer said that it had started before. `pauses` are those before the start.
    """

    name: str
    cycle: int = 1
    status: Status = "pending"
    calendar: str = "always"
    started_at: datetime | None = None
    given: timedelta | None = None
    target: timedelta | None = None
    fixed_due: datetime | None = None
    counted: timedelta = timedelta(0)
    since: datetime | None = None
    due_at: datetime | None = None
    breached_at: datetime | None = None
    breach_reason: BreachReason | None = None
    detected_at: datetime | None = None
    stopped_at: datetime | None = None
    pause_reason: str | None = None
    resume_at: datetime | None = None
    reached: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    owed: tuple[Owed, ...] = ()
    next_fire_at: datetime | None = None
    known_since: datetime | None = None
    pauses: tuple[PastPause, ...] = ()

    @property
    def late_by(self) -> timedelta | None:
        """How long after the breach it was detected (R14)."""
        return self.detected_at - self.breached_at if self.detected_at and self.breached_at else None

    @property
    def running_due(self) -> datetime | None:
        """When it is due, while it runs."""
        return self.due_at if self.status == "running" else None

    def to_json(self) -> dict[str, Any]:
        """Moments as RFC 3339, lengths in microseconds; what is as it was by default is left out."""
        found = ((part.name, getattr(self, part.name), part.default) for part in fields(self))
        return {name: _written(value) for name, value, default in found if value != default}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "ClockState":
        """What `to_json` wrote; ValueError or KeyError for anything else."""
        return cls(**{name: _read(name, value) for name, value in facts.items()})


_MOMENTS: Final = frozenset(
    {
        "started_at",
        "fixed_due",
        "since",
        "due_at",
        "breached_at",
        "detected_at",
        "stopped_at",
        "resume_at",
        "next_fire_at",
        "known_since",
    }
)
_LENGTHS: Final = frozenset({"given", "target", "counted"})


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, timedelta):
        return value // MICROSECOND
    if isinstance(value, Owed):
        return [value.step, value.n, rfc3339(value.moment), value.skipped]
    if isinstance(value, PastPause):
        return [rfc3339(value.since), value.until and rfc3339(value.until), value.reason]
    return [_written(item) for item in value] if isinstance(value, tuple) else value


def _read(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return parse_rfc3339(value)
    if name in _LENGTHS:
        return timedelta(microseconds=value)
    if name == "owed":
        return tuple(Owed(step, n, parse_rfc3339(moment), skipped) for step, n, moment, skipped in value)
    if name == "pauses":
        return tuple(
            PastPause(parse_rfc3339(since), until and parse_rfc3339(until), reason) for since, until, reason in value
        )
    return tuple(value) if isinstance(value, list) else value
