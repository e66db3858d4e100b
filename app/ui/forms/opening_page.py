"""What the page of a new case is made of, and the page itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response

from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import titled, titled_case_type, titled_event
from app.domain.machine.machine import Machine
from app.domain.schemas.defaults import defaults_alone
from app.domain.values.errors import NotFound
from app.services.cases.forms import Openable
from app.services.cases.views import Shown
from app.ui.case.opened import case_path
from app.ui.case.telling import Telling
from app.ui.forms.asked import DATA, Asking
from app.ui.forms.event_page import was_of
from app.ui.forms.going_on import first_of
from app.ui.forms.inputs import Inputs
from app.ui.forms.known_forms import form_for, made_ready
from app.ui.forms.manner import Manner
from app.ui.forms.reads import reads_of
from app.ui.forms.sheet import Part, PartShown, Sheet
from app.ui.forms.showing import shown
from app.ui.forms.view import Shown as FieldShown
from app.ui.frame.page import page, times_for
from app.ui.frame.posted import Posted
from app.ui.frame.reader import PageRequest


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that somebody is about to open by an event."""

    request: PageRequest
    openable: Openable
    event: str
    told: Telling

    @classmethod
    async def of(cls, request: PageRequest, name: str, event: str) -> "Opening":
        """Raises NotFound for a case type that the reader may open no case of."""
        found = await reads_of(request).openable(request.user.actor)
        openable = next((one for one in found if one.machine.case_type.case_type == name), None)
        if openable is None or (event and event not in openable.events):
            raise NotFound("there is no such case type")
        told = Telling(reader=request.user, declared=openable.machine.case_type, now=times_for(request).now)
        await made_ready(openable.machine, None, request.user.language)
        return cls(request, openable, event or first_of(openable.machine.case_type, openable.events), told)

    @property
    def machine(self) -> Machine:
        return self.openable.machine

    @property
    def declared(self) -> CaseType:
        return self.machine.case_type

    @property
    def path(self) -> str:
        return f"/new/{self.declared.case_type}"

    @property
    def manner(self) -> Manner:
        return Manner(self.told.language, self.told.reader.zone, self.told.now, self.told.gettext)

    @property
    def takes_payload(self) -> bool:
        declared = self.declared.events.get(self.event)
        return declared is not None and declared.payload is not None

    @property
    def asks_reason(self) -> str | None:
        declared = self.declared.events.get(self.event)
        return declared.reason if declared else None

    @property
    def others(self) -> Sequence[str]:
        return [event for event in self.openable.events if event != self.event]

    @property
    def asking(self) -> Asking | None:
        """The data that the event asks for, where it has a form; else it takes all that there are."""
        if self.event not in self.machine.forms:
            return None
        actor, now = self.request.user.actor, self.told.now
        here = reads_of(self.request).about_to_open(actor, self.machine, self.event, now)
        return Asking(self.machine, self.event, defaults_alone(self.machine.defaults), here.seen_entering)

    def begun(self) -> Sheet:
        """The form as one opens it: fields with a default start with it."""
        asking = self.asking
        if asking is None:
            return self._sheet(Inputs(), self._all_data())
        part = asking.begun(self.told.language)
        empty = self._sheet(Inputs(), part)
        return replace(empty, inputs=shown(part.form, (DATA,), part.was, self.manner, empty.lookup))

    def sent(self, posted: Posted) -> Sheet:
        sheet = self._sheet(Inputs(posted.fields), self._all_data()).bounded()
        asking = self.asking
        if asking is None:
            return sheet
        part = asking.entered(sheet, self.told.language, was_of(posted).get(DATA, {}))
        return replace(sheet, parts=(part, *sheet.parts[1:])).bounded()

    def _all_data(self) -> Part:
        return Part(form_for(self.machine, None, self.told.language), self.machine.data)

    def _sheet(self, inputs: Inputs, data: Part) -> Sheet:
        parts = [data]
        if self.takes_payload:
            form = form_for(self.machine, self.event, self.told.language)
            parts.append(Part(form, self.machine.payloads[self.event], title=self.told.event(self.event)))
        return Sheet(parts=tuple(parts), inputs=inputs, manner=self.manner)


