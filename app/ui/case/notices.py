"""What is said on the page to whoever just did something: what it did, where the case is now, and the receipt."""

from app.domain.case.case import Case
from app.ui.case.entries import Told
from app.ui.case.telling import Telling

RECEIPT = 8


def done_words(told: Telling, case: Case, entry: Told) -> str:
    """In one line; the receipt is the beginning of the entry's hash."""
    receipt = told.gettext("Receipt %(receipt)s…", receipt=entry.proof.entry_hash[:RECEIPT])
    return f"{_done(told, case, entry)} {receipt}"


def _done(told: Telling, case: Case, entry: Told) -> str:
    _ = told.gettext
    said = {
        "comment": _("Your comment is there."),
        "attachment": _("The file is attached."),
        "linked": _("The cases are linked."),
        "corrected": _("The data are corrected."),
        "roles": _("The roles are changed."),
        "opened": _("The case is open."),
    }
    if entry.kind == "assigned":
        return _whose(told, case)
    if entry.kind in said:
        return said[entry.kind]
    where = told.states(case.state)
    event = told.event(entry.event) if entry.event else entry.what
    if case.assignee or case.team:
        whose = told.person(case.assignee) if case.assignee else told.role(case.team or "")
        return _("“%(event)s” is done. It is now %(state)s, with %(who)s.", event=event, state=where, who=whose)
    return _("“%(event)s” is done. It is now %(state)s.", event=event, state=where)


def _whose(told: Telling, case: Case) -> str:
    _ = told.gettext
    if case.assignee == told.reader.actor.id:
        return _("You have this case now.")
    if case.assignee:
        return _("%(person)s has this case now.", person=told.person(case.assignee))
    if case.team:
        return _("It is back in the queue of %(team)s.", team=told.role(case.team))
    return _("It is back in the queue.")
