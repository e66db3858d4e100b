"""The box that says what an event will do, in sentences: only what is sure."""

from collections.abc import Sequence

from app.domain.explaining.ahead import Ahead
from app.ui.case.telling import Telling


def ahead_words(told: Telling, state: str, ahead: Ahead) -> Sequence[str]:
    """`state` is where the case is now."""
    _, said = told.gettext, []
    if ahead.to is None:
        said.append(_("Where the case goes depends on what you enter. “Check” says it before anything is done."))
    elif ahead.to == state:
        said.append(_("The case stays %(state)s.", state=told.states(state)))
    else:
        said.append(
            _("The case goes from %(before)s to %(after)s.", before=told.states(state), after=told.states(ahead.to))
        )
    said += [_clock(told, name, turn) for name, turn in ahead.clocks]
    if ahead.closes:
        said.append(_("This closes the case and cannot be undone."))
    return said


def _clock(told: Telling, name: str, turn: str) -> str:
    _, clock = told.gettext, told.clock(name)
    match turn:
        case "starts":
            return _("The clock “%(clock)s” starts.", clock=clock)
        case "pauses":
            return _("The clock “%(clock)s” pauses.", clock=clock)
        case "goes on":
            return _("The clock “%(clock)s” goes on.", clock=clock)
        case "is cancelled":
            return _("The clock “%(clock)s” is cancelled.", clock=clock)
    return _("The clock “%(clock)s” ends.", clock=clock)
