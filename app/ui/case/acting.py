"""What is done to a case by one button: an event that asks for nothing, claim, release."""

import asyncio
from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter

from app.domain.case.attempt import Attempt
from app.domain.deciding.verb import Verb
from app.domain.values.errors import IdempotencyInFlight, Malformed, NotFound, VersionConflict
from app.domain.verbs.assigning import Claim, Release
from app.http.border.errors import status_of
from app.http.border.parameters import CaseId, existing
from app.http.border.services import services_of
from app.services.desk.answer import Answer
from app.services.work.case_pages import OpenCase
from app.ui.case.looking import last_change
from app.ui.case.opened import case_path, opened, telling
from app.ui.case.refused import changed_meanwhile, refused_event, refused_verb
from app.ui.case.show import case_page
from app.ui.case.why import Why
from app.ui.frame.attempts import attempting
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

TRIES, BETWEEN = 20, 0.1
Receipt = Annotated[str, QueryParameter(description="The hash of the entry", pattern="^[0-9a-f]{64}$")]


@post("/cases/{case_id:str}/fire")
async def fire(request: PageRequest, case_id: CaseId) -> Response[str]:
    """An event without a payload and a reason, from the case as the reader saw it."""
    form, known = await posted(request), existing(case_id)
    event, once = form.one("event"), once_of(form)
    once = f"{once} {event}" if once else None  # the buttons of a page share a form
    attempt = attempting(request, case_id=known, event=event, if_version=version_of(form), once=once)
    answer = await submitted(request, attempt)
    if answer.error is None:
        return acted(known, answer)
    case = await opened(request, case_id)
    if event not in case.declared.events:
        raise NotFound("no such event")
    if isinstance(answer.error, VersionConflict):
        return await case_page(request, case, wrong=await _meanwhile(request, case, event), status=412)
    told = await telling(request, case)
    wrong = refused_event(told, case, event, answer.error)
    return await case_page(request, case, wrong=wrong, status=status_of(answer.error))


@post("/cases/{case_id:str}/claim")
async def claim(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Take the case, unless somebody else has it."""
    return await _done(request, case_id, Claim(), "claim")


@post("/cases/{case_id:str}/release")
async def release(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Give the case back."""
    return await _done(request, case_id, Release(), "release")


@get("/cases/{case_id:str}/gone")
async def gone(request: PageRequest, case_id: CaseId, receipt: Receipt) -> Response[str]:
    """For whoever did something after which they may not read the case any more: all that is left to them is the
    receipt."""
    title = words_for(request).gettext("Done")
    return page(request, "case/gone.html", title=title, receipt=receipt)


async def _done(request: PageRequest, case_id: str, verb: Verb, name: str) -> Response[str]:
    form, known = await posted(request), existing(case_id)
    answer = await submitted(request, attempting(request, case_id=known, verb=verb, once=once_of(form)))
    if answer.error is None:
        return acted(known, answer)
    case = await opened(request, case_id)
    told = await telling(request, case)
    wrong = refused_verb(told, case, name, answer.error)
    return await case_page(request, case, wrong=wrong, status=status_of(answer.error))


async def _meanwhile(request: PageRequest, case: OpenCase, event: str) -> Why:
    """Who changed the case since the reader's page was drawn, and what they did last."""
    told, newest = await last_change(request, case)
    return changed_meanwhile(told, event, newest)


async def submitted(request: PageRequest, attempt: Attempt) -> Answer:
    """What the desk answers; a second click waits for what came of the first."""
    for _ in range(TRIES):
        [answer] = await services_of(request).desk.submit([attempt])
        if not isinstance(answer.error, IdempotencyInFlight):
            break
        await asyncio.sleep(BETWEEN)
    return answer


def acted(case_id: str, answer: Answer) -> Response[str]:
    """To the case, with the entry that says what was done; to the receipt alone, where the case is not to be read any
    more."""
    receipt = answer.receipt
    assert receipt is not None
    lost = answer.case is None and answer.shown is None and not answer.replayed
    where = f"gone?receipt={receipt.entry_hash}" if lost else ""
    path = case_path(case_id, where) if lost else f"{case_path(case_id)}?done={receipt.entry_id}"
    return Response("", status_code=303, headers={"location": path, "cache-control": "no-store"})


def once_of(form: Posted) -> str | None:
    return form.one("once") or None


def version_of(form: Posted) -> int | None:
    """Of the case as the page showed it."""
    told = form.one("version")
    if not told:
        return None
    if not (told.isascii() and told.isdecimal() and len(told) <= 15):
        raise Malformed("The page is no longer valid. Open it again.")
    return int(told)
