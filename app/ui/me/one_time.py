"""One-time passwords, switched on and off, and the password itself, by whoever it is for."""

from typing import Any

from litestar import Response, get, post

from app.domain.values.errors import Invalid, NotFound
from app.services.callers.passwords import SHORTEST
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import posted
from app.ui.frame.reader import PageRequest
from app.ui.sign_in.cookies import session_cookie
from app.ui.sign_in.entering import to_page
from app.ui.sign_in.ways import ways_of

FOR = "a new one-time password of "
LASTS = 1800.0


@get("/me/one-time-password")
async def one_time(request: PageRequest) -> Response[Any]:
    """A new secret to put into an app; nothing is switched on before a code of it is entered."""
    if await _is_on(request):
        return _off_page(request)
    secret, _ = ways_of(request).signing_in.people.new_one_time(request.user.actor)
    return _on_page(request, secret)


@post("/me/one-time-password/on", status_code=200)
async def switch_on(request: PageRequest) -> Response[Any]:
    sent, signing_in = await posted(request), ways_of(request).signing_in
    if await _is_on(request):  # they are switched off by a code first
        return to_page("/me/one-time-password")
    secret = signing_in.sealing.open(FOR + request.user.session_id, sent.one("password_secret"))
    if not isinstance(secret, str):
        return to_page("/me/one-time-password")
    if not await signing_in.people.switch_on_one_time(request.user.actor, secret, sent.one("code")):
        wrong = words_for(request).gettext("This is not the number that your app shows now. Enter the one it shows")
        return _on_page(request, secret, [("code", wrong)])
    return to_page("/me?said=one-time-on")


@post("/me/one-time-password/off", status_code=200)
async def switch_off(request: PageRequest) -> Response[Any]:
    sent = await posted(request)
    await _is_on(request)
    if not await ways_of(request).signing_in.people.switch_off_one_time(request.user.actor, sent.one("code")):
        say = words_for(request).gettext
        wrong = say("This is not the number that your app shows now, or it was used already. Enter the next one")
        return _off_page(request, [("code", wrong)])
    return to_page("/me?said=one-time-off")


@get("/me/password")
async def password(request: PageRequest) -> Response[Any]:
    await _is_on(request)
    return _password_page(request)


@post("/me/password", status_code=200)
async def change_password(request: PageRequest) -> Response[Any]:
    """Everywhere else somebody is signed in by the old one, they are not any more."""
    sent, signing_in = await posted(request), ways_of(request).signing_in
    await _is_on(request)
    say, new = words_for(request).gettext, sent.one("password_new")
    if new != sent.one("password_again"):
        return _password_page(request, [("password_again", say("The two new passwords differ. Enter the same twice"))])
    try:
        await signing_in.people.change_password(
            request.user.actor, request.user.session_id, sent.one("password_now"), new
        )
    except Invalid as refused:
        field = f"password_{refused.errors[0].field}"
        told = {
            "password_now": say("This is not your password, or you tried too often. Enter the one you sign in with"),
            "password_new": say("Enter at least %(num)s characters that are not easy to guess", num=SHORTEST),
        }
        return _password_page(request, [(field, told[field])])
    return to_page("/me?said=password")


def _on_page(request: PageRequest, secret: str, errors: list[tuple[str | None, str]] | None = None) -> Response[Any]:
    signing_in = ways_of(request).signing_in
    return page(
        request,
        "me/one_time_on.html",
        title=words_for(request).gettext("Switch on one-time passwords"),
        status=422 if errors else 200,
        errors=errors or [],
        secret=secret,
        sealed=signing_in.sealing.seal(FOR + request.user.session_id, secret, LASTS),
        address=signing_in.people.one_time_address(request.user.actor, secret),
    )


def _off_page(request: PageRequest, errors: list[tuple[str | None, str]] | None = None) -> Response[Any]:
    title = words_for(request).gettext("Switch off one-time passwords")
    status = 422 if errors else 200
    return page(request, "me/one_time_off.html", title=title, status=status, errors=errors or [])


def _password_page(request: PageRequest, errors: list[tuple[str | None, str]] | None = None) -> Response[Any]:
    title = words_for(request).gettext("Change your password")
    status = 422 if errors else 200
    return page(request, "me/password.html", title=title, status=status, errors=errors or [], shortest=SHORTEST)


async def _is_on(request: PageRequest) -> bool:
    """Whether one-time passwords are. Raises NotFound for those who have no password here."""
    ways = ways_of(request)
    found = await ways.signing_in.sessions.find(session_cookie(request))
    if found is None or found.person.password is None or not ways.passwords:
        raise NotFound("somebody without a password of ours")
    return found.person.otp is not None
