"""Attach files to a case, list them, fetch one. The body of an upload is the file itself."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.exceptions import InternalServerException
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from app.domain.case.attempt import Attempt
from app.domain.values.errors import Malformed, NotFound
from app.domain.values.json import Json
from app.domain.values.names import NAME, canonical_uuid
from app.domain.values.rfc3339 import rfc3339
from app.domain.verbs.attaching import LONGEST_NAME, Attach
from app.http.border.codes import REFUSALS
from app.http.border.documented import REPLAYED, problems
from app.http.border.entrance import leave
from app.http.border.errors import UnsupportedMediaType
from app.http.border.files import UNKNOWN, saved
from app.http.border.parameters import PLAIN, After, CaseId, DryRun, IdempotencyKey, IfMatch, Limit, existing
from app.http.border.services import ApiRequest, services_of
from app.http.cases.verb_attempts import made, working
from app.http.work.commenting import place
from app.http.work.views import AttachedView, AttachmentPageView, TriedWorkView
from app.services.store.work import StoredAttachment
from app.services.work.attachments import Asking

MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
FileName = Annotated[
    str,
    QueryParameter(
        name="file_name", description="The name of the file", min_length=1, max_length=LONGEST_NAME, pattern=PLAIN
    ),
]
Category = Annotated[
    str | None,
    QueryParameter(
        description='What the file is for, such as passport: guards count it, `case.files.count("passport") > 0`',
        max_length=64,
        pattern=f"^{NAME.pattern}$",
    ),
]
AttachmentId = Annotated[str, PathParameter(description="The attachment's id", schema_extra={"format": "uuid"})]
DISPOSITION = ResponseHeader(name="Content-Disposition", documentation_only=True, description="Always an attachment")


@post(
    "/cases/{case_id:str}/attachments",
    operation_id="attachFile",
    summary="Attach a file to a case",
    request_max_body_size=None,
    response_headers=[REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", "over_quota", "too_large", "unsupported_media_type"),
)
async def attach_file(
    request: ApiRequest,
    case_id: CaseId,
    file_name: FileName,
    category: Category = None,
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AttachedView | TriedWorkView]:
    """The body is the file, its Content-Type what the sender says it is. It is kept under its SHA-256, which the
    entry in the log names. What will be refused whatever the file is, is refused before the file is read."""
    case_id = existing(case_id)
    declared = declared_by(request)
    of_category = {} if category is None else {"category": category}

    def attempt(file: Attach, sha256: str) -> Attempt:
        call = {"file_name": file_name, "sha256": sha256, "declared_type": declared, **of_category}
        return working(request, file, "attachments", call, case_id=case_id)

    file = Attach(file_name=file_name, sha256="", size=0, declared_type=declared, sniffed_type=None, category=category)
    asking = Asking(file, attempt)
    leave(request.scope)  # the bytes may take minutes
    attachments = services_of(request).attachments
    attach = attachments.would_attach if dry_run else attachments.attach
    answer = await attach(asking, body_of(request), announced_by(request))
    if answer.shown and (state := await attachments.scan_state(request.user, answer.shown["sha256"])):
        answer = replace(answer, shown={**answer.shown, "scan": state})
    return made(answer, "attachment")


@get(
    "/cases/{case_id:str}/attachments",
    operation_id="listAttachments",
    summary="The files of a case",
    responses=problems("not_found", "invalid"),
)
async def list_attachments(
    request: ApiRequest, case_id: CaseId, after: After = None, limit: Limit = 50
) -> Response[AttachmentPageView]:
    """In the order in which they came, a page at a time."""
    found = await services_of(request).work.attachments(request.user, existing(case_id), place(after), limit)
    items: Any = [_shown(one) for one in found]
    return Response({"items": items, "next_after": str(found[-1].case_seq) if len(found) == limit else None})


@get(
    "/cases/{case_id:str}/attachments/{attachment_id:str}",
    operation_id="fetchAttachment",
    summary="Fetch a file",
    opt={"produces": (UNKNOWN,)},
    media_type=UNKNOWN,
    response_headers=[DISPOSITION],
    responses={
        200: ResponseSpec(bytes, media_type=UNKNOWN, description="The file, to be saved", generate_examples=False),
        **problems("not_found", "file_unchecked", "file_infected"),
    },
)
async def fetch_attachment(request: ApiRequest, case_id: CaseId, attachment_id: AttachmentId) -> Stream:
    """The bytes as they came, to be saved: never to be shown or run by a browser, whatever they are."""
    services = services_of(request)
    if (name := canonical_uuid(attachment_id)) is None:
        raise NotFound("no such attachment")
    found = await services.work.attachment(request.user, existing(case_id), name)
    return saved(found, await services.attachments.read(request.user, found.sha256))


def declared_by(request: ApiRequest) -> str:
    """What the sender says that the file is. A form around the file would be kept as the file."""
    if request.content_type[0].strip().lower() == "multipart/form-data":
        raise UnsupportedMediaType(
            "Send the file itself as the body, with its own Content-Type and not as a form: curl --data-binary @FILE,"
            " or fetch(url, {method: 'POST', body: file})."
        )
    declared = request.content_type[0].lower()
    return declared if MEDIA_TYPE.fullmatch(declared) else UNKNOWN


def announced_by(request: ApiRequest) -> int:
    """How many bytes are to come; 0 where nobody says."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() and announced.isascii() else 0


async def body_of(request: ApiRequest) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except InternalServerException:
        raise Malformed("The body ended too early.") from None


def _shown(one: StoredAttachment) -> Json:
    names = ("id", "file_name", "author", "size", "sha256", "declared_type", "sniffed_type")
    told = {name: value for name in ("scan", "category") if (value := getattr(one, name))}
    return {**{name: getattr(one, name) for name in names}, "attached_at": rfc3339(one.attached_at), **told}
