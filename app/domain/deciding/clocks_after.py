"""What an attempt, or a change beside all events, does to the clocks of its case."""

from collections.abc import Iterable

from app.domain.calendars.port import Calendars
from app.domain.case.case import Case
from app.domain.clocks.after_event import Turned, turn
from app.domain.clocks.dates import check_dates
from app.domain.clocks.rules import Happening
from app.domain.deciding.situation import Situation
from app.domain.values.json import Json


def counted_by(here: Situation, turned: Turned) -> dict[str, Json]:
    """By which versions of which calendars the clocks went from what they were to what they are."""
    names = {state.calendar for clocks in (here.clocks, turned.clocks) for state in clocks.values()}
    return versions_told(here.calendars, names)


def versions_told(calendars: Calendars, names: Iterable[str]) -> dict[str, Json]:
    told = calendars.told(names)
    return {"calendars": told} if told else {}


def clocks_after(here: Situation, case: Case, event: str | None) -> Turned:
    """The clocks once the event has made this of the case; they count by `occurred_at` where an importer gave one.

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
    )
    return turn(here.machine.clocks, here.clocks, happening, here.calendars)