def opening_page(
    opening: Opening,
    sheet: Sheet,
    *,
    status: int = 200,
    alike: Sequence[Shown] = (),
    taken: Shown | None = None,
    **values: Any,
) -> Response[str]:
    """`alike` are cases with the same identifying values, `taken` the one that has the reference already."""
    told, declared, parts, asking = opening.told, opening.declared, sheet.shown(), opening.asking
    title = titled_case_type(declared, told.language)
    reference_error = sheet.errors.get("reference", "")
    fields, later = _split(parts, frozenset() if asking else set_later(declared))
    return page(
        opening.request,
        "forms/new.html",
        title=told.gettext("New: %(case_type)s", case_type=title),
        status=status,
        **{
            "errors": [
                *([("reference", _reference(told, reference_error))] if reference_error else []),
                *_rest(sheet, parts),
            ],
            "opening": opening,
            "case_type": title,
            "about": titled(declared.description, told.language),
            "action": opening.path,
            "parts": asking.titled(fields) if asking else fields,
            "was": json.dumps({DATA: sheet.parts[0].was}, ensure_ascii=False) if asking else "",
            "asked": asking.places(sheet.parts[0]) if asking else "",
            "later": later,
            "later_open": any(holds_error(one) or one.value for one in later),
            "carried": sheet.carried(parts),
            "reference": sheet.inputs.one("reference"),
            "reference_error": reference_error,
            "reason": sheet.inputs.one("reason"),
            "reason_error": sheet.errors.get("reason", ""),
            "first_state": told.states("+".join(opening.machine.opened(opening.event).configuration)),
            "button_text": button_text(opening, opening.event),
            "other_buttons": [
                (event, button_text(opening, event)) for event in opening.others if plain(declared, event)
            ],
            "other_pages": [
                (told.event(event), f"{opening.path}?event={event}")
                for event in opening.others
                if not plain(declared, event)
            ],
            "alike": [
                (case_path(one.case.id), one.case.reference or one.case.id[:8], told.states(one.case.state))
                for one in alike
            ],
            "taken": taken and (case_path(taken.case.id), taken.case.reference, told.states(taken.case.state)),
            "refused": (),
            "said": "",
            **values,
        },
    )


def button_text(opening: Opening, event: str) -> str:
    return opening.told.gettext(
        "%(event)s %(case)s",
        event=titled_event(opening.declared, event, opening.told.language),
        case=titled_case_type(opening.declared, opening.told.language),
    )


def plain(declared: CaseType, event: str) -> bool:
    """Whether an opening event asks for nothing of its own, so that a button is enough."""
    found = declared.events.get(event)
    return found is None or (found.payload is None and found.reason is None and found.form is None)


def set_later(declared: CaseType) -> frozenset[str]:
    """Fields that nobody has to enter when a case is opened, because some event writes them."""
    required = set(declared.data.get("required", ()))
    targets = (
        target
        for event in declared.events.values()
        for assigned in (event.set, *(transition.set for transition in event.transitions))
        for target in assigned
    )
    return frozenset(name for target in targets if (name := target.split(".")[1]) not in required)


def holds_error(one: FieldShown) -> bool:
    return bool(one.error) or any(holds_error(part) for part in one.parts)


def _split(parts: Sequence[PartShown], later: frozenset[str]) -> tuple[Sequence[PartShown], Sequence[FieldShown]]:
    """The fields of the data that are entered now, and those that are folded up."""
    data, *others = parts
    names = {f"data.{name}" for name in later}
    now = [one for one in data.fields if one.name not in names]
    folded = [one for one in data.fields if one.name in names]
    return (replace(data, fields=now), *others), folded


def _reference(told: Telling, error: str) -> str:
    return f"{told.gettext('Reference')}: {error}"


def _rest(sheet: Sheet, parts: Sequence[PartShown]) -> list[tuple[str, str]]:
    return [(name, message) for name, message in sheet.summary(parts) if name != "reference"]
