"""What clocks did by themselves, as the timeline tells it, and the parts of an explanation in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.ui.case.telling import Telling


def of_clock(told: Telling, body: Mapping[str, Any]) -> str:
    """Of an entry that a clock made: a step that fired, a pause that ended, another calendar."""
    sla = body["sla"]
    clock = told.clock(sla["clock"])
    if sla.get("resumed"):
        return told.gettext("%(clock)s: its pause is over", clock=clock)
    if sla.get("calendar"):
        return told.gettext("%(clock)s: counted by another version of its calendar", clock=clock)
    said = [_point(told, clock, sla), *_effects(told, sla)]
    return ", ".join(said)


def _point(told: Telling, clock: str, sla: Mapping[str, Any]) -> str:
    if sla.get("breach"):
        return told.gettext("%(clock)s is overdue", clock=clock)
    return told.gettext("%(clock)s reached %(point)s", clock=clock, point=str(sla.get("at", "")))


def _effects(told: Telling, sla: Mapping[str, Any]) -> list[str]:
    _, does, becomes = told.gettext, sla.get("does") or {}, sla.get("becomes") or {}
    said = []
    if "notify" in does:
        said.append(_("told %(who)s", who=told.role(str(does["notify"]))))
    if "urgency" in becomes:
        said.append(_("urgency is %(urgency)s now", urgency=becomes["urgency"]))
    if "assignee" in becomes or "team" in becomes:
        whose = becomes.get("assignee")
        said.append(
            _("it is with %(who)s now", who=told.person(whose) if whose else told.role(str(becomes.get("team"))))
        )
    if "fire" in does:
        said.append(_("“%(event)s” follows", event=told.event(str(does["fire"]))))
    return said


def why_words(told: Telling, why: str) -> str:
    """Why a stretch of a clock counts or not, as the calendar or the clock says it."""
    _ = told.gettext
    if why.startswith("closed on "):
        return _("closed on %(day)s", day=_day(told, why.removeprefix("closed on ")))
    if why.startswith("paused: "):
        return _("paused: %(why)s", why=why.removeprefix("paused: "))
    known = {
        "working hours": _("working hours"),
        "outside of working hours": _("outside of working hours"),
        "stopped": _("the clock had stopped"),
        "paused": _("paused"),
    }
    return known.get(why, why)


def _day(told: Telling, text: str) -> str:
    try:
        return told.times.date(datetime.fromisoformat(text))
    except ValueError:
        return text
