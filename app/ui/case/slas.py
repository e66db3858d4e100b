"""Why a clock of a case is due when it is: what of the time counted, what did not, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from app.domain.clocks.explained import Stretch
from app.domain.definition.titles import in_words
from app.domain.values.errors import invalid
from app.domain.values.rfc3339 import parse_rfc3339
from app.http.border.parameters import CaseId, ClockName, Cycle
from app.http.border.services import services_of
from app.services.clocks.calendars import ROUND_THE_CLOCK
from app.ui.case.around import around
from app.ui.case.clock_words import why_words
from app.ui.case.opened import opened, telling
from app.ui.case.telling import Telling
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest

PAGE = 100
MOST_IN_A_BAR = 12
COUNTRY = 2
"""Letters of a country's code."""
From = Annotated[str | None, QueryParameter(description="Segments from this moment on", max_length=40)]


@get("/cases/{case_id:str}/slas/{name:str}")
async def show_sla(
    request: PageRequest, case_id: CaseId, name: ClockName, cycle: Cycle = None, since: From = None
) -> Response[str]:
    """A cycle of a clock, the newest where none is asked for."""
    case = await opened(request, case_id)
    stretch = Stretch(_moment(since), PAGE)
    found = await services_of(request).clocks.explain(request.user.actor, case.case.id, name, cycle, stretch)
    told = await telling(request, case)
    about = around(told, case)
    segments = [_segment(told, one) for one in found["segments"]]
    return page(
        request,
        "case/sla.html",
        title=told.gettext("%(clock)s of %(case)s", clock=told.clock(name), case=about["bar"].name),
        clock=told.clock(name),
        name=name,
        explained=found,
        status_words=_status(told, found),
        calendar=_calendar(told, found["calendar"], services_of(request).clocks.calendar_title(found["calendar"])),
        segments=segments,
        bar_segments=_bar(told, segments),
        **about,
    )


def _segment(told: Telling, one: Mapping[str, Any]) -> dict[str, Any]:
    since, until = parse_rfc3339(one["from"]), parse_rfc3339(one["to"])
    return {
        "since": since,
        "until": until,
        "length": until - since,
        "exactly": told.times.exactly(until - since),
        "counted": one["counted"],
        "why": why_words(told, one["why"]),
    }


def _bar(told: Telling, segments: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, str]]:
    """In the order of time; where there are many, all of one kind together."""
    lengths: dict[tuple[bool, str], float] = {}
    pieces = []
    for place, one in enumerate(segments):
        seconds = one["length"].total_seconds()
        key = (one["counted"], one["why"])
        lengths[key] = lengths.get(key, 0.0) + seconds
        pieces.append((place, *key, seconds))
    if len(segments) > MOST_IN_A_BAR:
        pieces = [(place, *key, seconds) for place, (key, seconds) in enumerate(lengths.items())][:MOST_IN_A_BAR]
    total = sum(seconds for *_, seconds in pieces) or 1.0
    return [
        ("info" if counted else "neutral", seconds / total, f"{why}: {told.times.exactly(seconds)}")
        for _, counted, why, seconds in pieces
    ]


def _calendar(told: Telling, name: str, title: str | None) -> str:
    """By its title; without one its name as people read it, with the country that many end in."""
    if name == ROUND_THE_CLOCK:
        return told.gettext("Around the clock")
    *words, last = in_words(name.partition(":")[2] or name).split(" ")
    return title or " ".join([*words, last.upper() if words and len(last) == COUNTRY else last])


def _status(told: Telling, found: Mapping[str, Any]) -> str:
    _ = told.gettext
    return {
        "pending": _("It has not started."),
        "running": _("It runs."),
        "paused": _("It is paused."),
        "met": _("It was met."),
        "met_late": _("It was met too late."),
        "cancelled": _("It was cancelled."),
    }.get(str(found["state"]), "")


def _moment(text: str | None) -> datetime | None:
    try:
        return parse_rfc3339(text) if text else None
    except ValueError:
        raise invalid("since", "is not a moment of this clock; start again without it") from None
