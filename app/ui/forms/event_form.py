"""Fire an event from a page: the form, what it would do, and the case afterwards."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from litestar import Response, get, post
from litestar.status_codes import HTTP_200_OK

from app.domain.values.errors import (
    CaseError,
    Denied,
    GuardRefused,
    IdempotencyInFlight,
    IdempotencyMismatch,
    Invalid,
    TooLarge,
    VersionConflict,
    WrongState,
)
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.desk.answer import Answer
from app.ui.case.acting import acted
from app.ui.case.looking import EventName
from app.ui.forms.asked import ASKED
from app.ui.forms.conflict import conflict_page, with_kept
from app.ui.forms.event_page import Doing, Seen, data_of, event_page, payload_of, with_reason
from app.ui.forms.gone import gone_page, keep_as_comment
from app.ui.forms.reads import in_turn, reads_of
from app.ui.forms.refused import with_refusal
from app.ui.forms.sheet import Sheet
from app.ui.frame.attempts import attempting
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

PATH: Final = "/cases/{case_id:str}/do/{event:str}"
NOT_DONE: Final = 422
TRIES, BETWEEN = 20, 0.1
RESTORED: Final = "restored"
"""The field of a form that met the end of a session: it is shown again, and does nothing yet."""
CONFLICT: Final = "conflict"
"""The hidden field of the page on which somebody was faster."""


@get(PATH)
async def event_form(request: PageRequest, case_id: CaseId, event: EventName) -> Response[str]:
    """What the event asks for, and what it will do. Of one that cannot be fired now, why."""
    doing = await Doing.of(request, case_id, event)
    if doing.firing.ahead.refused is not None:
        return await gone_page(doing, doing.sent(Posted()), doing.firing.ahead.refused)
    sheet = doing.begun()
    return await in_turn(request, sheet, lambda: event_page(doing, sheet))


@post(PATH, status_code=HTTP_200_OK)
async def fire_from_form(request: PageRequest, case_id: CaseId, event: EventName) -> Response[Any]:
    """Fire it, or show the form again with all that was entered."""
    sent = await posted(request)
    doing = await Doing.of(request, case_id, event)
    seen, sheet = Seen.of(sent, doing.case), doing.sent(sent)
    changed = sheet if sent.one(RESTORED) else sheet.pressed()
    if changed is not None:
        if sent.one(CONFLICT):
            return await conflict_page(doing, changed, seen)
        return await in_turn(request, changed, lambda: event_page(doing, changed, status=NOT_DONE, seen=seen))
    if sent.one("act") == "comment":
        return await keep_as_comment(doing, sheet, sent)
    return await _tried(doing, sheet, seen, sent)


async def _tried(doing: Doing, sheet: Sheet, seen: Seen, sent: Posted) -> Response[Any]:
    sheet, undecided = with_kept(doing, sheet, sent)
    sheet, values = await in_turn(doing.request, sheet, with_reason(sheet, doing.asks_reason).read)
    if sheet.errors and not undecided:
        return await in_turn(doing.request, sheet, lambda: event_page(doing, sheet, status=NOT_DONE, seen=seen))
    if undecided:
        return await conflict_page(doing, sheet, seen)
    if doing.asking and doing.asking.has_more(sheet.parts[0], sent.one(ASKED)):
        more = doing.told.gettext("What you entered asks for more: look through the form, then send it again.")
        return event_page(doing, sheet, status=NOT_DONE, seen=seen, notice=more)
    attempt = attempting(
        doing.request,
        case_id=doing.case.id,
        event=doing.event,
        payload=payload_of(values, doing),
        data=data_of(values, sheet, doing),
        reason=sheet.inputs.one("reason").strip() or None,
        if_version=seen.version,
        once=sent.one("once") or None,
    )
    if sent.one("act") == "check":
        checked = await reads_of(doing.request).firing(replace(attempt, if_version=None), entered=True)
        if checked.ahead.refused is not None:
            return await refused(doing, sheet, seen, checked.ahead.refused)
        return event_page(doing, sheet, status=NOT_DONE, seen=seen, ahead=checked.ahead)
    answer = await submitted(doing.request, attempt)
    if answer.error is not None:
        return await refused(doing, sheet, seen, answer.error)
    return acted(doing.case.id, answer)


async def refused(doing: Doing, sheet: Sheet, seen: Seen, error: CaseError) -> Response[str]:
    """The page for a refusal; the form is on each of them as it was."""
    match error:
        case VersionConflict():
            now = await Doing.of(doing.request, doing.case.id, doing.event)
            if now.firing.ahead.refused is not None:
                return await gone_page(now, sheet, now.firing.ahead.refused, since=seen)
            return await conflict_page(now, sheet, seen)
        case WrongState() | GuardRefused() | Denied():
            now = await Doing.of(doing.request, doing.case.id, doing.event)
            return await gone_page(now, sheet, error, since=seen)
        case Invalid() | TooLarge():
            return event_page(doing, with_refusal(doing, sheet, error), status=NOT_DONE, seen=seen)
        case IdempotencyMismatch():
            told = doing.told.gettext(
                "This form was sent before with other words. Look at the case first; then send it anew if it is needed."
            )
            return event_page(doing, sheet, status=NOT_DONE, seen=seen, notice=told)
    raise error


async def submitted(request: PageRequest, attempt: Any) -> Answer:
    """What the desk answers; a second click waits for what came of the first."""
    for _ in range(TRIES):
        [answer] = await services_of(request).desk.submit([attempt])
        if not isinstance(answer.error, IdempotencyInFlight):
            break
        await asyncio.sleep(BETWEEN)
    return answer
