"""What a page says where an action was refused: what, why, and what helps, by titles and names."""

from app.domain.values.errors import CaseError, Internal, NotFound, VersionConflict
from app.services.work.case_pages import OpenCase
from app.ui.case.entries import Told
from app.ui.case.telling import Telling
from app.ui.case.why import Able, Why, why_not
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.times import local_time

PASSES_ON = (Internal, NotFound)


def refused_event(told: Telling, case: OpenCase, event: str, error: CaseError, able: Able | None = None) -> Why:
    """Raises what is no answer about the case."""
    if isinstance(error, PASSES_ON) or error.passes:
        raise error
    if isinstance(error, VersionConflict):
        return changed_meanwhile(told, event)
    if error.reasons:
        return why_not(told, case, event, error.reasons, able)
    return Why(event=event, title=told.event(event), what=said_by_api(error.message, told.words), why=(), helps=())


def refused_verb(told: Telling, case: OpenCase, verb: str, error: CaseError) -> Why:
    """The same of what is done besides events."""
    if isinstance(error, PASSES_ON) or error.passes:
        raise error
    if isinstance(error, VersionConflict):
        return changed_meanwhile(told, verb)
    what = told.gettext("This was not done.")
    return Why(event=verb, title=verb, what=what, why=_why(told, case, error), helps=())


def changed_meanwhile(told: Telling, act: str, newest: Told | None = None) -> Why:
    """Nothing was done: the page that was pressed on showed an older case. `newest` is what was done to it last."""
    what = told.gettext("Somebody changed this case while you were reading it, so nothing was done.")
    if newest is not None:
        when = told.times.near(newest.moment) or told.times.short(local_time(newest.moment, told.reader.zone))
        what = told.gettext(
            "%(who)s changed this case while you were reading it (%(what)s, %(when)s), so nothing was done.",
            who=newest.who,
            what=newest.what,
            when=when,
        )
    now = told.gettext("The page shows it as it is now. Do it again if it still holds.")
    return Why(event=act, title=act, what=what, why=(now,), helps=())


def _why(told: Telling, case: OpenCase, error: CaseError) -> tuple[str, ...]:
    holder = case.case.assignee
    if any(reason.code == "guard" for reason in error.reasons) and holder != told.reader.actor.id:
        if holder is None:
            return (told.gettext("Nobody has this case."),)
        return (told.gettext("%(person)s has this case.", person=told.person(holder)),)
    if error.code == "denied":
        return (told.gettext("Your roles do not allow it."),)
    return (said_by_api(error.message, told.words),)
