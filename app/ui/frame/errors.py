"""Whatever was raised, as a page for people: what is wrong, and what to do now. Calls of the API get their problems."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response

from app.domain.values.errors import CaseError
from app.http.border.codes import PROBLEMS
from app.http.border.errors import answered, on_exception
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import page, words_for
from app.ui.frame.reader import SignInFirst
from app.ui.frame.words import Words

OF_THE_API = ("/api", "/schema", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")
LONGEST_WAY_BACK = 2000
LOGGER = structlog.get_logger("stateward.http")


@dataclass(frozen=True, slots=True)
class Told:
    """An error as a page says it."""

    title: str
    text: str
    help: str


def on_any_exception(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
    """For what no handler was found for: browsers get a page, callers of the API their problem."""
    path = request.scope["path"]
    of_the_api = any(path == one or path.startswith(f"{one}/") for one in OF_THE_API)
    if of_the_api or "text/html" not in request.headers.get("accept", ""):
        return on_exception(request, exception)
    return on_page_exception(request, exception)


def on_page_exception(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
    """For what a page raised, or what stood before it."""
    if isinstance(exception, SignInFirst):
        return exception.answer or to_sign_in(request)
    error, headers = answered(request, exception)
    try:
        return error_page(request, error, headers)
    except Exception as broken:
        LOGGER.error("the page of an error failed", exc_info=broken)
        return on_exception(request, exception)


def error_page(
    request: Request[Any, Any, Any], error: CaseError, headers: dict[str, str] | None = None
) -> Response[str]:
    told = told_of(error, words_for(request))
    known = {name.lower(): value for name, value in {**PROBLEMS[error.code].headers, **(headers or {})}.items()}
    known.pop("www-authenticate", None)  # a browser would ask for a password of its own
    return page(
        request,
        "frame/error.html",
        title=told.title,
        status=PROBLEMS[error.code].status,
        headers=known,
        told=told,
        code=error.code,
    )


def told_of(error: CaseError, words: Words) -> Told:
    """What each kind of error means for somebody in front of a page."""
    say = words.gettext
    match error.code:
        case "not_found":
            return Told(
                say("There is nothing here"),
                say("The page does not exist, or you may not see it."),
                say("Check the address, or search for the case."),
            )
        case "denied":
            return Told(say("You may not do this"), said_by_api(error.message, words), say("Nothing was changed."))
        case "rate_limited":
            return Told(
                say("Too many requests"),
                say("You sent more requests than you may."),
                say("Wait a moment, then load the page again."),
            )
        case "unavailable":
            return Told(
                say("Not available right now"),
                say("The service cannot answer at the moment. Nothing was changed."),
                say("Wait a moment, then load the page again."),
            )
        case "internal":
            return Told(
                say("Something went wrong here"),
                say("It was logged, and nothing of yours was the cause."),
                say("Try again. If it happens once more, tell your administrators the number below."),
            )
        case _:
            return Told(say("This did not work"), said_by_api(error.message, words), say("Go back and try again."))


def to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """To the page that signs people in, and from there back to where they wanted to be."""
    path = request.scope["path"]
    query = request.scope["query_string"].decode("latin-1")
    wanted = f"{path}?{query}" if query else path
    if request.headers.get("hx-request"):  # a part of a page: load all of it again, which leads there
        return Response(b"", status_code=401, headers={"hx-refresh": "true", "cache-control": "no-store"})
    if request.method not in ("GET", "HEAD") or len(wanted) > LONGEST_WAY_BACK:
        wanted = "/"
    where = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='/')}"
    return Response(b"", status_code=303, headers={"location": where, "cache-control": "no-store"})
