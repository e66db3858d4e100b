"""What every way in ends with: a new session for the browser, and the page that somebody wanted."""

from typing import Any

import structlog
from litestar import Request, Response

from app.domain.case.attempt import Actor
from app.domain.values.errors import Denied
from app.http.border.headers import request_id
from app.services.callers.sessions import NOTHING_TOLD
from app.services.store.people import Told
from app.ui.frame.forgery import NotFromOurPage, belongs, check_origin, masked
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.words import to_say
from app.ui.sign_in.cookies import VISIT, beside, session_cookie, set_beside, set_session, visit
from app.ui.sign_in.kept import RESTORED, KeptForms
from app.ui.sign_in.readers import reader_of_session
from app.ui.sign_in.ways import own_path, ways_of

AnyRequest = Request[Any, Any, Any]
LOGGER = structlog.get_logger("stateward.http")
HIDDEN = frozenset({"csrf", RESTORED})


def note_refused(request: AnyRequest, reason: str) -> None:
    """For whoever runs the service; who it was said to be is not repeated, as it may be a password."""
    LOGGER.info("nobody is signed in", reason=reason, request_id=request_id(request.scope))


async def from_a_way_in(request: AnyRequest) -> Posted:
    """What a form of the ways in sent. Raises NotFromOurPage where another site, or another browser, made it."""
    check_origin(request)
    before = beside(request, VISIT)
    if before:  # else there is no reason to read what was sent
        sent = await posted(request)
        if belongs(sent.one("csrf"), before):
            return sent
    raise NotFromOurPage(to_say("This page is no longer valid. Open it again; your browser has to accept its cookies."))


def a_way_in(request: AnyRequest, template: str, *, title: str, status: int = 200, **values: Any) -> Response[str]:
    """A page for whoever is not signed in; its forms are good in this browser only."""
    csrf = masked(visit(request))
    answer = page(request, template, title=title, status=status, csrf=csrf, **values)
    set_beside(request, answer, VISIT, visit(request))
    return answer


async def entered(
    request: AnyRequest, actor: Actor, how: str, *, to: str, kept: str = "", told: Told = NOTHING_TOLD
) -> Response[Any] | None:
    """The answer to whoever may come in; None where the account is disabled. What they had before is signed out."""
    sessions = ways_of(request).signing_in.sessions
    try:
        cookie, _ = await sessions.begin(actor, how, told, session_cookie(request))
    except Denied:
        note_refused(request, "the account is disabled")
        return None
    LOGGER.info("signed in", tenant=actor.tenant, subject=actor.id, how=how, request_id=request_id(request.scope))
    answer: Response[Any] = (await again(request, cookie, kept)) if kept else to_page(own_path(to))
    set_session(request, answer, cookie)
    return answer


async def again(request: AnyRequest, cookie: str, sealed: str) -> Response[Any]:
    """The form that met the end of a session, for whoever wrote it; anybody else goes to the start."""
    signing_in = ways_of(request).signing_in
    found = await signing_in.sessions.find(cookie)
    if found is None:
        return to_page("/")
    kept = KeptForms(signing_in.sealing).open(sealed, found.session.tenant, found.session.subject)
    if kept is None:
        return to_page("/")
    request.scope["user"] = reader_of_session(found)
    say = words_for(request).gettext
    fields = [(name, value) for name, values in kept.fields.items() if name not in HIDDEN for value in values]
    return page(
        request,
        "sign_in/again.html",
        title=say("You are signed in again"),
        csrf=masked(cookie),
        path=kept.path,
        fields=fields,
        files=kept.files,
        restored=RESTORED,
    )


def to_page(path: str) -> Response[Any]:
    return Response(b"", status_code=303, headers={"location": path, "cache-control": "no-store"})
