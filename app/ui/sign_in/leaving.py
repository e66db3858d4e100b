"""Out again, and what happens to a form whose session ended while somebody wrote."""

import asyncio
from typing import Any
from urllib.parse import quote

from litestar import Response, post

from app.domain.values.errors import CaseError
from app.ui.frame.attempts import ONCE
from app.ui.frame.forgery import FIELD, HEADER, SAFE, check_origin, check_token
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest
from app.ui.sign_in.cookies import forget_session, session_cookie
from app.ui.sign_in.entering import AnyRequest, again, from_a_way_in, to_page
from app.ui.sign_in.form import Coming, shown
from app.ui.sign_in.kept import Kept, KeptForms
from app.ui.sign_in.ways import own_path, ways_of

HUSHED = "password"
"""How the names of fields begin that no page carries."""
MOST_BYTES = 2**20
"""Of a form that is kept; what is larger is not read, nor what does not say how large it is."""
NOT_WRITTEN = frozenset({ONCE})
"""What every form sends; a button that sends nothing else is pressed again."""


@post("/sign-out")
async def sign_out(request: PageRequest) -> Response[Any]:
    await ways_of(request).signing_in.sessions.end(session_cookie(request))
    answer = to_page("/sign-in")
    forget_session(request, answer)
    return answer


@post("/sign-in/again", status_code=200)
async def go_on(request: AnyRequest) -> Response[Any]:
    """For those who signed in beside a page that carries their form: at an issuer, in another tab."""
    sent = await from_a_way_in(request)
    cookie = session_cookie(request)
    if cookie is None or await ways_of(request).signing_in.sessions.find(cookie) is None:
        return shown(request, Coming(next=own_path(sent.one("next", "/")), kept=sent.one("kept")), ended=True)
    return await again(request, cookie, sent.one("kept"))


async def ended(request: AnyRequest) -> Response[Any] | None:
    """The sign-in page in place of what somebody sent when nobody was signed in any more: it carries what they wrote.

    None where there is nothing to carry: nobody knows whose it is, no page of theirs made it, or nothing was written.
    """
    size = request.content_length
    if request.method in SAFE or size is None or size > MOST_BYTES:
        return None
    signing_in, cookie = ways_of(request).signing_in, session_cookie(request)
    whose = await signing_in.sessions.whose(cookie)
    if whose is None:
        return None
    try:
        kept = await _written(request, cookie, whose)
        if not kept.files and not set(kept.fields) - NOT_WRITTEN:
            return None
        sealed = await asyncio.to_thread(KeptForms(signing_in.sealing).seal, kept, *whose)
    except CaseError:
        return None
    answer = shown(request, await _coming(request, kept, sealed, *whose), ended=True)
    if request.headers.get("hx-request"):
        answer.headers.update({"hx-retarget": "body", "hx-reselect": "#main", "hx-reswap": "innerHTML"})
    return answer


async def _written(request: AnyRequest, cookie: str | None, whose: tuple[str, str]) -> Kept:
    """What a page of the session that is over sent: whoever signs in again is asked to send it once more, and must not
    be asked to send what others wrote."""
    check_origin(request)
    sent = await posted(request, whose)
    check_token(request.headers.get(HEADER) or sent.one(FIELD), cookie)
    return _kept(request.scope["path"], sent)


async def _coming(request: AnyRequest, kept: Kept, sealed: str, tenant: str, subject: str) -> Coming:
    """With what they sign in by filled in: the browser has said whose it was."""
    names = await ways_of(request).signing_in.people.names(tenant, [subject])
    name = subject.removeprefix("user:")
    return Coming(
        next=own_path(kept.path),
        kept=sealed,
        files=tuple(kept.files),
        tenant=tenant,
        name=name,
        subject=subject,
        called=names[subject],
    )


def _kept(path: str, sent: Posted) -> Kept:
    fields = {name: values for name, values in sent.fields.items() if name != FIELD and not name.startswith(HUSHED)}
    files = [file.filename for of in sent.files.values() for file in of if file.filename]
    return Kept(quote(path, safe="/"), fields, files)
