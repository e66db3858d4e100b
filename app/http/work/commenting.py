"""Say something on a case, and read what was said."""

from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody

from app.domain.values.errors import invalid
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339, rfc3339_or_none
from app.domain.verbs.commenting import Comment
from app.http.border.codes import REFUSALS
from app.http.border.documented import REPLAYED, problems
from app.http.border.parameters import After, CaseId, DryRun, IdempotencyKey, IfMatch, Limit, existing
from app.http.border.services import ApiRequest, services_of
from app.http.cases.verb_attempts import done, made, working
from app.http.work.requests import WriteComment
from app.http.work.views import CommentedView, CommentPageView, TriedWorkView
from app.services.store.work import StoredComment


@post(
    "/cases/{case_id:str}/comments",
    operation_id="writeComment",
    summary="Comment on a case",
    response_headers=[REPLAYED],
    responses=problems(*REFUSALS, "version_conflict", writes=True),
)
async def write_comment(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[WriteComment],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[CommentedView | TriedWorkView]:
    """Markdown, kept as text. The caller's own comment is edited by another one that names it; what it said before
    stays in the log. The version of the case stays as it is."""
    edited = await services_of(request).work.edited(request.user, data.edits) if data.edits else None
    verb = Comment(data.text, tuple(data.mentions), data.edits, edited)
    attempt = working(request, verb, "comments", data, case_id=existing(case_id))
    return made(await done(request, attempt, dry_run), "comment")


@get(
    "/cases/{case_id:str}/comments",
    operation_id="readComments",
    summary="The comments on a case",
    responses=problems("not_found", "invalid"),
)
async def read_comments(
    request: ApiRequest, case_id: CaseId, after: After = None, limit: Limit = 50
) -> Response[CommentPageView]:
    """As they read now, the oldest first, a page at a time."""
    beyond = place(after)
    found = await services_of(request).work.comments(request.user, existing(case_id), beyond, limit)
    items: Any = [_shown(comment) for comment in found]
    return Response({"items": items, "next_after": str(found[-1].case_seq) if len(found) == limit else None})


def place(after: str | None) -> int | None:
    """The `case_seq` that a page begins after."""
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise invalid("after", "must be the next_after of the previous page")
    return int(after)


def _shown(comment: StoredComment) -> Json:
    return {
        "id": comment.id,
        "author": comment.author,
        "text": comment.text,
        "mentions": list(comment.mentions),
        "written_at": rfc3339(comment.written_at),
        "edited_at": rfc3339_or_none(comment.edited_at),
    }
