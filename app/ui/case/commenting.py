"""Say something on a case, ask somebody for what one may not do, or change what one said."""

from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter

from app.domain.values.errors import NotFound
from app.domain.values.names import LONGEST_NAME, SUBJECT, canonical_uuid
from app.domain.verbs.commenting import Comment
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import once_of
from app.ui.case.forms import WorkForm, answered, form_page
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.whom import known_people
from app.ui.case.why import name_of
from app.ui.frame.attempts import attempting
from app.ui.frame.page import words_for
from app.ui.frame.posted import posted
from app.ui.frame.reader import PageRequest

Edits = Annotated[str | None, QueryParameter(description="The reader's own comment", max_length=36)]
About = Annotated[str | None, QueryParameter(description="An event that they may not fire", max_length=LONGEST_NAME)]
Whom = Annotated[str | None, QueryParameter(description="Who is asked", max_length=255)]


@get("/cases/{case_id:str}/comment")
async def show_comment(
    request: PageRequest, case_id: CaseId, edits: Edits = None, about: About = None, whom: Whom = None
) -> Response[str]:
    """A form with what was said before, or with a question already worded."""
    case = await opened(request, case_id)
    if edits:
        return await form_page(request, case, _form(request, await _mine(request, case, edits), edits=edits))
    if about in case.declared.events and whom and SUBJECT.fullmatch(whom):
        return await form_page(request, case, _form(request, await _question(request, case, about, whom), whom=whom))
    return await form_page(request, case, _form(request, ""))


@post("/cases/{case_id:str}/comment")
async def comment(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Whoever is named after an @ is told, as far as the people here are known."""
    case, sent = await opened(request, case_id), await posted(request)
    text, edits, whom = sent.one("text").strip(), sent.one("edits"), sent.one("whom")
    form = _form(request, text, edits, whom)
    if not text:
        missing = words_for(request).gettext("Enter a comment")
        return await form_page(request, case, form, errors=[("text", missing)], status=422)
    known = await known_people(request) if "@" in text else None
    mentions = dict.fromkeys([*([whom] if SUBJECT.fullmatch(whom) else []), *(known.mentioned(text) if known else ())])
    first = canonical_uuid(edits) if edits else None
    edited = await services_of(request).work.edited(request.user.actor, first) if first else None
    verb = Comment(text, tuple(mentions)[:50], edits or None, edited)
    attempt = attempting(request, case_id=case.case.id, verb=verb, once=once_of(sent))
    return await answered(request, case, form, attempt, {"mentions": "text", "edits": "text"})


async def _mine(request: PageRequest, case: OpenCase, comment_id: str) -> str:
    """The text of the reader's own comment as it reads now. Raises NotFound."""
    known = canonical_uuid(comment_id)
    found = await pages_of(request).comment(case, known) if known else None
    if found is None or found.author != request.user.id:
        raise NotFound("no such comment")
    return found.text or ""


async def _question(request: PageRequest, case: OpenCase, about: str, whom: str) -> str:
    told = await telling(request, case, {whom})
    return told.gettext(
        "@%(name)s, can you do “%(event)s” on %(case)s? I may not.",
        name=told.person(whom),
        event=told.event(about),
        case=name_of(told, case),
    )


def _form(request: PageRequest, text: str, edits: str = "", whom: str = "") -> WorkForm:
    say = words_for(request).gettext
    title = say("Change your comment") if edits else say("Comment on the case")
    return WorkForm("comment", title, {"text": text, "edits": edits, "whom": whom})
