"""What happened to a case while somebody was writing: who did what, when, and which fields changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.definition.fields import schema_at
from app.services.cases.forms import Meanwhile
from app.ui.case.opened import telling
from app.ui.case.telling import Telling
from app.ui.case.values import in_line
from app.ui.forms.event_page import Doing, Seen
from app.ui.forms.reads import reads_of


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a sentence, with the fields that it gave values: (title, value)."""

    who: str
    what: str
    at: datetime
    given: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Changes:
    """`doing` knows the names of those who are mentioned; `last` is who changed the case at last, and when."""

    doing: Doing
    entries: Sequence[Told]
    last: Told | None


async def changes_since(doing: Doing, seen: Seen) -> Changes:
    found = await reads_of(doing.request).meanwhile(doing.request.user.actor, doing.case.id, seen.seq)
    named = await telling(doing.request, doing.opened, {one.by for one in found})
    entries = [_told(named, one) for one in found]
    return Changes(replace(doing, told=named), entries, entries[-1] if entries else None)


def _told(told: Telling, one: Meanwhile) -> Told:
    schema = told.declared.data
    values = [
        (told.field(f"data.{name}"), in_line(told, schema_at(schema, f"data.{name}"), value))
        for name, value in one.data.items()
    ]
    return Told(told.person(one.by), _what(told, one), one.at, values)


def _what(told: Telling, one: Meanwhile) -> str:
    _ = told.gettext
    if one.kind != "transition" or one.event is None:
        return _did(told, one.kind)
    event = told.event(one.event)
    if one.source == one.target or one.target is None:
        return _("did “%(event)s”", event=event)
    return _("did “%(event)s”: it is now %(state)s", event=event, state=told.states(one.target))


def _did(told: Telling, kind: str) -> str:
    _ = told.gettext
    match kind:
        case "comment":
            return _("commented")
        case "assigned":
            return _("changed who has it")
        case "corrected":
            return _("corrected the data")
        case "attachment":
            return _("attached a file")
        case "sla":
            return _("moved a clock on")
    return _("changed it")
