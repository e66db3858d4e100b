"""What an attempt, or a change beside all events, does to the clocks of its case."""

from collections.abc import Iterable

from app.domain.calendars.port import Calendars
from app.domain.case.case import Case
from app.domain.clocks.after_event import ClocksAfter, after_event
from app.domain.clocks.dates import check_dates
from app.domain.clocks.rules import Happening
from app.domain.deciding.situation import Situation
from app.domain.values.json import Json


def counted_by(here: Situation, after: ClocksAfter) -> dict[str, Json]:
    """By which versions of which calendars the clocks went from what they were to what they are."""
    names = {state.calendar for clocks in (here.clocks, after.current) for state in clocks.values()}
    return calendar_versions(here.calendars, names)


def calendar_versions(calendars: Calendars, names: Iterable[str]) -> dict[str, Json]:
    versions = calendars.versions_of(names)
    return {"calendars": versions} if versions else {}


def clocks_after(here: Situation, case: Case, event: str | None, *, corrects: bool = False) -> ClocksAfter:
    """The clocks once the event has made this of the case; they count by `occurred_at` where an importer gave one.
    `corrects`: what the data were before was entered wrongly.

    Raises Invalid where the data names a time that no clock can read.
    """
    check_dates(here.machine.clocks, here.case.data if here.case else {}, case.data)
    happening = Happening(
        event=event,
        before=here.case.states if here.case else (),
        after=case.states,
        at=here.happened,
        recorded_at=here.at,
        data=case.data,
        team=case.team,
        see=lambda: here.view_after(case),
        wrong=here.case.data if corrects and here.case else None,
    )
    return after_event(here.machine.clocks, here.clocks, happening, here.calendars)
