"""The shapes of the answers about clocks, as the OpenAPI document shows them."""

from typing import TypedDict

from app.http.border.views import BreachReason, ClockStatus, ClockView


class CycleView(ClockView):
    """A cycle of the clock `clock`; the newest one is `current`, older ones never change. `next_fire_at` is when it
    will be looked at next: for a step, for due, or for the end of a pause."""

    clock: str
    current: bool
    next_fire_at: str | None


class CyclesView(TypedDict):
    """By clock, then by cycle."""

    items: list[CycleView]


class StepView(TypedDict):
    """A firing of a step as it is declared (`at`): it fired, was skipped, or will fire; null where nobody can know."""

    at: str
    fires_at: str | None
    skipped: bool


# a stretch of time that counts or not, and why; the next one begins where it ends (`from` is no name in Python)
SegmentView = TypedDict("SegmentView", {"from": str, "to": str, "counted": bool, "why": str})


class SimulatedView(TypedDict):
    """The last cycle of a simulated clock, at `now`."""

    state: ClockStatus
    due_at: str | None
    breached_at: str | None
    breach_reason: BreachReason | None
    elapsed_seconds: float
    steps: list[StepView]
    segments: list[SegmentView]


class ExplainedView(SimulatedView):
    """A cycle of a clock. Its counted segments (those of all pages; `next_cursor` is null on the last one) add up to
    `elapsed_seconds`; `late_by_seconds` is how long after the breach it was detected."""

    clock: str
    title: str | None
    cycle: int
    calendar: str
    target_seconds: float | None
    started_at: str
    detected_at: str | None
    late_by_seconds: float | None
    next_cursor: str | None
