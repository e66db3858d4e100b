"""What somebody chose of their pages, and where they are signed in."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from app.domain.values.errors import Invalid
from app.services.callers.people import DENSITIES, LANGUAGES, THEMES, Chosen, zones
from app.services.callers.sessions import IDLE, LONGEST
from app.services.store.people import StoredPerson, StoredSession
from app.ui.frame.page import page, times_for, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest
from app.ui.frame.words import Words
from app.ui.sign_in.cookies import forget_session, session_cookie
from app.ui.sign_in.entering import to_page
from app.ui.sign_in.kept import RESTORED
from app.ui.sign_in.ways import ways_of

SAID = "said"
ON = "on"


@dataclass(frozen=True, slots=True)
class Here:
    """A session as its person sees it."""

    how: str
    made_at: Any
    seen_at: Any
    this_one: bool


@get("/me")
async def preferences(request: PageRequest) -> Response[Any]:
    person = await _person(request)
    chosen = Chosen(
        name=person.shown_name or "",
        language=request.user.language,
        zone=request.user.zone.key,
        theme=person.theme,
        density=person.density,
        keys=person.keys,
    )
    return await _shown(request, chosen)


@post("/me", status_code=200)
async def choose(request: PageRequest) -> Response[Any]:
    sent = await posted(request)
    chosen = _chosen(sent)
    if sent.one(RESTORED):
        return await _shown(request, chosen)
    try:
        await ways_of(request).signing_in.people.choose(request.user.actor, chosen)
    except Invalid as refused:
        say = words_for(request).gettext
        told = {"name": say("Enter a name of at most 100 characters, on one line"), "zone": say("Choose a time zone")}
        other = say("Choose one of these")
        return await _shown(request, chosen, [(one.field, told.get(one.field, other)) for one in refused.errors])
    return to_page(f"/me?{SAID}=saved")


@post("/me/sign-out-everywhere")
async def sign_out_everywhere(request: PageRequest) -> Response[Any]:
    """Here too, from the next request on."""
    await ways_of(request).signing_in.people.sign_out_everywhere(request.user.actor)
    answer = to_page("/sign-in")
    forget_session(request, answer)
    return answer


async def _shown(
    request: PageRequest, chosen: Chosen, errors: list[tuple[str | None, str]] | None = None
) -> Response[Any]:
    words, ways, person = words_for(request), ways_of(request), await _person(request)
    say = words.gettext
    me = await ways.signing_in.people.me(request.user.actor)
    return page(
        request,
        "me/me.html",
        title=say("Your account"),
        status=422 if errors else 200,
        errors=errors or [],
        chosen=chosen,
        person=person,
        roles=sorted(role.removeprefix("role:") for role in me.roles),
        told_name=person.display_name or request.user.id.removeprefix("user:"),
        languages=list(LANGUAGES.items()),
        zones=[(name, name.replace("_", " ")) for name in sorted(zones())],
        themes=list(zip(THEMES, (say("As the system"), say("Light"), say("Dark")), strict=True)),
        densities=list(zip(DENSITIES, (say("Comfortable"), say("Compact")), strict=True)),
        sessions=await _sessions(request, words),
        idle=times_for(request).duration(IDLE),
        longest=times_for(request).duration(LONGEST),
        has_password=ways.passwords and person.password is not None,
        said=_said(words).get(request.query_params.get(SAID, "")),
    )


def _said(words: Words) -> dict[str, str]:
    """What a page before this one did."""
    say = words.gettext
    return {
        "saved": say("Your preferences are saved."),
        "password": say("Your password is changed. You are signed out everywhere else."),
        "one-time-on": say("One-time passwords are switched on. You are asked for one at your next sign-in."),
        "one-time-off": say("One-time passwords are switched off."),
    }


async def _sessions(request: PageRequest, words: Words) -> list[Here]:
    found = await ways_of(request).signing_in.people.sessions(request.user.actor)
    return [_here(one, request.user.session_id, words) for one in found]


def _here(one: StoredSession, current: str, words: Words) -> Here:
    return Here(_how(one.how, words), one.made_at, one.seen_at, one.hash == current)


def _how(how: str, words: Words) -> str:
    say = words.gettext
    kind, _, issuer = how.partition(":")
    if kind == "oidc":
        return say("over %(issuer)s", issuer=issuer.partition("://")[2].partition("/")[0])
    return {
        "password": say("by password"),
        "password and one-time password": say("by password and one-time password"),
        "demo": say("by one click, in the demo"),
    }.get(how, how)


def _chosen(sent: Posted) -> Chosen:
    return Chosen(
        name=sent.one("name").strip(),
        language=sent.one("language"),
        zone=sent.one("zone"),
        theme=sent.one("theme"),
        density=sent.one("density"),
        keys=sent.one("keys") == ON,
    )


async def _person(request: PageRequest) -> StoredPerson:
    """Who is signed in has a row."""
    found = await ways_of(request).signing_in.sessions.find(session_cookie(request))
    assert found is not None
    return found.person
