"""The sign-in page, and those who sign in by a password of ours."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from litestar import Response, get, post

from app.services.callers.accounts import Answer, Entered, NeedsCode, TooOften
from app.ui.frame.page import words_for
from app.ui.frame.posted import Posted
from app.ui.frame.words import Words
from app.ui.sign_in.cookies import session_cookie
from app.ui.sign_in.entering import AnyRequest, a_way_in, entered, from_a_way_in, note_refused, to_page
from app.ui.sign_in.ways import own_path, ways_of

TOO_OFTEN = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Where somebody wants to get, and what their page carried; `subject` wrote it, and is `called` so."""

    next: str = "/"
    kept: str = ""
    files: tuple[str, ...] = ()
    tenant: str = ""
    name: str = ""
    subject: str = ""
    called: str = ""


@get("/sign-in")
async def sign_in_page(request: AnyRequest) -> Response[Any]:
    """Whoever is signed in already goes on."""
    wanted = own_path(request.query_params.get("next", "/"))
    if await ways_of(request).signing_in.sessions.find(session_cookie(request)):
        return to_page(wanted)
    return shown(request, Coming(next=wanted, tenant=request.query_params.get("tenant", "")[:63]))


@post("/sign-in", status_code=200)
async def sign_in(request: AnyRequest) -> Response[Any]:
    """One answer to a wrong password and to a name that nobody has."""
    sent, ways = await from_a_way_in(request), ways_of(request)
    coming = replace(_coming(sent), tenant=sent.one("tenant"), name=sent.one("name"))
    if not ways.passwords:
        return shown(request, coming)
    if missing := _missing(words_for(request), coming, sent.one("password"), ways.tenant is None):
        return shown(request, coming, missing)
    tenant = ways.tenant or coming.tenant.strip().lower()
    accounts = ways.signing_in.accounts
    told = await accounts.enter(tenant, coming.name.strip(), sent.one("password"), ways.address_of(request))
    return await _answered(request, coming, told)


@post("/sign-in/code", status_code=200)
async def sign_in_code(request: AnyRequest) -> Response[Any]:
    """The second step of those who have one-time passwords."""
    sent, ways = await from_a_way_in(request), ways_of(request)
    coming = _coming(sent)
    told = await ways.signing_in.accounts.enter_code(sent.one("half"), sent.one("code"), ways.address_of(request))
    say = words_for(request).gettext
    if isinstance(told, NeedsCode):
        wrong = say("This is not the number that your app shows now, or it was used already. Enter the next one")
        return _asking_for_code(request, coming, told, [("code", wrong)])
    return await _answered(request, coming, told)


def _coming(sent: Posted) -> Coming:
    return Coming(next=own_path(sent.one("next", "/")), kept=sent.one("kept"), files=sent.all("file"))


async def _answered(request: AnyRequest, coming: Coming, told: Answer) -> Response[Any]:
    words = words_for(request)
    if isinstance(told, Entered):
        answer = await entered(request, told.actor, told.how, to=coming.next, kept=coming.kept)
        if answer is not None:
            return answer
    if isinstance(told, NeedsCode):
        return _asking_for_code(request, coming, told)
    if isinstance(told, TooOften):
        note_refused(request, "too many attempts on the name, or from the address")
        wait = words.ngettext(
            "Too many attempts. Try again in a minute",
            "Too many attempts. Try again in %(num)s minutes",
            ceil(told.seconds / 60),
        )
        return shown(request, coming, [(None, wait)], TOO_OFTEN)
    if not isinstance(told, Entered):
        note_refused(request, "a name, a password or a code is wrong")
    wrong = words.gettext("The name or the password is wrong. Check both and try again")
    return shown(request, coming, [("name", wrong)])


def shown(
    request: AnyRequest,
    coming: Coming,
    errors: list[tuple[str | None, str]] | None = None,
    status: int | None = None,
    *,
    ended: bool = False,
) -> Response[Any]:
    """The page; `ended`: somebody's session did, while they wrote."""
    ways = ways_of(request)
    return a_way_in(
        request,
        "sign_in/sign_in.html",
        title=words_for(request).gettext("Sign in"),
        status=status or (422 if errors else 200),
        errors=errors or [],
        coming=coming,
        ended=ended,
        ways=ways,
        demo_people=ways.people_for(request),
    )


def _asking_for_code(
    request: AnyRequest, coming: Coming, told: NeedsCode, errors: list[tuple[str | None, str]] | None = None
) -> Response[Any]:
    return a_way_in(
        request,
        "sign_in/code.html",
        title=words_for(request).gettext("Enter your one-time password"),
        status=422 if errors else 200,
        errors=errors or [],
        coming=coming,
        half=told.half,
    )


def _missing(words: Words, coming: Coming, password: str, asks_tenant: bool) -> list[tuple[str | None, str]]:
    say = words.gettext
    wanted = [
        ("tenant", coming.tenant if asks_tenant else "-", say("Enter your organisation")),
        ("name", coming.name, say("Enter your name")),
        ("password", password, say("Enter your password")),
    ]
    return [(name, sentence) for name, value, sentence in wanted if not value.strip()]
