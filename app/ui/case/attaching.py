"""Attach files to a case: a form with any number of them, each an attempt of its own."""

import re
from collections.abc import AsyncIterator
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from app.domain.case.attempt import Attempt
from app.domain.values.errors import CaseError
from app.domain.verbs.attaching import LONGEST_NAME, Attach
from app.http.border.large import MOST_BYTES
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.desk.answer import Answer
from app.services.work.attachments import Asking
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import acted, once_of
from app.ui.case.forms import WorkForm, form_page, refused
from app.ui.case.opened import opened
from app.ui.frame.attempts import attempting
from app.ui.frame.page import words_for
from app.ui.frame.posted import posted
from app.ui.frame.reader import PageRequest

MOST_FILES: Final = 10
PIECE: Final = 64 * 2**10
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
UNKNOWN = "application/octet-stream"


@get("/cases/{case_id:str}/attach")
async def show_attach(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Choose files."""
    return await form_page(request, await opened(request, case_id), _form(request))


@post("/cases/{case_id:str}/attach", request_max_body_size=MOST_BYTES)
async def attach(request: PageRequest, case_id: CaseId) -> Response[str]:
    """The first file that is refused ends it; those before it are attached, and the page says so."""
    case, sent = await opened(request, case_id), await posted(request)
    say, once = words_for(request).gettext, once_of(sent)
    files = [one for one in sent.files.get("files", ()) if one.filename]
    if not files or len(files) > MOST_FILES:
        missing = say("Choose 1 to %(most)s files", most=MOST_FILES)
        return await form_page(request, case, _form(request), errors=[("files", missing)], status=422)
    answer: Answer | None = None
    for number, file in enumerate(files):
        try:
            answer = await _attach(request, case, file, f"{once}-{number}" if once else None)
        except CaseError as error:
            answer = Answer(error=error)
        if answer.error is not None:
            form = _form(request, [one.filename for one in files[:number]])
            names = {"file_name": "files", "body": "files", "Content-Type": "files"}
            return await refused(request, case, form, answer.error, names)
    assert answer is not None
    return acted(case.case.id, answer)


async def _attach(request: PageRequest, case: OpenCase, file: UploadFile, once: str | None) -> Answer:
    declared = (file.content_type or "").partition(";")[0].strip().lower()
    declared = declared if MEDIA_TYPE.fullmatch(declared) else UNKNOWN

    def attempt(one: Attach, sha256: str) -> Attempt:
        return attempting(request, case_id=case.case.id, verb=one, once=once)

    asking = Asking(
        Attach(file_name=file.filename[-LONGEST_NAME:], sha256="", size=0, declared_type=declared, sniffed_type=None),
        attempt,
    )
    return await services_of(request).attachments.attach(asking, _pieces(file))


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


def _form(request: PageRequest, attached: list[str] | None = None) -> WorkForm:
    return WorkForm(
        "attach", words_for(request).gettext("Attach files"), {"attached": attached or [], "most": MOST_FILES}
    )
