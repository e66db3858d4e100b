"""The clocks of a case type in short, as its file has them."""

from app.domain.deciding.step_effects import effects_of
from app.domain.definition.case_type import CaseType, Clock, Due, FollowTeam, Step
from app.http.definitions.views import DeclaredClockView, DeclaredStepView

ROUND_THE_CLOCK = "always"


def declared_clocks(case_type: CaseType) -> list[DeclaredClockView]:
    return [
        {
            "clock": name,
            "title": clock.title,
            "kind": clock.kind,
            "time": _time(clock),
            "calendar": _calendar(clock),
            "steps": [_step(step) for step in clock.steps],
        }
        for name, clock in case_type.slas.items()
    ]


def _time(clock: Clock) -> str:
    """Such as `16h`, `30m where data.priority == 1, else 4h`, `2 business days at 16:00` or `every 24h`."""
    if clock.due is not None:
        return _due(clock.due)
    if clock.every is not None:
        return f"every {clock.every}"
    if isinstance(clock.target, list):
        return ", else ".join(f"{rule.is_} where {rule.when}" if rule.when else rule.is_ for rule in clock.target)
    return clock.target or ""


def _due(due: Due) -> str:
    """Such as `2 business days at 16:00, cut off at 15:00`, or `5 business days before data.hearing`."""
    days, kind = (due.business_days, "business") if due.business_days is not None else (due.calendar_days, "calendar")
    told = [] if days is None else [f"{abs(days)} {kind} day{'' if abs(days) == 1 else 's'}"]
    if due.field is not None:
        told += [due.field] if not days else ["before" if days < 0 else "after", due.field]
    if due.at and due.counts:
        told.append("at the same time" if due.at == "start" else f"at {due.at}")
    cutoff = f", cut off at {due.cutoff}" if due.cutoff else ""
    closed = f", from a closed day as from the {due.from_closed} one" if due.from_closed else ""
    closed += f", on a closed day the {due.if_closed} one" if due.if_closed else ""
    return " ".join(told) + cutoff + closed


def _calendar(clock: Clock) -> str:
    if isinstance(clock.calendar, FollowTeam):
        return "that of the team"
    return clock.calendar or ROUND_THE_CLOCK


def _step(step: Step) -> DeclaredStepView:
    does = [f"{effect.key} {value}" for effect, value in effects_of(step)]
    return {"at": step.at, "every": step.every, "max": step.max, "does": does}
