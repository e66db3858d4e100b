"""Open a case from a page: choose what it is, fill in its form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_200_OK

from app.domain.case.attempt import Opens
from app.domain.definition.titles import titled, titled_case_type
from app.domain.values.errors import (
    CaseError,
    Conflict,
    Denied,
    FieldError,
    GuardRefused,
    IdempotencyMismatch,
    Invalid,
    TooLarge,
    WrongState,
)
from app.domain.values.json import Data
from app.domain.values.names import LONGEST_NAME
from app.http.border.errors import sentence, status_of
from app.services.cases.views import Shown
from app.ui.case.acting import acted
from app.ui.case.why import by_rule, for_roles
from app.ui.forms.asked import ASKED
from app.ui.forms.event_form import NOT_DONE, RESTORED, submitted
from app.ui.forms.event_page import with_reason
from app.ui.forms.opening_page import Opening, opening_page
from app.ui.forms.reads import in_turn, reads_of
from app.ui.forms.sheet import Sheet
from app.ui.frame.attempts import attempting
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

LONGEST_REFERENCE: Final = 255
ANYWAY: Final = "anyway"
EventName = Annotated[str, QueryParameter(description="The event that opens it", max_length=LONGEST_NAME)]


@get("/new")
async def pick_case_type(request: PageRequest) -> Response[str]:
    """The case types that the reader may open cases of, with what each is for."""
    found = await reads_of(request).openable(request.user.actor)
    language = request.user.language
    types = [
        (
            f"/new/{one.machine.case_type.case_type}",
            titled_case_type(one.machine.case_type, language),
            titled(one.machine.case_type.description, language),
        )
        for one in found
    ]
    return page(request, "forms/picker.html", title=words_for(request).gettext("New case"), types=types)


@get("/new/{case_type:str}")
async def new_case(request: PageRequest, case_type: FromPath[str], event: EventName = "") -> Response[str]:
    opening = await Opening.of(request, case_type, event)
    sheet = opening.begun()
    return await in_turn(request, sheet, lambda: opening_page(opening, sheet))


@post("/new/{case_type:str}", status_code=HTTP_200_OK)
async def open_from_form(request: PageRequest, case_type: FromPath[str]) -> Response[Any]:
    """Open it, or show the form again with all that was entered."""
    sent = await posted(request)
    opening = await Opening.of(request, case_type, sent.one("event"))
    sheet = opening.sent(sent)
    changed = sheet if sent.one(RESTORED) else sheet.pressed()
    if changed is not None:
        return await in_turn(request, changed, lambda: opening_page(opening, changed, status=NOT_DONE))
    if (act := sent.one("act")) in opening.others:
        opening = replace(opening, event=act)
        sheet = opening.sent(sent)
    return await _tried(opening, sheet, sent)


async def _tried(opening: Opening, sheet: Sheet, sent: Posted) -> Response[Any]:
    begun = _with_reference(with_reason(sheet, opening.asks_reason))
    sheet, values = await in_turn(opening.request, sheet, begun.read)
    if sheet.errors:
        return await in_turn(opening.request, sheet, lambda: opening_page(opening, sheet, status=NOT_DONE))
    if opening.asking and opening.asking.has_more(sheet.parts[0], sent.one(ASKED)):
        more = opening.told.gettext("What you entered asks for more: look through the form, then send it again.")
        return opening_page(opening, sheet, status=NOT_DONE, said=more)
    data = values.get("data", {})
    alike = [] if sent.one(ANYWAY) else await _alike(opening, data)
    if alike:
        return opening_page(opening, sheet, status=NOT_DONE, alike=alike)
    attempt = attempting(
        opening.request,
        event=opening.event,
        opens=Opens.ALWAYS,
        case_type=opening.declared.case_type,
        reference=sheet.inputs.one("reference").strip() or None,
        data=opening.asking.patch(sheet.parts[0], data) if opening.asking else data,
        payload=values.get("payload"),
        reason=sheet.inputs.one("reason").strip() or None,
        once=sent.one("once") or None,
    )
    answer = await submitted(opening.request, attempt)
    if answer.error is not None:
        return await _refused(opening, sheet, data, answer.error)
    return acted(answer.case_id or attempt.new_case_id, answer)  # given again, it is the case of the first click


async def _alike(opening: Opening, data: Data) -> list[Shown]:
    return list(await reads_of(opening.request).alike(opening.request.user.actor, opening.machine, data))


def _with_reference(sheet: Sheet) -> Sheet:
    reference, _ = sheet.inputs.one("reference").strip(), sheet.manner.say
    if len(reference) > LONGEST_REFERENCE:
        message = _("Enter %(number)s characters or fewer", number=LONGEST_REFERENCE)
    elif not reference.isprintable():
        message = _("Enter it on one line, without invisible characters")
    else:
        return sheet
    return replace(sheet, errors={**sheet.errors, "reference": message})


async def _refused(opening: Opening, sheet: Sheet, data: Data, error: CaseError) -> Response[str]:
    _ = opening.told.gettext
    match error:
        case Conflict():
            reference = sheet.inputs.one("reference").strip()
            name = opening.declared.case_type
            taken = await reads_of(opening.request).of_reference(opening.request.user.actor, name, reference)
            message = _("Enter another one: there is a case of this reference already")
            sheet = replace(sheet, errors={**sheet.errors, "reference": message})
            return opening_page(opening, sheet, status=status_of(error), taken=taken)
        case Invalid(errors=faults) if faults:
            known = [fault for fault in faults if fault.field.partition(".")[0] in ("data", "payload", "reason")]
            return opening_page(opening, sheet.faulted(known or _whole(error)), status=NOT_DONE)
        case Invalid() | TooLarge() | IdempotencyMismatch():
            return opening_page(opening, sheet.faulted(_whole(error)), status=NOT_DONE)
        case Denied() | GuardRefused() | WrongState():
            return opening_page(opening, sheet, status=status_of(error), refused=_reasons(opening, data, error))
    raise error


def _whole(error: CaseError) -> list[FieldError]:
    return [FieldError("data", sentence(error.message))]


def _reasons(opening: Opening, data: Data, error: CaseError) -> Sequence[str]:
    """By titles and names, and never in the words of the policy."""
    told = replace(opening.told, data=data)
    said: dict[str, None] = {}
    for reason in error.reasons:
        match reason.code:
            case "role":
                said[for_roles(told, opening.event, reason)] = None
            case "rule":
                said |= dict.fromkeys(by_rule(told, opening.event, reason))
            case _:
                said[said_by_api(reason.message, told.words)] = None
    return list(said) or [said_by_api(error.message, told.words)]
