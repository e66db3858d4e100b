"""What the page of an event is made of, and the page itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response

from app.domain.case.attempt import Attempt
from app.domain.case.case import Case
from app.domain.definition.titles import titled
from app.domain.explaining.ahead import Ahead
from app.domain.explaining.explain import Possible
from app.domain.values.json import Data
from app.http.border.headers import request_id
from app.http.border.parameters import existing
from app.services.cases.forms import Firing
from app.services.entries.identity import new_id
from app.services.work.case_pages import OpenCase
from app.ui.case.bar import reference
from app.ui.case.opened import case_path, telling
from app.ui.case.telling import Telling
from app.ui.forms.ahead_words import ahead_words
from app.ui.forms.asked import DATA, Asking
from app.ui.forms.fields import Group
from app.ui.forms.inputs import ABSENT, Held, Inputs
from app.ui.forms.known_forms import form_for, made_ready
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.raw_json import read_json
from app.ui.forms.reads import reads_of
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.showing import shown
from app.ui.forms.written import prefilled, written
from app.ui.frame.page import page
from app.ui.frame.posted import Posted
from app.ui.frame.reader import PageRequest

PAYLOAD = "payload"
LONGEST_REASON = 4_000


@dataclass(frozen=True, slots=True)
class Doing:
    """An event that somebody is about to fire: the case as it is now, in their words."""

    request: PageRequest
    firing: Firing
    told: Telling
    event: str

    @classmethod
    async def of(cls, request: PageRequest, case_id: str, event: str) -> "Doing":
        """Raises NotFound, also for a case that the reader may not read."""
        firing = await reads_of(request).firing(_asking(request, existing(case_id), event), entered=False)
        opened = OpenCase(firing.here, Possible(()))
        await made_ready(firing.here.machine, event, request.user.language)
        return cls(request, firing, await telling(request, opened), event)

    @property
    def opened(self) -> OpenCase:
        return OpenCase(self.firing.here, Possible(()))

    @property
    def case(self) -> Case:
        return self.opened.case

    @property
    def path(self) -> str:
        return case_path(self.case.id, "do", self.event)

    @property
    def title(self) -> str:
        return self.told.event(self.event)

    @property
    def name(self) -> str:
        return reference(self.opened)

    @property
    def manner(self) -> Manner:
        return Manner(self.told.language, self.told.reader.zone, self.told.now, self.told.gettext)

    @property
    def asks_reason(self) -> str | None:
        return self.firing.here.machine.case_type.events[self.event].reason

    @property
    def form(self) -> Group:
        return form_for(self.firing.here.machine, self.event, self.told.language)

    @property
    def asking(self) -> Asking | None:
        """The data that the event asks for."""
        here = self.firing.here
        return Asking(here.machine, self.event, self.case.data, here.seen_entering) if here.form else None

    def begun(self) -> Sheet:
        """The form as one opens it: what the event writes over starts with what is there."""
        machine, language = self.firing.here.machine, self.told.language
        was = prefilled(written(machine, self.event), self.case.data, machine.payloads.get(self.event))
        asked = (self.asking.begun(language),) if self.asking else ()
        empty = self._sheet(Inputs(), (*asked, *self._payload(was)))
        texts: dict[str, tuple[str, ...]] = {}
        for part in empty.parts:
            texts |= shown(part.form, (part.root,), part.was, self.manner, empty.lookup).texts
        return replace(empty, inputs=Inputs(texts))

    def sent(self, posted: Posted) -> Sheet:
        was = was_of(posted)
        sheet = self._sheet(Inputs(posted.fields), self._payload(was.get(PAYLOAD, ABSENT))).bounded()
        if self.asking is None:
            return sheet
        part = self.asking.entered(sheet, self.told.language, was.get(DATA, {}))
        return replace(sheet, parts=(part, *sheet.parts)).bounded()

    def _payload(self, was: Held) -> tuple[Part, ...]:
        """Of an event that carries nothing but data there is none."""
        machine = self.firing.here.machine
        if self.asking and self.event not in machine.payloads:
            return ()
        return (Part(self.form, machine.payloads.get(self.event), was),)

    def _sheet(self, inputs: Inputs, parts: tuple[Part, ...]) -> Sheet:
        return Sheet(parts=parts, inputs=inputs, manner=self.manner, values={"data": self.case.data})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the hidden fields say of the case as it was when the form was opened."""

    version: int
    seq: int

    @classmethod
    def of(cls, posted: Posted, case: Case) -> "Seen":
        return cls(_number(posted.one("if_version"), case.version), _number(posted.one("seq"), case.seq))


