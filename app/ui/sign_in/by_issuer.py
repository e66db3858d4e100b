"""Those who sign in at an issuer: sent there, and back."""

from dataclasses import asdict
from typing import Any

from litestar import Response, get

from app.domain.values.errors import Unauthenticated
from app.http.sign_in.code_flow import Asked, CodeFlow
from app.ui.frame.page import words_for
from app.ui.sign_in.cookies import WAY, WAY_LASTS, beside, forget, set_beside
from app.ui.sign_in.entering import AnyRequest, entered, note_refused
from app.ui.sign_in.form import Coming, shown
from app.ui.sign_in.ways import own_path, ways_of

FOR = "the way over an issuer"


@get("/sign-in/over")
async def leave_for_issuer(request: AnyRequest) -> Response[Any]:
    """To the issuer, with a cookie that alone opens what comes back."""
    ways = ways_of(request)
    flow = _flow(request, request.query_params.get("issuer", ""))
    coming = Coming(next=own_path(request.query_params.get("next", "/")))
    if flow is None:
        return shown(request, coming)
    asked = Asked.anew(flow.issuer.issuer, ways.back_to(request))
    where = await flow.address(asked)
    answer: Response[Any] = Response(b"", status_code=303, headers={"location": where, "cache-control": "no-store"})
    sealed = ways.signing_in.sealing.seal(FOR, {"asked": asdict(asked), "next": coming.next}, WAY_LASTS)
    set_beside(request, answer, WAY, sealed)
    return answer


@get("/sign-in/back")
async def back_from_issuer(request: AnyRequest) -> Response[Any]:
    """What is wrong with an answer is for the log; whoever brought it may try again."""
    told = ways_of(request).signing_in.sealing.open(FOR, beside(request, WAY))
    if not isinstance(told, dict):
        return _refused(request, Coming(), "this browser was not sent away, or too long ago")
    coming = Coming(next=own_path(told["next"]))
    asked = Asked(**told["asked"])
    flow = _flow(request, asked.issuer)
    if flow is None:
        return _refused(request, coming, "the issuer is not configured any more")
    try:
        actor, known = await flow.finish(asked, dict(request.query_params))
    except Unauthenticated as error:
        return _refused(request, coming, error.message)
    answer = await entered(request, actor, f"oidc:{asked.issuer}", to=coming.next, told=known)
    if answer is None:
        return _told(request, coming)
    forget(request, answer, WAY)
    return answer


def _flow(request: AnyRequest, issuer: str) -> CodeFlow | None:
    return next((flow for flow in ways_of(request).flows if flow.issuer.issuer == issuer), None)


def _refused(request: AnyRequest, coming: Coming, reason: str) -> Response[Any]:
    note_refused(request, reason)
    return _told(request, coming)


def _told(request: AnyRequest, coming: Coming) -> Response[Any]:
    say = words_for(request).gettext
    wrong = say("Signing in did not work. Try again; if it fails once more, ask your administrators")
    answer = shown(request, coming, [(None, wrong)])
    forget(request, answer, WAY)
    return answer
