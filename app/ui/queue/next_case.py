"""Next case: one claim, of the first that waits; and to pass one by, which takes a reason."""

from litestar import Response, get, post

from app.domain.case.attempt import Attempt
from app.domain.values.errors import CaseError, Invalid, invalid
from app.domain.values.names import canonical_uuid
from app.domain.verbs.assigning import Claim, Release, Skip
from app.http.border.parameters import existing
from app.http.border.services import services_of
from app.services.desk.answer import Answer
from app.services.work.work import Wish
from app.ui.case.acting import acted
from app.ui.frame.attempts import attempting
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import page, words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest
from app.ui.queue.going import to

LONGEST_REASON = 4_000


@get("/next")
async def before_next(request: PageRequest) -> Response[str]:
    """With `skip` the page that asks why; else how it works, and whether there was none just now."""
    skip = request.query_params.get("skip")
    if skip is not None:
        return await _asked_why(request, existing(skip))
    say = words_for(request)
    nothing = request.query_params.get("nothing") == "yes"
    return page(request, "queue/next.html", title=say.gettext("Next case"), nothing=nothing)


@post("/next")
async def next_case(request: PageRequest) -> Response[str]:
    """The case that is the reader's now; where nothing waits, the page that says so."""
    sent = await posted(request)
    skipped = canonical_uuid(sent.one("skip"))
    try:
        answer = await _claimed(request, sent, skipped)
    except CaseError as refused:
        return await _refused(request, sent, skipped, refused)
    if answer is None or answer.case_id is None:
        return to("/next?nothing=yes")
    return acted(answer.case_id, answer)


async def _claimed(request: PageRequest, sent: Posted, skipped: str | None) -> Answer | None:
    """None where nothing waits. Raises CaseError."""
    services, skips = services_of(request), []
    if skipped is not None:
        skips = [await _let_go(request, sent, skipped)]
    attempt = attempting(request, verb=Claim(), once=sent.one("once") or None)
    wish = Wish(sent.one("type") or None, sent.one("team") or None)
    answer = await services.next_case.claim(attempt, wish, skips)
    if answer is not None and answer.error is not None:
        raise answer.error
    return answer


async def _let_go(request: PageRequest, sent: Posted, case_id: str) -> Attempt:
    """What passes the case by. Who has it gives it back first, so that somebody else may take it."""
    reason = sent.one("reason").strip()
    if not reason:
        raise invalid("reason", "is needed: say why you do not take this case")
    if len(reason) > LONGEST_REASON:
        raise invalid("reason", f"has at most {LONGEST_REASON} characters")
    services = services_of(request)
    found = await services.cases.show(request.user.actor, case_id)
    if found.case.assignee == request.user.id:
        [answer] = await services.desk.submit([attempting(request, case_id=case_id, verb=Release(), reason=reason)])
        if answer.error is not None:
            raise answer.error
    return attempting(request, case_id=case_id, verb=Skip(), reason=reason)


async def _refused(request: PageRequest, sent: Posted, skipped: str | None, refused: CaseError) -> Response[str]:
    if skipped is not None and isinstance(refused, Invalid):
        return await _asked_why(request, skipped, sent.one("reason"), refused)
    say = words_for(request)
    return page(
        request,
        "queue/next.html",
        title=say.gettext("Next case"),
        status=422,
        nothing=False,
        errors=[(None, said_by_api(refused.message, say))],
    )


async def _asked_why(
    request: PageRequest, case_id: str, reason: str = "", refused: Invalid | None = None
) -> Response[str]:
    """Raises NotFound."""
    say, found = words_for(request), await services_of(request).cases.show(request.user.actor, case_id)
    name = found.case.reference or say.gettext("this case")
    errors = [("reason", say.gettext("Say why you skip it"))] if refused is not None else []
    return page(
        request,
        "queue/skip.html",
        title=say.gettext("Skip %(case)s", case=name),
        status=422 if refused is not None else 200,
        case_id=case_id,
        name=name,
        reason=reason,
        errors=errors,
    )