def event_page(
    doing: Doing,
    sheet: Sheet,
    *,
    status: int = 200,
    seen: Seen | None = None,
    ahead: Ahead | None = None,
    notice: str = "",
    template: str = "forms/event.html",
    **values: Any,
) -> Response[str]:
    """`ahead` after “Check”: what the event would do with what is entered."""
    told, parts, asking = doing.told, sheet.shown(), doing.asking
    seen = seen or Seen(doing.case.version, doing.case.seq)
    said = ahead_words(told, doing.case.state, ahead or doing.firing.ahead)
    return page(
        doing.request,
        template,
        title=f"{doing.title} – {doing.name}",
        status=status,
        now=told.now,
        **{
            "people": told.people,
            "errors": sheet.summary(parts),
            "doing": doing,
            "case_name": doing.name,
            "action": doing.path,
            "back": case_path(doing.case.id),
            "parts": asking.titled(parts) if asking else parts,
            "carried": sheet.carried(parts),
            "was": json.dumps({one.root: one.was for one in sheet.parts if one.was is not ABSENT}, ensure_ascii=False),
            "asked": asking.places(sheet.parts[0]) if asking else None,
            "seen": seen,
            "ahead": said,
            "checked": ahead is not None,
            "said": notice,
            "about": titled(doing.firing.here.machine.case_type.events[doing.event].description, told.language),
            "reason": sheet.inputs.one("reason"),
            "reason_error": sheet.errors.get("reason", ""),
            **values,
        },
    )


def with_reason(sheet: Sheet, asked: str | None) -> Sheet:
    """With what is wrong with the reason."""
    reason, _ = sheet.inputs.one("reason"), sheet.manner.say
    if asked == "required" and not reason.strip():
        return replace(sheet, errors={**sheet.errors, "reason": _("Say why")})
    if len(reason) > LONGEST_REASON:
        message = _("Enter %(number)s characters or fewer", number=LONGEST_REASON)
        return replace(sheet, errors={**sheet.errors, "reason": message})
    return sheet


def was_of(posted: Posted) -> dict[str, Held]:
    """What the forms were filled with, by root, as the page said it: it only tells what was touched."""
    try:
        found = read_json(posted.one("was") or "{}", Manner())
    except Unreadable:
        return {}
    known = found if isinstance(found, dict) else {}
    return {root: was for root, was in known.items() if isinstance(was, dict)}


def data_of(values: Mapping[str, Data], sheet: Sheet, doing: Doing) -> Data | None:
    """What is sent into the event's form; None for an event that has none."""
    return doing.asking.patch(sheet.parts[0], values.get(DATA, {})) if doing.asking else None


def _asking(request: PageRequest, case_id: str, event: str) -> Attempt:
    """Of an attempt that asks only, with no payload yet."""
    name = request_id(request.scope)
    return Attempt(
        actor=request.user.actor,
        event=event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=name,
        case_id=case_id,
    )


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else otherwise


def payload_of(values: Mapping[str, Data], doing: Doing) -> Data | None:
    """None for an event that takes none."""
    declared = doing.firing.here.machine.case_type.events[doing.event].payload
    return values.get(PAYLOAD, {}) if declared is not None else None
