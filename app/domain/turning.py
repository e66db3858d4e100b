"""What an attempt, or a change beside all events, does to the clocks of its case."""

from app.domain.case import Case
from app.domain.clock_rules import Happening
from app.domain.clock_turn import Turned, turn
from app.domain.situation import Situation


def clocks_after(here: Situation, case: Case, event: str | None) -> Turned:
    """The clocks once the event has made this of the case; they count by `occurred_at` where an importer gave one."""
    happening = Happening(
        event=event,
        before=here.case.states if here.case else (),
        after=case.states,
        at=min(here.attempt.occurred_at or here.at, here.at),
        recorded_at=here.at,
        data=case.data,
        team=case.team,
        see=lambda: here.view_after(case),
    )
    return turn(here.machine.clocks, here.clocks, happening, here.calendars)
